/// Where a target stands among candidates that have exactly its score.
///
/// A model that gives every item one score has HR@k = 1 under the optimistic rule, so the rule is
/// part of a protocol and is reported with its numbers.
public enum TieRule: String, Codable, Sendable, CaseIterable {
    /// The target goes before its ties: 1 + greater.
    case optimistic

    /// The target goes behind its ties: 1 + greater + equal.
    case pessimistic

    /// The target goes in the middle of its ties: 1 + greater + equal / 2.
    case average
}
