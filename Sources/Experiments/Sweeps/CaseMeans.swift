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
