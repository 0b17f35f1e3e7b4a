/// How one evaluation case of one user came out.
public struct UserResult: Sendable, Equatable {
    /// The user's external id.
    public let user: String

    /// The target item's external id.
    public let item: String

    /// The name of the target's domain.
    public let domain: String

    /// The groups that the user belongs to in this domain; ``UserGroup/all`` goes without saying.
    public let groups: Set<UserGroup>

    /// The target's rank under the run's rule for ties, 1 for the best.
    public let rank: Double

    /// The number of candidates, without the target.
    public let candidates: Int

    /// Creates a result; `rank` is in `1...candidates + 1`.
    public init(
        user: String, item: String, domain: String, groups: Set<UserGroup>, rank: Double,
        candidates: Int
    ) {
        precondition(
            rank >= 1 && rank <= Double(candidates) + 1,
            "UserResult: expected a rank in 1...\(candidates + 1), got \(rank)")
        self.user = user
        self.item = item
        self.domain = domain
        self.groups = groups.subtracting([.all])
        self.rank = rank
        self.candidates = candidates
    }
}
