internal import Foundation
internal import Interactions

/// Two runs whose numbers say nothing about each other.
public struct ComparisonError: Error, Equatable, CustomStringConvertible {
    /// The run that does not fit.
    public let run: String
    /// The first run.
    public let first: String
    /// What differs: dataset, split, candidates, exclusion or ties.
    public let what: String
    /// The run's value.
    public let got: String
    /// The first run's value.
    public let expected: String

    /// One line that names the difference.
    public var description: String {
        "\(run) and \(first) are not comparable: \(what) \(got) against \(expected); compare runs "
            + "that were evaluated alike"
    }
}

/// What must be equal for two results to be comparable, with a name for each.
struct RunProtocol {
    private let values: [(what: String, value: String)]

    init(
        _ configuration: ExperimentConfiguration, manifest: RunManifest, result: EvaluationResult
    ) {
        let evaluation = configuration.evaluation.resolved
        values = [
            ("dataset", manifest.dataset),
            ("split", "\(configuration.data.split) (\(result.split))"),
            ("candidates", result.candidates),
            ("exclusion", evaluation.exclusion.rawValue),
            ("ties", "\(evaluation.ties)"),
        ]
    }

    /// Throws at the first difference.
    func check(
        against first: RunProtocol, names: (run: String, first: String)
    ) throws(ComparisonError) {
        for (own, other) in zip(values, first.values) where own.value != other.value {
            throw ComparisonError(
                run: names.run, first: names.first, what: own.what, got: own.value,
                expected: other.value)
        }
    }
}
