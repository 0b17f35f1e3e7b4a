internal import Foundation
internal import RankingMetrics

/// Values of each case, averaged over runs that differ only in their seeds.
struct CaseMeans {
    /// A case: where a user's item comes up several times in a domain, its first, second, … time.
    private struct Key: Hashable, Comparable {
        let user: String
        let item: String
        let occurrence: Int

        static func < (first: Key, second: Key) -> Bool {
            (first.user, first.item, first.occurrence)
                < (second.user, second.item, second.occurrence)
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

    /// Tests runs against twins of the same seeds, in the same order.
    ///
    /// A case's values are averaged over the seeds that have it; a split that is drawn gives each seed its own cases.
    mutating func differences(
        _ runs: [RunDirectory], _ twins: [RunDirectory]
    ) throws -> [SweepTable.Difference] {
        let pairs = try zip(runs, twins).map { try PairedResults(read($0), read($1)) }
        let domains = Set(pairs.flatMap { $0.first.map(\.domain) }).sorted()
        return domains.flatMap { domain in
            let cases = pairs.map { Self.cases(of: $0, in: domain) }
            return metrics.compactMap { difference(in: domain, by: $0, pairs, cases) }
        }
    }

    private func difference(
        in domain: String, by metric: RankingMetric, _ pairs: [PairedResults],
        _ cases: [[(key: Key, place: Int)]]
    ) -> SweepTable.Difference? {
        func value(_ result: UserResult) -> Double {
            metric.value(rank: result.rank, candidates: result.candidates)
        }
        var sums: [Key: Sums] = [:]
        var seeds: [Double] = []
        for (paired, places) in zip(pairs, cases) {
            var total = 0.0
            for (key, place) in places {
                let (own, twin) = (value(paired.first[place]), value(paired.second[place]))
                sums[key, default: Sums()].add(own, twin)
                total += own - twin
            }
            seeds.append(places.isEmpty ? 0 : total / Double(places.count))
        }
        let means = sums.sorted { $0.key < $1.key }.map(\.value)
        return PairedBootstrap(seed: 0).compare(
            means.map { $0.own / $0.seeds }, means.map { $0.twin / $0.seeds }
        ).map {
            SweepTable.Difference(
                domain: domain, metric: metric.description, test: $0, seeds: seeds)
        }
    }

    /// The cases of a domain, and where they stand among the pairs.
    private static func cases(
        of paired: PairedResults, in domain: String
    ) -> [(key: Key, place: Int)] {
        var occurrences: [Key: Int] = [:]
        return paired.first.indices.filter { paired.first[$0].domain == domain }.map { place in
            let result = paired.first[place]
            let first = Key(user: result.user, item: result.item, occurrence: 0)
            defer { occurrences[first, default: 0] += 1 }
            let occurrence = occurrences[first, default: 0]
            return (Key(user: first.user, item: first.item, occurrence: occurrence), place)
        }
    }

    private mutating func read(_ run: RunDirectory) throws -> UserResults {
        if let known = files[run.url.path] { return known }
        let results = try UserResults(contentsOf: run.users)
        files[run.url.path] = results
        return results
    }
}
