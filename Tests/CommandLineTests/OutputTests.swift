import ArgumentParser
import Experiments
import Foundation
import Testing

@testable import isthmus

/// How text leaves the process: what cannot be written is an error, a closed pipe is none.
struct OutputTests {
    /// Calls of all commands that succeed with output, in their order; a later one may need an earlier.
    static let calls: [[String]] = [
        ["--help"], ["--version"], [], ["train", "--help"], ["help", "import"],
        ["models"], ["models", "--json"],
        ["describe", "data"], ["describe", "data", "--json"],
        ["evaluate", "run"], ["evaluate", "run", "--json"],
        ["compare", "run", "run"], ["compare", "run", "run", "--json"],
        ["recommend", "run", "--domain", "film", "--history", "book:b1"],
        ["recommend", "run", "--domain", "film", "--history", "book:b1", "--json"],
        ["recommend", "run", "--domain", "film", "--user", "u1", "--data", "data"],
        ["train", "sasrec.yaml", "--data", "data", "--output", "new-run", "--threads", "1"],
        ["import", "csv", "plain.csv", "--output", "new-data"],
        ["generate", "--output", "made", "--users", "50", "--items", "40"],
        ["sweep", "sweep.yaml", "--data", "data", "--output", "swept", "--threads", "1"],
        ["sweep", "sweep.yaml", "--data", "data", "--output", "swept", "--threads", "1", "--json"],
        [
            "attach", "data", "--name", "x", "--domain", "film", "--matrix", "x.npy", "--ids",
            "x.txt",
        ],
    ]

    private func workspace() throws -> Workspace {
        let workspace = try Workspace()
        try workspace.trainTiny(.sasrec)
        try workspace.write("user,item,time\nu,a,1\nu,b,2\nv,a,3\n", to: "plain.csv")
        try workspace.write(
            "experiment: sasrec.yaml\nseeds: [1]\nruns: [{name: One}]\n", to: "sweep.yaml")
        var matrix = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, 70, 0])
        let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"
        matrix += Data(head.padding(toLength: 69, withPad: " ", startingAt: 0).utf8 + [10])
        matrix += Data([UInt8](repeating: 0, count: 4) + [0, 0, 0x80, 0x3F])
        try matrix.write(to: workspace.path("x.npy"))
        try workspace.write("f1\n", to: "x.txt")
        return workspace
    }

    /// Runs the tool by the shell, which sees to its streams.
    private func shell(_ script: String, _ arguments: [String], in workspace: Workspace) throws
        -> (code: Int32, errors: String)
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "sh", try Tool.executable.path] + arguments
        process.currentDirectoryURL = workspace.url
        let errors = workspace.path("shell-errors")
        try Data().write(to: errors)
        process.standardInput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try workspace.text("shell-errors"))
    }

    @Test func outputThatCannotBeWrittenIsAnError() throws {
        let workspace = try workspace()
        let commands = CommandLineTool.configuration.subcommands.compactMap {
            $0.configuration.commandName
        }
        // It needs a network; its output is the same lines by the same way.
        #expect(
            Set(commands).subtracting(["fetch"]).isSubset(of: Set(Self.calls.compactMap(\.first))))
        for call in Self.calls {
            let full = try shell("exec \"$@\" > /dev/full", call, in: workspace)
            #expect(full.code == 1, "\(call)")
            let lines = full.errors.split(separator: "\n")
            #expect(
                lines.last?.hasPrefix(
                    "isthmus: standard output could not be written: no space left on device")
                    == true, "\(call): \(full.errors)")
        }
        // What the commands make is there all the same.
        for name in ["new-run/metrics.json", "new-data/dataset.json", "swept/table.md"] {
            #expect(workspace.exists(name), "\(name)")
        }
    }

    @Test func aClosedPipeIsQuiet() throws {
        let workspace = try workspace()
        for ignored in ["", "trap '' PIPE; "] {
            let call = ["describe", "data"]
            // The tool begins when the reader, who then opens the other pipe, is gone.
            let output = try shell(
                "\(ignored)rm -f gone; mkfifo gone; "
                    + "{ cat gone; \"$@\"; echo $? > code; } | { exec <&-; : > gone; }",
                call, in: workspace)
            #expect(output.errors == "")
            #expect(try workspace.text("code") == "141\n")
        }
    }

    @Test func closedStreamsDoNotTakeInDataFiles() throws {
        let workspace = try workspace()
        let call = [
            "train", "sasrec.yaml", "--data", "data", "--output", "quiet", "--threads", "1",
        ]
        let output = try shell("exec \"$@\" <&- >&- 2>&-", call, in: workspace)
        #expect(output.code == 0)
        for name in ["metrics.json", "users.csv", "model.safetensors"] {
            #expect(try workspace.data("quiet/\(name)") == workspace.data("run/\(name)"))
        }
    }

    @Test func outputThatIsClosedIsAnError() throws {
        let workspace = try Workspace()
        let output = try shell("exec \"$@\" >&-", ["models"], in: workspace)
        #expect(output.code == 1)
        #expect(output.errors.contains("standard output could not be written"))
    }

    /// Where an epoch is kept the same command would be refused.
    @Test func aFullDiskAdvisesToResume() {
        let reason = "no space is left on the device; free some and run the command again"
        let error = RunError.unwritable(path: "run/checkpoint", reason: reason)
        let begun = Train.resumable(error, .epoch("train epoch 1"), "isthmus train a --resume")
        #expect("\(begun)".hasSuffix("free some and go on with: isthmus train a --resume"))
        #expect("\(Train.resumable(error, .nothing, "isthmus"))".hasSuffix(reason))
    }

    @Test func argumentsThatAreNoTextAreRefused() throws {
        let workspace = try Workspace()
        let output = try shell(
            "exec \"$@\" --history \"$(printf 'a:\\377')\"", ["recommend", "run", "--domain", "a"],
            in: workspace)
        #expect(output.code == 2)
        #expect(output.errors.hasPrefix("isthmus: argument 6 is not UTF-8: a:"))
    }

    @Test(arguments: [
        "\u{301}", "a:\u{301}", "\u{301}:a", "a,\u{301}b:c", "\\\u{301}", ":\u{301}", "\u{301}a:b",
        "-\u{301}", "--\u{301}", "=\u{301}", "a:b,\u{301}", "\u{200D}", "\u{FE0F}a:b", "\0", "\n",
    ])
    func marksAtTheBeginningAreNoTrap(_ text: String) {
        // Parsed in this process: a trap would end the tests.
        for arguments in [
            ["recommend", "r", "--domain", "d", "--history", text],
            ["recommend", "r", "--domain", "d", "--history=\(text)"],
            ["recommend", "r", "--domain=\(text)", "--history=a:b"],
            ["train", "x", "--data", "d", "--output", "r", "--set", text],
            ["train", "x", "--data", "d", "--output", "r", "--set=\(text)"],
            ["import", "csv", text, "--output", text, "--columns=\(text)", "--genres=\(text)"],
            [text], ["train", text], ["-\(text)"], ["--\(text)"],
        ] {
            if case .misuse(let message) = Launcher.parse(arguments) { #expect(!message.isEmpty) }
        }
        guard
            case .command(let command) = Launcher.parse([
                "recommend", "r", "--domain=\u{301}d", "--history=\u{301}a:\u{301}b,c:\u{301}",
            ]), let recommend = command as? Recommend
        else {
            Issue.record("a history of marks was refused")
            return
        }
        #expect(recommend.domain == "\u{301}d")
        #expect(recommend.history.first?.map(\.item) == ["\u{301}b", "\u{301}"])
    }
}
