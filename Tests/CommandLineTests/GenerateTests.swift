import Foundation
import Testing

/// `generate` and `attach`.
struct GenerateTests {
    private func generate(_ workspace: Workspace, to output: String, _ extra: String...) throws
        -> String
    {
        let arguments =
            [
                "generate", "--output", output, "--users", "60", "--domains", "book,film",
                "--items", "40,50", "--events-per-user", "8", "--candidates", "8",
                "--taste-size", "4", "--text-width", "4", "--image-width", "3", "--overlap", "1",
            ] + extra
        let made = try Tool.run(arguments, in: workspace.url)
        try #require(made.code == 0, "\(made.errors)")
        return made.text
    }

    @Test func generatedDataTrains() throws {
        let workspace = try Workspace()
        let text = try generate(workspace, to: "data", "--ratings", "--drift", "0.5")
        #expect(text.hasPrefix("domain  items  users  events\n"))
        #expect(text.hasSuffix("dataset: \(workspace.path("data").path)\n"))
        let report = try workspace.succeed("describe", "data").text
        #expect(report.contains("60 users, 90 items"))
        #expect(report.contains("image      book      3"))
        #expect(workspace.exists("data/truth/user-tastes-last.f32"))
        try workspace.train(.popularity, to: "run")
        #expect(workspace.exists("run/metrics.json"))
    }

    @Test func equalCallsGiveEqualBytes() throws {
        let workspace = try Workspace()
        _ = try generate(workspace, to: "one", "--threads", "1")
        _ = try generate(workspace, to: "two", "--threads", "2")
        _ = try generate(workspace, to: "other", "--seed", "2")
        for name in ["dataset.json", "items.bin", "truth/item-vectors.f32"] {
            #expect(try workspace.data("one/\(name)") == workspace.data("two/\(name)"))
            #expect(try workspace.data("one/\(name)") != workspace.data("other/\(name)"))
        }
        let again = try workspace.run("generate", "--output", "one")
        #expect(again.code == 1 && again.errorLines.count == 1)
        #expect(try workspace.names == ["one", "other", "two"])
    }

    /// A `.npy` file of two rows of three numbers; the header is shorter than NumPy's, which is allowed.
    private func writeMatrix(_ workspace: Workspace) throws {
        let header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}\n".utf8)
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header
        for number: Float in [1, 2, 3, 4, 5, 6] {
            withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += Array($0) }
        }
        try Data(bytes).write(to: workspace.path("m.npy"))
    }

    @Test func attachedVectorsAreDescribed() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        try writeMatrix(workspace)
        try workspace.write("b3\nghost\n", to: "ids.txt")
        let call = [
            "attach", "data", "--name", "image", "--domain", "book", "--matrix", "m.npy", "--ids",
            "ids.txt",
        ]
        let output = try Tool.run(call, in: workspace.url)
        #expect(output.code == 0, "\(output.errors)")
        #expect(
            output.text.hasPrefix(
                "image of book: 2 rows of width 3, 1 item with a vector, 11 without\n"
                    + "1 row of unknown items left out, the first of \"ghost\"\n"))
        let report = try workspace.succeed("describe", "data").text
        #expect(report.contains("image      book      3               1       11"))

        let again = try Tool.run(call, in: workspace.url)
        #expect(again.code == 1 && again.errorLines.count == 1)
        #expect(again.errors.contains("has vectors image of book already"))
        let before = try workspace.data("data/dataset.json")
        try workspace.write("b3\nb3\n", to: "ids.txt")
        let wrong = try Tool.run(call + ["--replace"], in: workspace.url)
        #expect(wrong.code == 1)
        #expect(wrong.errors.contains("ids.txt:2: the id \"b3\" stands in line 1 already"))
        #expect(try workspace.data("data/dataset.json") == before)
    }
}
