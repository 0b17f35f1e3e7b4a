/// Jagged sequences: one flat token axis and the position of each row's first token.
///
/// There is no padding anywhere.
public struct SequenceBatch: Sendable, Equatable {
    /// The user of each row.
    public var users: [UserID]
    /// The position of each row's first token, and at the end the number of tokens.
    public var offsets: [Int32]
    /// Each token's item.
    public var items: [Int32]
    /// Each token's time in ticks (``Dataset/ticksPerSecond``), 0 where unknown.
    public var times: [Int64]
    /// The item that follows each token; empty when the batch is not for training.
    public var targets: [Int32]

    /// Makes a batch; `offsets` has one more element than `users`.
    public init(
        users: [UserID], offsets: [Int32], items: [Int32], times: [Int64], targets: [Int32] = []
    ) {
        precondition(
            offsets.count == users.count + 1 && offsets[0] == 0
                && Int(offsets[users.count]) == items.count,
            "SequenceBatch: expected \(users.count + 1) offsets from 0 to \(items.count), got "
                + "\(offsets.count) to \(offsets.last ?? -1)")
        precondition(
            times.count == items.count && (targets.isEmpty || targets.count == items.count),
            "SequenceBatch: expected \(items.count) times and 0 or as many targets, got "
                + "\(times.count) and \(targets.count)")
        self.users = users
        self.offsets = offsets
        self.items = items
        self.times = times
        self.targets = targets
    }

    /// The number of rows.
    public var rows: Int { users.count }

    /// The number of tokens over all rows.
    public var tokens: Int { items.count }

    /// The tokens of a row.
    public func tokens(ofRow row: Int) -> Range<Int> {
        Int(offsets[row])..<Int(offsets[row + 1])
    }

    /// The number of tokens of the longest row.
    public var longestRow: Int { (0..<rows).map { tokens(ofRow: $0).count }.max() ?? 0 }
}
