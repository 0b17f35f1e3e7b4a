/// Where a target stands among candidates that have exactly its score.
///
/// A model that gives every item one score has HR@k = 1 under the optimistic rule, so the rule is
/// part of a protocol and is reported with its numbers.
public enum TieRule: String, Codable, Sendable, CaseIterable {
    /// Every order of the tied ones is as likely: a metric is its mean over all of them.
    case expectation

    /// The target goes before its ties.
    case optimistic

    /// The target goes behind its ties.
    case pessimistic
}
