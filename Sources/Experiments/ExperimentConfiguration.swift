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

    /// The defaults.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try require([("training.epochs", epochs)], in: SettingRange.epochs)
        try require(
            [
                ("training.batchSize", batchSize), ("training.evaluateEvery", evaluateEvery),
                ("training.patience", patience),
            ], in: SettingRange.count)
        try require(clipNorm >= 0, "training.clipNorm", expected: "at least 0", got: clipNorm)
        try validateOptimizer()
        try validateSchedule()
    }

    /// What belongs to another rule than the one that is chosen.
    public var idle: [IdleSetting] {
        var idle: [IdleSetting] = []
        func add(_ settings: String..., unless counts: Bool, of group: String, _ reason: String) {
            guard !counts else { return }
            idle += IdleSetting.all(settings.map { "\(group).\($0)" }, reason)
        }
        let rule = "beside optimizer.kind: \(optimizer.kind.rawValue)"
        add("momentum", unless: optimizer.kind == .sgd, of: "optimizer", rule)
        add("beta1", "beta2", "epsilon", unless: optimizer.kind != .sgd, of: "optimizer", rule)
        let kind = "beside schedule.kind: \(schedule.kind.rawValue)"
        let isReduced = schedule.kind == .plateau || schedule.kind == .exponential
        add("factor", unless: isReduced, of: "schedule", kind)
        add("patience", unless: schedule.kind == .plateau, of: "schedule", kind)
        add("minimum", unless: schedule.kind == .cosine, of: "schedule", kind)
        add(
            "warmupStart", unless: schedule.warmupEpochs > 0, of: "schedule",
            "beside schedule.warmupEpochs: 0")
        return idle
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
        let text = try container.decode(String.self)
        guard let value = Candidates(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "expected full or sampled:N with a number N from 1, got \(text)")
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
    /// What the person had before the case: events that train and, for a test case, those that validate. A target that
    /// the person had before competes with all of them.
    case history
    /// The same for every target, as published protocols with sampled candidates do. A target that the person had before
    /// is then the only one of them among the candidates, which gives it away.
    case seen
    /// Every item the person ever had, later ones too.
    case everything
}

/// The published protocols that can be chosen by one word.
public enum EvaluationPreset: String, Codable, Sendable, CaseIterable {
    /// The settings as they are given.
    case custom
    /// ABXI's: 999 sampled candidates, without the person's items up to the target, whether that was had before or not;
    /// ties count for the target.
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
    public var ties = TieRule.expectation
    /// The metrics of a ranking.
    public var metrics: [RankingMetric] = [
        .hitRate(at: 5), .hitRate(at: 10), .ndcg(at: 5), .ndcg(at: 10), .mrr, .auc,
    ]
    /// The metric whose mean over domains chooses the best epoch; MAE or RMSE for ratings.
    ///
    /// Empty takes NDCG@10, or the first of the metrics where it is not among them; MAE for ratings.
    public var selection = ""
    /// The most events in the case's domain with which a person counts among those with few.
    public var fewEvents = 5
    /// Cases of a batch.
    public var batchSize = 256

    /// Full ranking.
    public init() {}

    /// Checks the selection and sizes.
    public func validate() throws(ConfigurationError) {
        try require(
            [("evaluation.batchSize", batchSize), ("evaluation.fewEvents", fewEvents)],
            in: SettingRange.count)
        try require(!metrics.isEmpty, "evaluation.metrics", expected: "one or more", got: "none")
        try require(
            Set(metrics.map(\.description)).count == metrics.count, "evaluation.metrics",
            expected: "each once", got: metrics.map(\.description).joined(separator: ", "))
        try require(
            Set(also.map(\.description)).count == also.count, "evaluation.also",
            expected: "each once", got: also.map(\.description).joined(separator: ", "))
        let measured = measured(on: .validation)
        try require(
            selection.isEmpty || measured.contains(selection), "evaluation.selection",
            expected: "one of \(task == .ranking ? "evaluation.metrics, " : "")"
                + measured.joined(separator: ", "), got: selection)
    }

    /// What only rankings have, and what a preset puts others in the place of.
    public var idle: [IdleSetting] {
        guard task == .ranking else {
            return IdleSetting.all(
                [
                    "preset", "candidates", "also", "exclusion", "ties", "metrics", "fewEvents",
                    "batchSize",
                ], "where ratings are predicted")
        }
        let preset = resolved
        var replaced: [String] = []
        if candidates != preset.candidates { replaced.append("candidates") }
        if exclusion != preset.exclusion { replaced.append("exclusion") }
        if ties != preset.ties { replaced.append("ties") }
        return IdleSetting.all(replaced, "beside evaluation.preset: \(self.preset.rawValue)")
    }

    /// The names of what is measured of each domain on a part of the split.
    public func measured(on part: Part) -> [String] {
        guard task == .ranking else { return ["MAE", "RMSE"] }
        let names = metrics.map(\.description)
        guard part == .test else { return names }
        return names + also.flatMap { among in names.map { "\($0) \(among)" } }
    }

    /// The settings with the preset's values and the metric that chooses in place.
    public var resolved: EvaluationConfiguration {
        var result = self
        if selection.isEmpty {
            let measured = measured(on: .validation)
            result.selection = measured.contains("NDCG@10") ? "NDCG@10" : measured.first ?? ""
        }
        switch preset {
        case .custom: break
        case .abxi:
            result.candidates = .sampled(999)
            result.exclusion = .seen
            result.ties = .optimistic
        }
        return result
    }

    /// The same protocol with other candidates, and only those.
    func among(_ candidates: Candidates) -> EvaluationConfiguration {
        var result = resolved
        // A preset would put its own candidates back.
        result.preset = .custom
        result.candidates = candidates
        result.also = []
        return result
    }
}

/// How the data is divided and cut.
public struct DataConfiguration: StrictlyDecodable {
    /// Which events train, validate and test.
    public var split = SplitRule.leaveOneOut
    /// What leave-one-out and ratio do where events of a person have one time.
    public var ties = TiedEvents.order
    /// Whether held-out events that repeat an item of the person are cases.
    ///
    /// Kept, as published protocols do, and shown apart in the groups `new` and `repeat`, with a warning where they are more
    /// than 1 %: `recommend` does not return what was had. Drop them to measure what it serves, or keep them where
    /// people come back to items and serve with `--include-seen`.
    public var repeats = RepeatedItems.keep

    /// Leave-one-out.
    public init() {}

    /// Checks that the split has an order of events for ties to be dropped from.
    public func validate() throws(ConfigurationError) {
        switch split {
        case .leaveOneOut, .leaveOneOutPerDomain, .ratio: break
        case .timeCut, .timePoints, .coldUsers:
            try require(
                ties == .order, "data.ties",
                expected: "order, as split \(split.kind) does not divide events of one time",
                got: ties.rawValue)
        }
    }

    /// Splits a dataset.
    public func split(_ dataset: Dataset, seed: UInt64) throws(SplitError) -> Split {
        try Split(split, dataset: dataset, seed: seed, ties: ties, repeats: repeats)
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
            throw .type(path: "parameters", expected: "keys and values")
        }
        try data.validate()
        try training.validate()
        try evaluation.validate()
        // Files hold numbers as signed ones.
        try require(
            seed <= UInt64(Int64.max), "seed", expected: "a whole number from 0 to 2^63 - 1",
            got: seed)
        try requireNothingIdle()
    }

    /// The settings as a run directory holds them: the model's with all defaults, the
    /// evaluation's with its preset.
    public func resolved() throws(ConfigurationError) -> ExperimentConfiguration {
        var result = self
        result.parameters = try modelSettings().json
        result.evaluation = evaluation.resolved
        return result
    }
}
