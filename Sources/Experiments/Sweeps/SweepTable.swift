internal import Foundation
public import Interactions
public import RankingMetrics

/// The finished runs of a sweep as one table: means over seeds, and what they cost.
public struct SweepTable: Codable, Sendable {
    /// A mean over seeds.
    public struct Value: Codable, Sendable {
        /// The mean.
        public let mean: Double
        /// The sample standard deviation; nil for one seed.
        public let deviation: Double?
    }

    /// One variant against the baseline, on the same seeds.
    public struct Difference: Codable, Sendable {
        /// The domain.
        public let domain: String
        /// The metric.
        public let metric: String
        /// The mean difference, its 95 % interval and the p-value of the paired bootstrap over cases, each case's values
        /// averaged over the seeds.
        public let test: PairedComparison
        /// The mean difference with each seed: what another seed changes, which the test does not see.
        public let seeds: [Double]

        /// Whether the p-value is below 0.05 and every seed has the same sign.
        public var isSignificant: Bool {
            test.pValue < 0.05 && seeds.allSatisfy { $0 * test.difference > 0 }
        }
    }

    /// One variant.
    public struct Row: Codable, Sendable {
        /// The variant.
        public let name: String
        /// The seeds that are finished.
        public let seeds: [UInt64]
        /// Metrics by domain.
        public let domains: [String: [String: Value]]
        /// Metrics by group of users, then by domain.
        public let groups: [String: [String: [String: Value]]]
        /// What the model measured of itself.
        public let diagnostics: [String: Value]
        /// The number of parameters.
        public let parameters: Int
        /// Seconds of training until the best epoch, validation included; nil where a run's history is lost or damaged.
        public let secondsToBest: Value?
        /// Wall time of the whole run.
        public let seconds: Value
        /// The largest resident memory of a run in bytes.
        public let peakMemory: Int
        /// Against the baseline; empty for the baseline itself.
        public let differences: [Difference]
        /// Why there are no differences: what was evaluated otherwise than the baseline; nil where nothing was.
        public let incomparable: String?

        /// The difference in one domain by one metric.
        public func difference(_ domain: String, _ metric: String) -> Difference? {
            differences.first { $0.domain == domain && $0.metric == metric }
        }
    }

    /// One finished run.
    public struct Run: Codable, Sendable {
        /// The variant.
        public let name: String
        /// The line of the pictures that it belongs to.
        public let series: String
        /// The seed.
        public let seed: UInt64
        /// The number of parameters.
        public let parameters: Int
        /// Metrics by domain.
        public let domains: [String: EvaluationResult.Values]
        /// What the model measured of itself.
        public let diagnostics: EvaluationResult.Values
    }

    /// The variant that the others are compared with.
    public let baseline: String
    /// The metrics that it shows.
    public let metrics: [String]
    /// The part of the split that was measured.
    public let part: Part
    /// What targets competed with.
    public let candidates: String
    /// How candidates with the target's score were counted; nil when ratings were predicted.
    public let ties: TieRule?
    /// The variants that have a finished run.
    public let rows: [Row]
    /// The finished runs one by one.
    public let runs: [Run]
    /// What the models measured of themselves against their accuracy, over all runs.
    public let correlations: [Correlation]

    /// Reads the finished runs of a plan: their test results, or those of the best epoch on validation.
    ///
    /// Settings are chosen on validation; such a table holds nothing of the test part, and no paired test.
    public init(
        _ plan: SweepPlan, metrics: [String] = ["HR@10", "NDCG@10"], part: Part = .test
    ) throws {
        self.metrics = metrics
        self.part = part
        let finished = try plan.jobs.filter(\.isDone).map { try Finished($0, part) }
        let byVariant = Dictionary(grouping: finished, by: \.variant)
        let first = byVariant[plan.baseline] ?? []
        baseline = plan.baseline
        candidates = finished.first?.result.candidates ?? "full"
        ties = finished.first?.result.ties
        runs = finished.map(\.point)
        correlations = Correlation.all(runs, metrics: metrics)
        var cases = CaseMeans(metrics.compactMap { try? RankingMetric(parsing: $0) })
        rows = try plan.variants.compactMap { name in
            guard let own = byVariant[name], let sample = own.first else { return nil }
            let shared = own.filter { run in first.contains { $0.seed == run.seed } }
            let twins = first.filter { run in shared.contains { $0.seed == run.seed } }
            let test = try Self.test(name, shared, twins, against: plan.baseline, part, &cases)
            return Row(
                name: name, seeds: own.map(\.seed),
                domains: Self.means(own.map(\.result.domains)),
                groups: Self.groups(own),
                diagnostics: Self.means(own.map { ["": $0.result.diagnostics] })[""] ?? [:],
                parameters: sample.manifest.parameters,
                secondsToBest: own.contains { $0.secondsToBest == nil }
                    ? nil : Self.value(own.compactMap(\.secondsToBest)),
                seconds: Self.value(own.map(\.manifest.seconds)),
                peakMemory: own.map(\.manifest.peakMemory).max() ?? 0,
                differences: test.differences, incomparable: test.incomparable)
        }
    }

    /// A variant against the baseline on the seeds that both have, or why there is nothing to say.
    private static func test(
        _ name: String, _ runs: [Finished], _ twins: [Finished], against baseline: String,
        _ part: Part, _ cases: inout CaseMeans
    ) throws -> (differences: [Difference], incomparable: String?) {
        guard name != baseline else { return ([], nil) }
        guard !runs.isEmpty else {
            return ([], "\(name) and \(baseline) have no finished seed in common")
        }
        do {
            for (run, twin) in zip(runs, twins) { try run.measured.check(against: twin.measured) }
            guard part == .test else { return ([], nil) }
            return (try cases.differences(runs.map(\.measured), twins.map(\.measured)), nil)
        } catch let error as ComparisonError {
            return ([], error.description)
        }
    }

    /// A run that has ended.
    private struct Finished {
        let variant: String
        let series: String
        let seed: UInt64
        let measured: MeasuredRun
        let secondsToBest: Double?

        var manifest: RunManifest { measured.manifest }
        var result: EvaluationResult { measured.result }

        var point: Run {
            Run(
                name: variant, series: series, seed: seed, parameters: manifest.parameters,
                domains: result.domains, diagnostics: result.diagnostics)
        }

        init(_ job: SweepPlan.Job, _ part: Part) throws {
            variant = job.variant
            series = job.series
            seed = job.seed
            let history = try job.run.historyEntries()
            let best = history.lastIndex(where: \.isBest) ?? history.indices.last
            secondsToBest =
                HistoryFile.isWhole(job.run.history)
                ? history.prefix(best.map { $0 + 1 } ?? 0)
                    .reduce(0) { $0 + $1.seconds + $1.validationSeconds } : nil
            let result: EvaluationResult
            if part == .test {
                result = try job.run.result()
            } else {
                // A model in closed form is not validated: there is nothing to choose.
                result =
                    best.flatMap { history[$0].validation }
                    ?? .none(
                        on: part, among: job.configuration.evaluation.resolved.candidates)
            }
            measured = MeasuredRun(
                job.variant, job.run, job.configuration, try job.run.facts(), result)
        }
    }

    private static func value(_ values: [Double]) -> Value {
        let found = meanAndDeviation(values)
        return Value(mean: found?.mean ?? 0, deviation: found?.deviation)
    }

    /// Means of each value that all of the seeds have.
    private static func means(
        _ seeds: [[String: EvaluationResult.Values]]
    ) -> [String: [String: Value]] {
        guard let first = seeds.first else { return [:] }
        return first.reduce(into: [:]) { result, entry in
            let (domain, values) = entry
            result[domain] = values.reduce(into: [:]) { means, metric in
                let all = seeds.compactMap { $0[domain]?[metric.key] }
                if all.count == seeds.count { means[metric.key] = value(all) }
            }
        }
    }

    private static func groups(_ runs: [Finished]) -> [String: [String: [String: Value]]] {
        let names = Set(runs.flatMap { $0.result.groups.keys })
        return names.reduce(into: [:]) { result, name in
            result[name] = means(runs.map { $0.result.groups[name] ?? [:] })
        }
    }
}
