/// The means of metrics per domain and group of users.
public struct MetricSummary: Codable, Sendable, Equatable {
    /// The means over the cases of one group of users in one domain.
    public struct Row: Sendable, Equatable {
        /// The domain; nil for the cases of all domains together.
        public let domain: String?

        /// The group of users.
        public let group: UserGroup

        /// The number of cases, at least one.
        public let cases: Int

        /// The mean of each metric over the cases that have a value; a metric that no case has a value of is absent.
        public let values: [RankingMetric: Double]
    }

    /// The metrics in the order in which they were asked for.
    public let metrics: [RankingMetric]

    /// Domains in the order in which they came, then all together; groups without cases are absent.
    public let rows: [Row]

    /// The row of a domain, or of all domains together for nil; nil where it has no cases.
    public func row(domain: String?, group: UserGroup = .all) -> Row? {
        rows.first { $0.domain == domain && $0.group == group }
    }

    /// The summary as a table with a row per domain and group.
    public func table(digits: Int = 4) -> TextTable {
        var table = TextTable(["domain", "group", "cases"] + metrics.map(\.description))
        for row in rows {
            let values = metrics.map { TextTable.number(row.values[$0], digits: digits) }
            table.append(
                [row.domain ?? "(all)", row.group.rawValue, String(row.cases)] + values)
        }
        return table
    }
}

extension MetricSummary.Row: Codable {
    private enum CodingKeys: String, CodingKey {
        case domain
        case group
        case cases
        case values
    }

    /// Reads a row whose values are an object with the metrics' names as keys.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        domain = try container.decodeIfPresent(String.self, forKey: .domain)
        group = try container.decode(UserGroup.self, forKey: .group)
        cases = try container.decode(Int.self, forKey: .cases)
        var values: [RankingMetric: Double] = [:]
        for (name, value) in try container.decode([String: Double].self, forKey: .values) {
            do throws(RankingMetricError) {
                values[try RankingMetric(parsing: name)] = value
            } catch {
                throw DecodingError.dataCorruptedError(
                    forKey: .values, in: container, debugDescription: error.description)
            }
        }
        self.values = values
    }

    /// Writes the values as an object with the metrics' names as keys.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(domain, forKey: .domain)
        try container.encode(group, forKey: .group)
        try container.encode(cases, forKey: .cases)
        let named = values.map { ($0.key.description, $0.value) }
        try container.encode(
            Dictionary(named, uniquingKeysWith: { first, _ in first }), forKey: .values)
    }
}
