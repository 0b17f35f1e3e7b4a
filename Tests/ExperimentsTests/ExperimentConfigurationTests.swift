import Experiments
import Foundation
import Interactions
import RankingMetrics
import Recommenders
import Testing
import TorchNN

struct ExperimentConfigurationTests {
    @Test(arguments: [
        (
            "{model: sasrec, evaluation: {task: rating, selection: MAE}}",
            "evaluation.task: expected what sasrec does, got rating"
        ),
        ("{seed: 9223372036854775808}", "seed: expected a whole number from 0 to 2^63 - 1"),
        (
            "{model: sasrec, parameters: {softmax: foo}}",
            "parameters.softmax: expected one of sampled, shared, full, got foo"
        ),
        (
            "{model: mifn, parameters: {relations: [colour]}}",
            "parameters.relations[0]: expected one of "
        ),
        ("{evaluation: {task: cooking}}", "evaluation.task: expected one of ranking, rating, got"),
        ("{seed: -1}", "seed: expected a whole number from 0 to 2^63 - 1, got -1"),
        (
            "{seed: 3, training: {epochs: 2.5}}",
            "training.epochs: expected a whole number below 2^63, got 2.5"
        ),
        (
            "{training: {optimizer: {learningRate: .inf}}}",
            "training.optimizer.learningRate: expected a finite number, got inf"
        ),
    ])
    func settingsThatDoNotFitAreRefusedBeforeTraining(_ yaml: String, _ reason: String) throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: ConfigurationError.self) {
            try Trainer(
                ExperimentConfiguration(yaml: yaml), dataset: cyclicDataset(),
                run: folder.run("run"))
        }
        #expect(error.description.hasPrefix(reason), "\(error)")
    }

    @Test func givenValuesLieOverTheDefaults() throws {
        let experiment = try ExperimentConfiguration(
            yaml: """
                model: sasrec
                data: {split: {kind: cold-users, target: films, share: 0.2, validationShare: 0.1}}
                training: {optimizer: {learningRate: 0.5}}
                evaluation: {metrics: [HR@3, MRR], selection: MRR, candidates: "sampled:99"}
                """)
        #expect(experiment.model == "sasrec")
        #expect(
            experiment.data.split
                == .coldUsers(target: "films", share: 0.2, validationShare: 0.1))
        #expect(experiment.training.optimizer.learningRate == 0.5)
        #expect(experiment.training.optimizer.beta1 == 0.9)
        #expect(experiment.evaluation.metrics == [.hitRate(at: 3), .mrr])
        #expect(experiment.evaluation.candidates == .sampled(99))
    }

    @Test func aModelAloneGivesTheDefaults() throws {
        #expect(
            try ExperimentConfiguration(yaml: "model: popularity") == ExperimentConfiguration())
        #expect(
            try ExperimentConfiguration(yaml: "", assignments: ["model=popularity"])
                == ExperimentConfiguration())
    }

    /// Nobody means the baseline of popularity by saying nothing.
    @Test(arguments: ["", "model:", "seed: 1", "parameters: {heads: 2}"])
    func aFileWithoutAModelIsRefused(_ yaml: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ExperimentConfiguration(yaml: yaml)
        }
        #expect(error.description == "model: expected a model's name, such as sasrec")
    }

    @Test func writtenYAMLReadsBackEqual() throws {
        let experiment = try ExperimentConfiguration(yaml: tinyABXI)
        #expect(try ExperimentConfiguration(yaml: experiment.yaml()) == experiment)
    }

    /// 1/3 and what logarithmic grids give have more than 15 digits.
    @Test(arguments: [
        0.0031622776601683794, 1.0 / 3, 1e-7 / 3, 1e22 / 3, 0.1 + 0.2, .leastNonzeroMagnitude,
    ])
    func writtenNumbersAreExact(number: Double) throws {
        var experiment = try ExperimentConfiguration(yaml: tinyABXI)
        experiment.training.optimizer.learningRate = number
        experiment.parameters = .object(["temperature": .double(number)])
        let read = try ExperimentConfiguration(yaml: experiment.yaml())
        #expect(read == experiment)
        #expect(read.training.optimizer.learningRate == number)
    }

    @Test func aSeedThatFilesCannotHoldIsRefusedBeforeTraining() throws {
        let folder = try TemporaryFolder()
        var experiment = try ExperimentConfiguration(yaml: tinySASRec)
        experiment.seed = .max
        #expect(throws: ConfigurationError.self) {
            try Trainer(experiment, dataset: cyclicDataset(), run: folder.run("run"))
        }
    }

    @Test func assignmentsOverrideTheFileAtAnyDepth() throws {
        let experiment = try ExperimentConfiguration(
            yaml: tinyABXI,
            assignments: [
                "training.optimizer.learningRate=0.25", "parameters.gca.stages=[1]", "seed=9",
            ])
        #expect(experiment.training.optimizer.learningRate == 0.25)
        #expect(experiment.seed == 9)
        #expect(experiment.parameters[["gca", "stages"]] == [1])
    }

    @Test(arguments: [
        ("trainin: {}", [], "unknown key trainin; did you mean training?"),
        (
            "training: {optimizer: {learningrate: 1}}", [],
            "unknown key training.optimizer.learningrate; did you mean training.optimizer.learningRate?"
        ),
        ("model: sasrc", [], "model: unknown sasrc; did you mean sasrec?"),
        (
            "{model: abxi, parameters: {gca: {stage: [1]}}}", [],
            "unknown key parameters.gca.stage; did you mean parameters.gca.stages?"
        ),
        ("training: {epochs: many}", [], "training.epochs: expected a whole number"),
        ("training: {epochs: 0}", [], "training.epochs: expected at least 1, got 0"),
        ("evaluation: {selection: MAE}", [], "evaluation.selection: expected one of"),
        ("seed: 1", ["seed"], "--set seed: expected key=value"),
        ("training: 3", [], "training: expected keys and values"),
    ]) func mistakesAreNamed(yaml: String, assignments: [String], message: String) throws {
        let error = try #require(throws: (any Error).self) {
            try ExperimentConfiguration(yaml: yaml, assignments: assignments)
        }
        // The text's mistakes are the configuration's, an assignment's name the assignment.
        let isOfItsKind =
            assignments.isEmpty ? error is ConfigurationError : error is ExperimentFileError
        #expect(isOfItsKind && "\(error)".hasPrefix(message), "\(error)")
    }

    @Test func aBrokenFileIsNamedWithItsLine() throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appendingPathComponent("broken.yaml")
        try "model: sasrec\ntraining: {epochs: [".write(to: url, atomically: true, encoding: .utf8)
        let error = #expect(throws: ExperimentFileError.self) {
            try ExperimentConfiguration(contentsOf: url)
        }
        #expect(error?.path == url.path)
        #expect(error?.description.hasPrefix("\(url.path):3: ") == true)
    }

    /// A shell's `<(…)` is a pipe; one that nobody writes to is not waited for.
    @Test(.timeLimit(.minutes(20))) func aPipeIsReadAsAFileIs() throws {
        let pipe = Pipe()
        let experiment = "{model: sasrec, seed: 7, parameters: {scope: mixed}}"
        try pipe.fileHandleForWriting.write(contentsOf: Data(experiment.utf8))
        try pipe.fileHandleForWriting.close()
        let url = URL(fileURLWithPath: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
        #expect(try ExperimentConfiguration(contentsOf: url).seed == 7)
        let folder = try TemporaryFolder()
        let silent = folder.url.appendingPathComponent("silent.yaml")
        #expect(mkfifo(silent.path, 0o600) == 0)
        let error = #expect(throws: ExperimentFileError.self) {
            try ExperimentConfiguration(contentsOf: silent)
        }
        #expect(error?.description.hasPrefix("\(silent.path): ") == true)
    }

    @Test func thePresetSetsTheProtocolOfABXI() throws {
        let resolved = try ExperimentConfiguration(
            yaml: "{model: popularity, evaluation: {preset: abxi}}"
        ).evaluation.resolved
        #expect(resolved.candidates == .sampled(999))
        #expect(resolved.exclusion == .seen)
        #expect(resolved.ties == .optimistic)
    }
}
