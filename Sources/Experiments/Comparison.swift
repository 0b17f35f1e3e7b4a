internal import Foundation
public import RankingMetrics

/// Several runs side by side, and each against the first with a paired test.
public struct RunComparison: Codable, Sendable {
    /// A metric of one run against the same metric of the first, over the cases that both have.
    public struct Difference: Codable, Sendable {
        /// The run that is compared.
        public let run: String
        /// The domain.
        public let domain: String
        /// The metric.
        public let metric: String
        /// The run's mean minus the first run's.
        public let difference: Double
        /// The bounds of the 95 % interval.
        public let low: Double
        /// The upper bound.
        public let high: Double
        /// How often a difference of the other sign or none came up, two-sided.
        public let pValue: Double
        /// The cases that both runs have.
        public let cases: Int
    }

    /// Results by run, in order.
    public let runs: [String]
    /// The result of each run.
    public let results: [EvaluationResult]
    /// The facts of each run.
    public let manifests: [RunManifest]
    /// How many cases of a run the first has too, by the run's name; empty where ratings were predicted.
    public let commonCases: [String: Int]
    /// Every run but the first against the first.
    public let differences: [Difference]

    /// Reads finished runs; ranks are compared case by case with a paired bootstrap.
    ///
    /// Runs on different datasets, under different protocols, on other cases or among other candidates are refused with a
    /// ``ComparisonError``; where one run's cases are some of the other's, those are compared.
    public init(
        _ runs: [RunDirectory], metrics: [RankingMetric] = [.hitRate(at: 10), .ndcg(at: 10)],
        seed: UInt64 = 0
    ) throws {
        let names = Self.names(of: runs)
        self.runs = names
        let measured = try zip(names, runs).map { name, run in
            let result = try run.requireFinished()
            return MeasuredRun(
                name, run, try ExperimentConfiguration(contentsOf: run.experiment),
                try run.facts(), result)
        }
        results = measured.map(\.result)
        manifests = measured.map(\.manifest)
        guard let first = measured.first else {
            commonCases = [:]
            differences = []
            return
        }
        for run in measured.dropFirst() { try run.check(against: first) }
        // Ratings have no ranks, so they are shown without a test.
        guard let baseline = try first.cases(), let ties = first.result.ties else {
            commonCases = [:]
            differences = []
            return
        }
        var common = [first.name: baseline.rows.count]
        var found: [Difference] = []
        for run in measured.dropFirst() {
            guard let own = try run.cases() else { continue }
            let paired = try run.paired(own, with: first, baseline)
            common[run.name] = paired.first.count
            let domains = Set(paired.first.map(\.domain)).sorted()
            for domain in domains {
                let cases = paired.first.indices.filter { paired.first[$0].domain == domain }
                for metric in metrics {
                    let values = cases.compactMap { index -> (own: Double, first: Double)? in
                        guard let own = metric.value(paired.first[index].outcome, tie: ties),
                            let first = metric.value(paired.second[index].outcome, tie: ties)
                        else { return nil }
                        return (own, first)
                    }
                    guard
                        let test = PairedBootstrap(seed: seed).compare(
                            values.map(\.own), values.map(\.first))
                    else { continue }
                    found.append(
                        Difference(
                            run: run.name, domain: domain, metric: metric.description,
                            difference: test.difference, low: test.low, high: test.high,
                            pValue: test.pValue, cases: test.cases))
                }
            }
        }
        commonCases = common
        differences = found
    }

    /// The directories' names, or their paths where two have the same name.
    private static func names(of runs: [RunDirectory]) -> [String] {
        let names = runs.map(\.url.lastPathComponent)
        return Set(names).count == names.count ? names : runs.map(\.url.path)
    }
}
