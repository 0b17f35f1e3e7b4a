import ArgumentParser
import Foundation
import Testing

@testable import Experiments
@testable import isthmus

/// The help screens are part of the contract; a change shows up as a change of a golden file.
struct HelpTests {
    static let commands = [
        "fetch", "import", "generate", "attach", "describe", "train", "sweep", "evaluate",
        "compare", "recommend", "models",
    ]

    private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden")

    @Test(arguments: commands)
    func helpOfCommand(_ command: String) throws {
        guard case .command(var help) = Launcher.parse([command, "--help"]) else {
            Issue.record("\(command) --help is no command")
            return
        }
        // The parser's help command ends by throwing its screen.
        let error = try #require(throws: (any Error).self) { try help.run() }
        let file = Self.golden.appendingPathComponent("\(command).txt")
        #expect(
            CommandLineTool.fullMessage(for: error) + "\n"
                == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test func helpOfTool() throws {
        let output = try Workspace().run("--help")
        #expect(output.code == 0)
        let file = Self.golden.appendingPathComponent("isthmus.txt")
        #expect(output.text == (try String(contentsOf: file, encoding: .utf8)))
        #expect(try Workspace().run().text == output.text)
    }

    @Test func everyGoldenFileIsCompared() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.golden.path)
        #expect(names.sorted() == (Self.commands + ["isthmus"]).map { "\($0).txt" }.sorted())
    }

    @Test func versionIsOneLine() throws {
        let output = try Workspace().run("--version")
        #expect(output.code == 0)
        // What was recorded for the executable of the tests, if anything was.
        let commit = Isthmus.recordedCommit(of: try Tool.executable)
        #expect(output.text == "\(Isthmus.version) (commit \(commit))\n")
    }
}
