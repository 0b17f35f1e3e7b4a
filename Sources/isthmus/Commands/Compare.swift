import ArgumentParser
import Experiments

/// `isthmus compare`: several runs in one table, each tested against the first.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Show runs side by side and test each against the first.",
        discussion: """
            Differences are of HR@10 and NDCG@10 over the cases that both runs have, with the 95 % \
            interval and the p-value of a paired bootstrap. Runs on different datasets, or with \
            different splits, candidates, exclusion or ties, are refused, and so are runs that \
            held out other people or drew other candidates, as another seed does.
            """)

    @Argument(help: "The runs; the first is what the others are compared with.")
    var runs: [FilePath]

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard runs.count >= 2 else {
            throw ValidationError("Expected at least two runs, got \(runs.count).")
        }
    }

    func run() throws {
        let comparison = try RunComparison(runs.map { RunDirectory($0.url) })
        if json {
            try JSONOutput.show(ComparisonTable.json(comparison))
        } else {
            Console.write(ComparisonTable.text(comparison))
        }
    }
}
