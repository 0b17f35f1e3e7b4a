internal import Foundation
internal import Interactions
internal import RankingMetrics

/// Two runs whose numbers say nothing about each other.
public struct ComparisonError: Error, Equatable, CustomStringConvertible {
    /// The run that does not fit.
    public let run: String
    /// The first run.
    public let first: String
    /// What differs: dataset, split, candidates, exclusion, ties, or what was drawn.
    public let what: String
    /// The run's value.
    public let got: String
    /// The first run's value.
    public let expected: String
    /// Whether both runs have one seed, so that another would not help.
    var isOfOneSeed = false

    /// One line that names the difference.
    public var description: String {
        "\(run) and \(first) are not comparable: \(what) \(got) against \(expected); "
            + (isOfOneSeed
                ? "with one seed that is due to other cases: give both the same data.repeats, "
                    + "data.ties and data.split"
                : "compare runs that were evaluated alike, with one seed where the split or the "
                    + "candidates are drawn")
    }
}

/// What must be equal for two results to be comparable, with a name for each.
struct RunProtocol {
    private let values: [(what: String, value: String)]

    init(
        _ configuration: ExperimentConfiguration, manifest: RunManifest, result: EvaluationResult
    ) {
        values = [
            ("dataset", manifest.dataset),
            ("split", "\(configuration.data.split) (\(result.split))"),
            ("candidates", result.candidates),
            ("exclusion", result.exclusion?.rawValue ?? ""),
            ("ties", result.ties?.rawValue ?? ""),
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

/// A finished run whose cases can be brought together with another's.
struct MeasuredRun {
    /// What it is called in tables.
    let name: String
    let directory: RunDirectory
    let manifest: RunManifest
    let result: EvaluationResult
    private let evaluated: RunProtocol

    init(
        _ name: String, _ directory: RunDirectory, _ configuration: ExperimentConfiguration,
        _ manifest: RunManifest, _ result: EvaluationResult
    ) {
        self.name = name
        self.directory = directory
        self.manifest = manifest
        self.result = result
        evaluated = RunProtocol(configuration, manifest: manifest, result: result)
    }

    /// Throws a ``ComparisonError`` where a setting of the evaluation differs.
    func check(against first: MeasuredRun) throws(ComparisonError) {
        try evaluated.check(against: first.evaluated, names: (name, first.name))
        // Predictions are kept of no case, so the cases must be all the same.
        guard result.ratedCases == first.result.ratedCases else {
            throw differ(
                from: first, "held-out cases", "\(result.cases) (seed \(manifest.seed))",
                "\(first.result.cases) (seed \(first.manifest.seed))")
        }
    }

    /// Each test case's outcome, which must be what the run's result was made of; nil where ratings were predicted.
    func cases() throws -> UserResults? { try directory.cases(of: result) }

    private func differ(
        from first: MeasuredRun, _ what: String, _ got: String, _ expected: String
    ) -> ComparisonError {
        ComparisonError(
            run: name, first: first.name, what: what, got: got, expected: expected,
            isOfOneSeed: manifest.seed == first.manifest.seed)
    }

    /// The cases of two runs that were drawn alike: the same, or some of the other's, each among the same candidates.
    func paired(
        _ own: UserResults, with first: MeasuredRun, _ others: UserResults
    ) throws(ComparisonError) -> PairedResults {
        let paired = PairedResults(own, others)
        guard
            !paired.first.isEmpty, min(paired.unmatchedInFirst, paired.unmatchedInSecond) == 0
        else {
            throw differ(
                from: first, "held-out cases", "\(own.rows.count) (seed \(manifest.seed))",
                "\(others.rows.count) (seed \(first.manifest.seed)) with \(paired.first.count) in common"
            )
        }
        guard paired.otherCandidates == 0 else {
            throw differ(
                from: first,
                "\(paired.otherCandidates) of \(paired.first.count) cases met other candidates,",
                "seed \(manifest.seed)", "seed \(first.manifest.seed)")
        }
        return paired
    }
}

extension RunDirectory {
    /// Each test case's outcome, which must be what a result was made of and must give its means; nil where ratings were
    /// predicted.
    func cases(of result: EvaluationResult) throws -> UserResults? {
        guard let checksums = result.checksums, let ties = result.ties else { return nil }
        let read = try UserResults(contentsOf: users)
        guard read.rows.count == result.cases, ResultChecksums(read.rows) == checksums else {
            throw RunError.unreadable(
                path: users.path,
                reason:
                    "it does not hold the cases that metrics.json was made of, so one of the two was "
                    + "changed since; train the run again")
        }
        // Metrics among other candidates are of no case that the file holds.
        let metrics = Set(result.domains.values.flatMap(\.keys))
            .compactMap { try? RankingMetric(parsing: $0) }
        var sums = MetricAccumulator(metrics: metrics, tie: ties)
        for row in read.rows { sums.add(row) }
        for row in sums.summary().rows where row.group == .all {
            guard let domain = row.domain else { continue }
            for (metric, mean) in row.values {
                let written = result.domains[domain]?[metric.description] ?? .nan
                let largest = max(abs(written), abs(mean))
                guard abs(written - mean) <= 1e-9 * largest else {
                    throw RunError.unreadable(
                        path: self.metrics.path,
                        reason:
                            "\(metric) of \(domain): metrics.json does not say what users.csv gives; train "
                            + "--resume measures anew")
                }
            }
        }
        return read
    }
}
