import ArgumentParser
import Experiments
import Foundation

/// The command-line tool.
@main
struct CommandLineTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "isthmus",
        abstract: "Cross-domain recommendation: import events, train, compare, recommend.",
        discussion: """
            Exit code 0 is success, 2 a usage error, 1 any other failure, with one line on \
            standard error.
            """,
        version: "\(Isthmus.version) (commit \(Isthmus.commit))",
        subcommands: [
            Fetch.self, Import.self, Generate.self, Attach.self, Describe.self, Train.self,
            Sweep.self, Evaluate.self, Compare.self, Recommend.self, ListModels.self,
        ])

    /// Replaces the parser's own entry, whose exit codes differ from ours.
    static func main() {
        Console.prepare()
        Foundation.exit(Launcher.run(Array(CommandLine.arguments.dropFirst())))
    }
}
