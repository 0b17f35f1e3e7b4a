internal import Foundation
internal import RankingMetrics

/// Values of each case, averaged over runs that differ only in their seeds.
struct CaseMeans {
    /// A case: an event of a user.
    private struct Key: Hashable, Comparable {
        let user: String
        let position: Int

        static func < (first: Key, second: Key) -> Bool {
            (first.user, first.position) < (second.user, second.position)
        }
    }

    /// Sums over the seeds that have a case.
    private struct Sums {
        var own: Double = 0
        var twin: Double = 0
        var seeds: Double = 0

        mutating func add(_ own: Double, _ twin: Double) {
            self.own += own
            self.twin += twin
            seeds += 1
        }
    }

    private let metrics: [RankingMetric]
    private var files: [String: UserResults] = [:]

    init(_ metrics: [RankingMetric]) {
        self.metrics = metrics
    }

    /// Tests runs against twins of the same seeds, in the same order; throws a ``ComparisonError`` where a pair met other
    /// cases or candidates.
    ///
    /// A case's values are averaged over the seeds that have it; a split or candidates that are drawn give each seed its
    /// own, the same to both of a pair.
    mutating func differences(
        _ runs: [MeasuredRun], _ twins: [MeasuredRun]
    ) throws -> [SweepTable.Difference] {
        var pairs: [PairedResults] = []
        var ties = TieRule.expectation
        for (run, twin) in zip(runs, twins) {
            guard let own = try read(run), let others = try read(twin) else { return [] }
            pairs.append(try run.paired(own, with: twin, others))
            ties = run.result.ties ?? ties
        }
        let domains = Set(pairs.flatMap { $0.first.map(\.domain) }).sorted()
        return domains.flatMap { domain in
            metrics.compactMap { difference(in: domain, by: $0, pairs, ties) }
        }
    }

    private func difference(
        in domain: String, by metric: RankingMetric, _ pairs: [PairedResults], _ ties: TieRule
    ) -> SweepTable.Difference? {
        var sums: [Key: Sums] = [:]
        var seeds: [Double] = []
        for paired in pairs {
            var total = 0.0
            var count = 0
            for (own, twin) in zip(paired.first, paired.second) where own.domain == domain {
                guard let first = metric.value(own.outcome, tie: ties),
                    let second = metric.value(twin.outcome, tie: ties)
                else { continue }
                sums[Key(user: own.user, position: own.position), default: Sums()]
                    .add(first, second)
                total += first - second
                count += 1
            }
            seeds.append(count == 0 ? 0 : total / Double(count))
        }
        let means = sums.sorted { $0.key < $1.key }.map(\.value)
        return PairedBootstrap(seed: 0).compare(
            means.map { $0.own / $0.seeds }, means.map { $0.twin / $0.seeds }
        ).map {
            SweepTable.Difference(
                domain: domain, metric: metric.description, test: $0, seeds: seeds)
        }
    }

    private mutating func read(_ run: MeasuredRun) throws -> UserResults? {
        if let known = files[run.directory.url.path] { return known }
        let results = try run.cases()
        files[run.directory.url.path] = results
        return results
    }
}
