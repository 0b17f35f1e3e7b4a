/// The results of two runs, brought together case by case for a paired test.
///
/// A case is a user, an item and a domain; where one comes up several times, its first occurrence
/// goes with the other run's first, and so on.
public struct PairedResults: Sendable {
    /// The first run's results that have a partner, in the first run's order.
    public let first: [UserResult]

    /// The second run's results, the partner of each at the same index.
    public let second: [UserResult]

    /// How many of the first run's results have no partner.
    public let unmatchedInFirst: Int

    /// How many of the second run's results have no partner.
    public let unmatchedInSecond: Int

    /// Pairs the results of two runs.
    public init(_ first: UserResults, _ second: UserResults) {
        var waiting: [Key: [UserResult]] = [:]
        for result in second.rows.reversed() {
            waiting[Key(result), default: []].append(result)
        }
        var pairs: [(UserResult, UserResult)] = []
        for result in first.rows {
            if let partner = waiting[Key(result)]?.popLast() {
                pairs.append((result, partner))
            }
        }
        self.first = pairs.map(\.0)
        self.second = pairs.map(\.1)
        unmatchedInFirst = first.rows.count - pairs.count
        unmatchedInSecond = second.rows.count - pairs.count
    }

    private struct Key: Hashable {
        let user: String
        let item: String
        let domain: String

        init(_ result: UserResult) {
            user = result.user
            item = result.item
            domain = result.domain
        }
    }
}
