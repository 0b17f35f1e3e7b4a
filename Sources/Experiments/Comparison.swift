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
    /// Every run but the first against the first.
    public let differences: [Difference]

    /// Reads finished runs; ranks are compared case by case with a paired bootstrap.
    ///
    /// Runs on different datasets or under different protocols are refused with a ``ComparisonError``.
    public init(
        _ runs: [RunDirectory], metrics: [RankingMetric] = [.hitRate(at: 10), .ndcg(at: 10)],
        seed: UInt64 = 0
    ) throws {
        let names = Self.names(of: runs)
        self.runs = names
        try runs.forEach { try $0.requireFinished() }
        let results = try runs.map { try $0.result() }
        let manifests = try runs.map { try $0.facts() }
        self.results = results
        self.manifests = manifests
        let protocols = try runs.indices.map {
            RunProtocol(
                try ExperimentConfiguration(contentsOf: runs[$0].experiment),
                manifest: manifests[$0], result: results[$0])
        }
        for index in runs.indices.dropFirst() {
            try protocols[index].check(against: protocols[0], names: (names[index], names[0]))
        }
        guard let first = runs.first else {
            differences = []
            return
        }
        // Ratings have no ranks, so they are shown without a test.
        guard results.allSatisfy({ $0.candidates != "ratings" }) else {
            differences = []
            return
        }
        let baseline = try UserResults(contentsOf: first.users)
        var found: [Difference] = []
        for (run, name) in zip(runs, names).dropFirst() {
            let paired = PairedResults(try UserResults(contentsOf: run.users), baseline)
            let domains = Set(paired.first.map(\.domain)).sorted()
            for domain in domains {
                let cases = paired.first.indices.filter { paired.first[$0].domain == domain }
                for metric in metrics {
                    func values(_ rows: [UserResult]) -> [Double] {
                        cases.map {
                            metric.value(rank: rows[$0].rank, candidates: rows[$0].candidates)
                        }
                    }
                    guard
                        let test = PairedBootstrap(seed: seed).compare(
                            values(paired.first), values(paired.second))
                    else { continue }
                    found.append(
                        Difference(
                            run: name, domain: domain, metric: metric.description,
                            difference: test.difference, low: test.low, high: test.high,
                            pValue: test.pValue, cases: test.cases))
                }
            }
        }
        differences = found
    }

    /// The directories' names, or their paths where two have the same name.
    private static func names(of runs: [RunDirectory]) -> [String] {
        let names = runs.map(\.url.lastPathComponent)
        return Set(names).count == names.count ? names : runs.map(\.url.path)
    }
}
