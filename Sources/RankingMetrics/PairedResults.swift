/// The results of two runs, brought together case by case for a paired test.
///
/// A case is an event: a user, a position among the user's events, an item and its domain.
public struct PairedResults: Sendable {
    /// The first run's results that have a partner, in the first run's order.
    public let first: [UserResult]

    /// The second run's results, the partner of each at the same index.
    public let second: [UserResult]

    /// How many of the first run's results have no partner.
    public let unmatchedInFirst: Int

    /// How many of the second run's results have no partner.
    public let unmatchedInSecond: Int

    /// How many pairs had other candidates in the second run.
    public let otherCandidates: Int

    /// Pairs the results of two runs.
    public init(_ first: UserResults, _ second: UserResults) {
        var waiting: [Key: UserResult] = [:]
        for result in second.rows { waiting[Key(result)] = result }
        let pairs = first.rows.compactMap { result in
            waiting.removeValue(forKey: Key(result)).map { (result, $0) }
        }
        self.first = pairs.map(\.0)
        self.second = pairs.map(\.1)
        unmatchedInFirst = first.rows.count - pairs.count
        unmatchedInSecond = second.rows.count - pairs.count
        otherCandidates = pairs.count {
            $0.0.candidateSet != $0.1.candidateSet
                || $0.0.outcome.candidates != $0.1.outcome.candidates
        }
    }

    private struct Key: Hashable {
        let user: String
        let position: Int
        let item: String
        let domain: String

        init(_ result: UserResult) {
            user = result.user
            position = result.position
            item = result.item
            domain = result.domain
        }
    }
}
