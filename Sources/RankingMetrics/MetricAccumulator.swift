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
        let values = metrics.map { $0.value(rankedCase, tie: tie) }
        let index = index(of: domain)
        for group in groups.union([.all]) {
            tallies[index][group, default: Tally(metrics.count)].add(values)
        }
    }

    /// Adds one stored result.
    public mutating func add(_ result: UserResult) {
        let new: Set<UserGroup> = result.groups.contains(.repeated) ? [] : [.new]
        add(result.outcome, domain: result.domain, groups: result.groups.union(new))
    }

    /// The means of what has been added.
    public func summary() -> MetricSummary {
        var together: [UserGroup: Tally] = [:]
        for (group, tally) in tallies.joined() {
            together[group, default: Tally(metrics.count)].add(tally)
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
        let means = metrics.indices.filter { tally.counts[$0] > 0 }
            .map { (metrics[$0], tally.sums[$0] / Double(tally.counts[$0])) }
        return MetricSummary.Row(
            domain: domain, group: group, cases: tally.cases,
            values: Dictionary(means, uniquingKeysWith: { first, _ in first }))
    }

    private mutating func index(of domain: String) -> Int {
        if let index = indices[domain] { return index }
        indices[domain] = domains.count
        domains.append(domain)
        tallies.append([:])
        return domains.count - 1
    }

    private struct Tally: Sendable {
        var cases = 0
        var sums: [Double]
        /// The cases that have a value.
        var counts: [Int]

        init(_ metrics: Int) {
            sums = Array(repeating: 0, count: metrics)
            counts = Array(repeating: 0, count: metrics)
        }

        mutating func add(_ values: [Double?]) {
            cases += 1
            for (index, value) in values.enumerated() {
                guard let value else { continue }
                sums[index] += value
                counts[index] += 1
            }
        }

        mutating func add(_ other: Tally) {
            cases += other.cases
            for index in sums.indices {
                sums[index] += other.sums[index]
                counts[index] += other.counts[index]
            }
        }
    }
}
