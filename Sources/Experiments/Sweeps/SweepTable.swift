internal import Foundation
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
        /// Seconds of training until the best epoch, validation included.
        public let secondsToBest: Value
        /// Wall time of the whole run.
        public let seconds: Value
        /// The largest resident memory of a run in bytes.
        public let peakMemory: Int
        /// Against the baseline; empty for the baseline itself.
        public let differences: [Difference]
    }

    /// The variant that the others are compared with.
    public let baseline: String
    /// What targets competed with.
    public let candidates: String
    /// The variants that have a finished run.
    public let rows: [Row]

    /// Reads the finished runs of a plan.
    public init(_ plan: SweepPlan, metrics: [RankingMetric] = [.hitRate(at: 10), .ndcg(at: 10)])
        throws
    {
        let finished = try plan.jobs.filter(\.run.isFinished).map(Finished.init)
        let byVariant = Dictionary(grouping: finished, by: \.variant)
        let first = byVariant[plan.baseline] ?? []
        baseline = plan.baseline
        candidates = finished.first?.result.candidates ?? "full"
        var cases = CaseMeans(metrics)
        rows = try plan.variants.compactMap { name in
            guard let own = byVariant[name], let sample = own.first else { return nil }
            let shared = own.filter { run in first.contains { $0.seed == run.seed } }
            let twins = first.filter { run in shared.contains { $0.seed == run.seed } }
            let isCompared = name != plan.baseline && sample.result.candidates != "ratings"
            return Row(
                name: name, seeds: own.map(\.seed),
                domains: Self.means(own.map(\.result.domains)),
                groups: Self.groups(own),
                diagnostics: Self.means(own.map { ["": $0.result.diagnostics] })[""] ?? [:],
                parameters: sample.manifest.parameters,
                secondsToBest: Self.value(own.map(\.secondsToBest)),
                seconds: Self.value(own.map(\.manifest.seconds)),
                peakMemory: own.map(\.manifest.peakMemory).max() ?? 0,
                differences: isCompared && !shared.isEmpty
                    ? try cases.differences(shared.map(\.run), twins.map(\.run)) : [])
        }
    }

    /// A run that has ended.
    private struct Finished {
        let variant: String
        let seed: UInt64
        let run: RunDirectory
        let manifest: RunManifest
        let result: EvaluationResult
        let secondsToBest: Double

        init(_ job: SweepPlan.Job) throws {
            variant = job.variant
            seed = job.seed
            run = job.run
            manifest = try job.run.facts()
            result = try job.run.result()
            let history = try job.run.historyEntries()
            let best = history.lastIndex(where: \.isBest) ?? history.indices.last
            secondsToBest = history.prefix(best.map { $0 + 1 } ?? 0)
                .reduce(0) { $0 + $1.seconds + $1.validationSeconds }
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

/// Values of each case, averaged over runs that differ only in their seeds.
struct CaseMeans {
    private let metrics: [RankingMetric]
    private var files: [String: UserResults] = [:]

    init(_ metrics: [RankingMetric]) {
        self.metrics = metrics
    }

    /// Tests runs against twins of the same seeds, in the same order.
    mutating func differences(
        _ runs: [RunDirectory], _ twins: [RunDirectory]
    ) throws -> [SweepTable.Difference] {
        var own: [String: [[Double]]] = [:]
        var other: [String: [[Double]]] = [:]
        var domains: [String] = []
        for (run, twin) in zip(runs, twins) {
            let paired = PairedResults(try read(run), try read(twin))
            let keys = paired.first.indices.map { caseKey(paired.first[$0]) }
            for (index, key) in keys.enumerated() {
                own[key, default: []].append(values(paired.first[index]))
                other[key, default: []].append(values(paired.second[index]))
            }
            domains = Set(paired.first.map(\.domain)).sorted()
        }
        // A case counts where every seed has it; its key ends with the domain.
        let keys = own.keys.filter { own[$0]?.count == runs.count }.sorted()
        return domains.flatMap { domain in
            let cases = keys.filter { $0.hasSuffix("\u{1F}" + domain) }
            return metrics.indices.compactMap { metric in
                func means(_ values: [String: [[Double]]]) -> [Double] {
                    cases.map { key in
                        let seeds = values[key] ?? []
                        return seeds.reduce(0) { $0 + $1[metric] } / Double(max(seeds.count, 1))
                    }
                }
                return PairedBootstrap(seed: 0).compare(means(own), means(other)).map {
                    SweepTable.Difference(
                        domain: domain, metric: metrics[metric].description, test: $0)
                }
            }
        }
    }

    private func caseKey(_ result: UserResult) -> String {
        [result.user, result.item, result.domain].joined(separator: "\u{1F}")
    }

    private func values(_ result: UserResult) -> [Double] {
        metrics.map { $0.value(rank: result.rank, candidates: result.candidates) }
    }

    private mutating func read(_ run: RunDirectory) throws -> UserResults {
        if let known = files[run.url.path] { return known }
        let results = try UserResults(contentsOf: run.users)
        files[run.url.path] = results
        return results
    }
}
