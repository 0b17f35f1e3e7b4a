import ArgumentParser
import Experiments
import Interactions

/// `isthmus evaluate`: the values of a run, stored or measured again.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Show a run's result, or evaluate its model again.",
        discussion: """
            Without --data the result that the run holds is shown. With --data the model is \
            evaluated again on the dataset that it was trained on; the run is not changed.
            """)

    @Argument(help: ArgumentHelp("The run.", valueName: "run"))
    var directory: FilePath

    @Option(name: .customLong("data"), help: ArgumentHelp("The dataset.", valueName: "dataset"))
    var dataset: FilePath?

    @Option(help: ArgumentHelp("The part of the split; test, if none is given.", valueName: "part"))
    var split: Part?

    @Option(
        help: ArgumentHelp(
            "What targets compete with: full, or sampled:N items drawn once for each case. "
                + "(default: the run's)",
            valueName: "candidates"))
    var candidates: Candidates?

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup
    var compute: ComputeOptions

    func run() throws {
        let device = try compute.prepare()
        let evaluation = try RunEvaluation(RunDirectory(directory.url))
        let result =
            if let dataset {
                try evaluation.evaluate(
                    on: try Dataset.open(dataset.url), part: split ?? .test,
                    candidates: candidates, device: device)
            } else {
                try evaluation.stored(part: split, candidates: candidates)
            }
        ResultTable.warn(result.warnings)
        if json {
            try JSONOutput.show(ResultTable.json(result))
        } else {
            Console.write(ResultTable.text(result))
        }
    }
}
