import ArgumentParser
import Experiments
import Foundation
import Interactions

/// `isthmus train`: one experiment on one dataset into a run directory.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train an experiment on a dataset and evaluate it.",
        discussion: """
            The settings are the defaults, then the experiment's file, then --set in the order \
            given, then --seed. The run directory holds all of them as experiment.yaml. A run that \
            was stopped continues with the same command and --resume; the result is bit for bit \
            that of a run that was not stopped.
            """)

    @Argument(help: "The experiment, a YAML file.")
    var experiment: FilePath

    @Option(name: .customLong("data"), help: ArgumentHelp("The dataset.", valueName: "dataset"))
    var dataset: FilePath

    @Option(help: ArgumentHelp("The directory of the new run.", valueName: "run"))
    var output: FilePath

    @Option(help: "The seed of everything random.")
    var seed: UInt64?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A setting laid over the file, such as training.epochs=5; may be repeated.",
            valueName: "key=value"))
    var assignments: [String] = []

    @Flag(help: "Continue the run that --output holds.")
    var resume = false

    @OptionGroup
    var compute: ComputeOptions

    func validate() throws {
        for assignment in assignments {
            // A mark that joins the sign hides it from a search for characters.
            let equals = assignment.utf8.firstIndex(of: UInt8(ascii: "="))
            guard let equals, equals > assignment.startIndex else {
                throw ValidationError("--set: expected key=value, got \(assignment).")
            }
        }
    }

    func run() throws {
        if let missing = MissingExperiment(experiment.url) { throw missing }
        let device = try compute.prepare(
            whereMemoryIsExhausted: "lower training.batchSize, evaluation.batchSize, "
                + "parameters.maximumLength or the model's widths")
        var configuration = try ExperimentConfiguration(
            contentsOf: experiment.url, assignments: assignments)
        if let seed { configuration.seed = seed }
        let display = TrainingDisplay(
            model: configuration.model, selection: configuration.evaluation.resolved.selection)
        let (path, kept, resume) = (output.url.path, display.kept, resume)
        let (result, warnings) = try Interruption.guarding {
            switch kept.left {
            case .nothing:
                resume
                    ? "\(path) is as it was; go on with: \(ShellCommand.text())"
                    : "no epoch had ended, so nothing is kept; the same command begins again"
            case .epoch(let epoch):
                "\(path) is kept as of \(epoch); go on with: "
                    + ShellCommand.text(adding: "--resume")
            case .everything: "\(path) is finished; isthmus evaluate shows its result"
            }
        } work: {
            let trainer = try Trainer(
                configuration, dataset: try Dataset.open(dataset.url),
                run: RunDirectory(output.url), device: device, observe: display.show)
            ResultTable.warn(trainer.warnings)
            do {
                return (try trainer.train(resume: resume), trainer.warnings)
            } catch {
                throw Self.resumable(
                    error, kept.left, ShellCommand.text(adding: "--resume"))
            }
        }
        Console.line()
        Console.write(ResultTable.text(result))
        ResultTable.warn(result.warnings, but: warnings)
        Console.line("run: \(output.url.path)")
    }

    /// An error that advises to run the command again advises to resume where an epoch is kept.
    static func resumable(
        _ error: any Error, _ left: TrainingDisplay.Left, _ command: String
    ) -> any Error {
        let again = "run the command again"
        let text = Message.line(of: error)
        guard case .epoch = left, text.contains(again) else { return error }
        return ResumableError(
            description: text.replacingOccurrences(of: again, with: "go on with: \(command)"))
    }

    private struct ResumableError: Error, CustomStringConvertible {
        let description: String
    }
}
