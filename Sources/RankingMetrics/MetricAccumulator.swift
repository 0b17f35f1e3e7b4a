/// Adds up metrics case by case, so that a summary needs no list of results.
public struct MetricAccumulator: Sendable {
    /// The metrics that are added up.
    public let metrics: [RankingMetric]

    /// The rule for ties in the cases that are added.
    public let tie: TieRule

    private var domains: [String] = []
    private var indices: [String: Int] = [:]
    private var tallies: [[UserGroup: Tally]] = []

    /// Creates an accumulator without cases.
    public init(metrics: [RankingMetric], tie: TieRule) {
        self.metrics = metrics
        self.tie = tie
    }

    /// Adds one case of a user who belongs to `groups`; every case also counts for `all`.
    public mutating func add(_ rankedCase: RankedCase, domain: String, groups: Set<UserGroup>) {
        add(metrics.map { $0.value(rankedCase, tie: tie) }, domain: domain, groups: groups)
    }

    /// Adds one stored result, whose rank already has a rule for ties in it.
    public mutating func add(_ result: UserResult) {
        let values = metrics.map { $0.value(rank: result.rank, candidates: result.candidates) }
        add(values, domain: result.domain, groups: result.groups)
    }

    /// The means of what has been added.
    public func summary() -> MetricSummary {
        var together: [UserGroup: Tally] = [:]
        for (group, tally) in tallies.joined() {
            together[group, default: Tally(metrics.count)].add(tally.sums, count: tally.count)
        }
        var rows: [MetricSummary.Row] = []
        for (domain, tallies) in zip(domains.map(Optional.some) + [nil], tallies + [together]) {
            rows += UserGroup.allCases.compactMap { group in
                tallies[group].map { row(domain: domain, group: group, $0) }
            }
        }
        return MetricSummary(metrics: metrics, rows: rows)
    }

    private func row(domain: String?, group: UserGroup, _ tally: Tally) -> MetricSummary.Row {
        let means = zip(metrics, tally.sums).map { ($0, $1 / Double(tally.count)) }
        return MetricSummary.Row(
            domain: domain, group: group, cases: tally.count,
            values: Dictionary(means, uniquingKeysWith: { first, _ in first }))
    }

    private mutating func add(_ values: [Double], domain: String, groups: Set<UserGroup>) {
        let index = index(of: domain)
        for group in groups.union([.all]) {
            tallies[index][group, default: Tally(metrics.count)].add(values, count: 1)
        }
    }

    private mutating func index(of domain: String) -> Int {
        if let index = indices[domain] { return index }
        indices[domain] = domains.count
        domains.append(domain)
        tallies.append([:])
        return domains.count - 1
    }

    private struct Tally: Sendable {
        var count = 0
        var sums: [Double]

        init(_ metrics: Int) {
            sums = Array(repeating: 0, count: metrics)
        }

        mutating func add(_ values: [Double], count: Int) {
            self.count += count
            for index in sums.indices {
                sums[index] += values[index]
            }
        }
    }
}
