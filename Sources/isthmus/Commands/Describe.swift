import ArgumentParser
import Interactions

/// `isthmus describe`: what a dataset holds and what looks wrong with it.
struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Say what a dataset holds and what looks wrong with it.")

    @Argument(help: "The dataset.")
    var dataset: FilePath

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let opened = try Dataset.open(dataset.url)
        let report = DatasetReport(opened)
        if json {
            try JSONOutput.show(report)
        } else {
            Console.line(report.description)
        }
    }
}
