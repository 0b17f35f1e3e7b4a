internal import Foundation
internal import RankingMetrics

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
                func columns(_ values: [String: [[Double]]]) -> [[Double]] {
                    runs.indices.map { seed in
                        cases.map { values[$0]?[seed][metric] ?? 0 }
                    }
                }
                let first = columns(own)
                let second = columns(other)
                return PairedBootstrap(seed: 0).compare(Self.means(first), Self.means(second)).map {
                    SweepTable.Difference(
                        domain: domain, metric: metrics[metric].description, test: $0,
                        seeds: zip(first, second).map { own, other in
                            zip(own, other).reduce(0) { $0 + $1.0 - $1.1 } / Double(cases.count)
                        })
                }
            }
        }
    }

    /// For each case the mean of its values with all seeds.
    private static func means(_ seeds: [[Double]]) -> [Double] {
        (seeds.first ?? []).indices.map { index in
            seeds.reduce(0) { $0 + $1[index] } / Double(seeds.count)
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
