internal import Foundation
internal import Interactions

/// The measured values of one evaluation.
public struct EvaluationResult: Codable, Equatable, Sendable {
    /// Values of one domain or group: metrics by name, and `cases`.
    public typealias Values = [String: Double]

    /// Which part of the split was evaluated.
    public var split: String
    /// What targets competed with; `ratings` when ratings were predicted.
    public var candidates: String
    /// The number of cases.
    public var cases: Int
    /// Metrics by domain.
    public var domains: [String: Values]
    /// Metrics by group of users, then by domain.
    public var groups: [String: [String: Values]]
    /// What the model measured of itself.
    public var diagnostics: [String: Double]

    /// Nothing was measured.
    static func none(on part: Part, among candidates: Candidates) -> EvaluationResult {
        EvaluationResult(
            split: part.rawValue, candidates: candidates.description, cases: 0, domains: [:],
            groups: [:], diagnostics: [:])
    }

    /// The mean of a metric over the domains that have cases; nil without any.
    public func mean(_ metric: String) -> Double? {
        let values = domains.values.compactMap { $0[metric] }
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// Takes in the metrics of another evaluation of the same cases, with a name behind theirs.
    mutating func add(_ other: EvaluationResult, named name: String) {
        func renamed(_ values: [String: Values]) -> [String: Values] {
            values.mapValues { values in
                let metrics = values.filter { $0.key != "cases" }
                return Dictionary(
                    uniqueKeysWithValues: metrics.map { ("\($0.key) \(name)", $0.value) })
            }
        }
        let merge: (Values, Values) -> Values = { $0.merging($1) { first, _ in first } }
        domains.merge(renamed(other.domains), uniquingKeysWith: merge)
        groups.merge(other.groups.mapValues(renamed)) { $0.merging($1, uniquingKeysWith: merge) }
    }
}
