import Foundation
import RankingMetrics

/// Something that the code has to reach, and what this run says of it.
struct Target: Codable {
    let work: String
    let mustReach: String
    /// The figure reached; nil where this run did not measure it.
    let reached: String?
    let isMet: Bool?

    /// A target whose figure must not lie above, or not below, a bound.
    init(_ work: String, _ figure: Double?, _ bound: Bound, digits: Int = 2, unit: String = "") {
        func text(_ value: Double) -> String {
            TextTable.number(value, digits: digits) + (unit.isEmpty ? "" : " " + unit)
        }
        self.work = work
        reached = figure.map(text)
        switch bound {
        case .atLeast(let limit):
            mustReach = "at least " + text(limit)
            isMet = figure.map { $0 >= limit }
        case .atMost(let limit):
            mustReach = "at most " + text(limit)
            isMet = figure.map { $0 <= limit }
        case .below(let limit):
            mustReach = "below " + text(limit)
            isMet = figure.map { $0 < limit }
        case .none:
            mustReach = "shown"
            isMet = nil
        }
    }

    enum Bound {
        case atLeast(Double)
        case atMost(Double)
        case below(Double)
        /// A figure beside a target.
        case none
    }

    /// The table for people.
    static func table(_ targets: [Target]) -> String {
        var table = TextTable(columns: [
            TextTable.Column("target"), TextTable.Column("must reach", alignment: .left),
            TextTable.Column("reached", alignment: .left), TextTable.Column("met"),
        ])
        for target in targets {
            let met =
                target.mustReach == "shown" || target.reached == nil
                ? "" : target.isMet == true ? "yes" : "no"
            table.append([
                target.work, target.mustReach, target.reached ?? "not measured", met,
            ])
        }
        return table.rendered(as: .plain)
    }
}
