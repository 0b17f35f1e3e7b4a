internal import Foundation
public import Interactions
public import RankingMetrics
public import Recommenders
public import TorchNN

/// How training proceeds.
public struct TrainingConfiguration: StrictlyDecodable {
    /// The most epochs of a phase that does not say itself.
    public var epochs = 100
    /// Rows (sequences, ratings or users) of a step.
    public var batchSize = 256
    /// The rule that turns gradients into steps.
    public var optimizer = OptimizerConfiguration()
    /// How the learning rate moves.
    public var schedule = ScheduleConfiguration()
    /// The largest joint norm of the gradients; 0 does not clip.
    public var clipNorm = 0.0
    /// Training stops after this many validations without gain.
    public var patience = 10
    /// Validation runs after every so many epochs.
    public var evaluateEvery = 1
    /// Whether gradients are cleared once an epoch instead of before each step, as ABXI v1.0 did by mistake.
    public var clearsGradientsEachEpoch = false
    /// Whether the pool of negatives of each domain but the first starts one item too low, as in ABXI v2.1.
    public var negativePoolQuirk = false

    /// The defaults.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        for (name, value) in [
            ("epochs", epochs), ("batchSize", batchSize), ("evaluateEvery", evaluateEvery),
            ("patience", patience),
        ] {
            try require(value > 0, "training.\(name)", expected: "at least 1", got: value)
        }
        try require(clipNorm >= 0, "training.clipNorm", expected: "at least 0", got: clipNorm)
        try require(
            optimizer.learningRate > 0, "training.optimizer.learningRate", expected: "above 0",
            got: optimizer.learningRate)
        try require(
            !optimizer.rowSparse || optimizer.kind != .sgd, "training.optimizer.rowSparse",
            expected: "adam or adamw", got: "sgd")
    }
}

/// What is measured on held-out cases.
public enum EvaluationTask: String, Codable, Sendable, CaseIterable {
    /// The rank of the held-out item among candidates.
    case ranking
    /// The error of the predicted rating.
    case rating
}

/// Which candidates a held-out item competes with.
public enum Candidates: Codable, Equatable, Sendable, CustomStringConvertible {
    /// The full catalog of the item's domain.
    case full
    /// So many items of the domain, drawn once for each case.
    case sampled(Int)

    /// `full` or `sampled:999`.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if text == "full" {
            self = .full
        } else if parts.count == 2, parts[0] == "sampled", let count = Int(parts[1]), count > 0 {
            self = .sampled(count)
        } else {
            return nil
        }
    }

    /// Decodes the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Candidates(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "full or sampled:N")
        }
        self = value
    }

    /// Encodes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// `full` or `sampled:999`.
    public var description: String {
        switch self {
        case .full: "full"
        case .sampled(let count): "sampled:\(count)"
        }
    }
}

/// Which items beside the target are left out of the candidates.
public enum Exclusion: String, Codable, Sendable, CaseIterable {
    /// None.
    case none
    /// What the person had before the case: events that train and, for a test case, those that validate.
    case history
    /// Every item the person ever had, later ones too.
    case everything
}

/// The published protocols that can be chosen by one word.
public enum EvaluationPreset: String, Codable, Sendable, CaseIterable {
    /// The settings as they are given.
    case custom
    /// ABXI's: 999 sampled candidates, without the person's items up to the target; ties count for the target.
    case abxi
}

/// How held-out cases are evaluated.
public struct EvaluationConfiguration: StrictlyDecodable {
    /// What is measured.
    public var task = EvaluationTask.ranking
    /// A published protocol, which sets candidates, exclusion and ties.
    public var preset = EvaluationPreset.custom
    /// What the target competes with.
    public var candidates = Candidates.full
    /// Further candidates that test cases are ranked among; their metrics carry the candidates' name, `HR@10 sampled:999`.
    public var also: [Candidates] = []
    /// What is left out of the candidates.
    public var exclusion = Exclusion.history
    /// The rank of a target that scores like others.
    public var ties = TieRule.average
    /// The metrics of a ranking.
    public var metrics: [RankingMetric] = [
        .hitRate(at: 5), .hitRate(at: 10), .ndcg(at: 5), .ndcg(at: 10), .mrr, .auc,
    ]
    /// The metric whose mean over domains chooses the best epoch; MAE or RMSE for ratings.
    public var selection = "NDCG@10"
    /// The most events in the case's domain with which a person counts among those with few.
    public var fewEvents = 5
    /// Cases of a batch.
    public var batchSize = 256

    /// Full ranking.
    public init() {}

    /// Checks the selection and sizes.
    public func validate() throws(ConfigurationError) {
        try require(
            batchSize > 0, "evaluation.batchSize", expected: "at least 1", got: batchSize)
        try require(
            fewEvents > 0, "evaluation.fewEvents", expected: "at least 1", got: fewEvents)
        try require(
            task == .ranking || also.isEmpty, "evaluation.also",
            expected: "nothing where ratings are predicted", got: also)
        try require(
            measured(on: .validation).contains(selection), "evaluation.selection",
            expected: task == .ranking ? "one of evaluation.metrics" : "MAE or RMSE",
            got: selection)
    }

    /// The names of what is measured of each domain on a part of the split.
    public func measured(on part: Part) -> [String] {
        guard task == .ranking else { return ["MAE", "RMSE"] }
        let names = metrics.map(\.description)
        guard part == .test else { return names }
        return names + also.flatMap { among in names.map { "\($0) \(among)" } }
    }

    /// The settings with the preset's values in place.
    public var resolved: EvaluationConfiguration {
        var result = self
        switch preset {
        case .custom: break
        case .abxi:
            result.candidates = .sampled(999)
            result.exclusion = .history
            result.ties = .optimistic
        }
        return result
    }
}

/// How the data is divided and cut.
public struct DataConfiguration: StrictlyDecodable {
    /// Which events train, validate and test.
    public var split = SplitRule.leaveOneOut
    /// The most recent events of a history that a model gets to see.
    public var maximumLength = 50

    /// Leave-one-out with histories of 50.
    public init() {}

    /// Checks the length.
    public func validate() throws(ConfigurationError) {
        try require(
            maximumLength > 0, "data.maximumLength", expected: "at least 1", got: maximumLength)
    }
}

/// One experiment: a model with its settings, the division of the data, training and evaluation.
public struct ExperimentConfiguration: StrictlyDecodable {
    /// The model's name in the registry.
    public var model = "popularity"
    /// The model's settings.
    public var parameters = JSONValue.object([:])
    /// How the data is divided.
    public var data = DataConfiguration()
    /// How training proceeds.
    public var training = TrainingConfiguration()
    /// How held-out cases are evaluated.
    public var evaluation = EvaluationConfiguration()
    /// Everything random follows from it.
    public var seed: UInt64 = 0

    /// The popularity baseline.
    public init() {}

    /// Checks every part.
    public func validate() throws(ConfigurationError) {
        guard case .object = parameters else {
            throw .type(path: "parameters", expected: "an object")
        }
        try data.validate()
        try training.validate()
        try evaluation.validate()
        // Files hold numbers as signed ones.
        try require(seed <= UInt64(Int64.max), "seed", expected: "below 2^63", got: seed)
        try require(
            !training.negativePoolQuirk || model == "abxi", "training.negativePoolQuirk",
            expected: "false but for abxi", got: true)
    }

    /// The model's settings by key.
    public var parameterDictionary: [String: Any] { parameters.any as? [String: Any] ?? [:] }

    /// The settings as a run directory holds them: the model's with all defaults, the evaluation's with its preset.
    public func resolved() throws(ConfigurationError) -> ExperimentConfiguration {
        var result = self
        result.parameters = JSONValue(
            try Models.entry(named: model).validated(parameterDictionary))
        result.evaluation = evaluation.resolved
        return result
    }
}
