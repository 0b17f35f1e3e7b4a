/// The training rows of a split for next-item prediction: each user's training events x₁…xₙ give
/// the inputs x₁…xₙ₋₁ and the targets x₂…xₙ; users with fewer than two events give no row.
public struct SequenceExamples: Sendable {
    /// The users with a row, in ascending order.
    public let users: [UserID]
    /// The most inputs of a row; longer ones keep their latest.
    public let maximumLength: Int
    /// The only domain whose events are used; nil for all.
    public let domain: DomainID?
    private let split: Split

    /// Takes the training rows of a split; `domain` makes the single-domain twin's rows.
    public init(split: Split, maximumLength: Int, domain: DomainID? = nil) {
        precondition(
            maximumLength > 0,
            "SequenceExamples: expected a maximum length above 0, got \(maximumLength)")
        self.split = split
        self.maximumLength = maximumLength
        self.domain = domain
        let range = domain.map { split.dataset.itemRange(of: $0) }
        var users: [UserID] = []
        for raw in 0..<Int32(split.dataset.userCount) {
            let user = UserID(rawValue: raw)
            var found = 0
            for event in split.dataset.events(of: user) where split.role(ofEvent: event) == .train {
                found += range?.contains(split.dataset.items[event]) ?? true ? 1 : 0
                if found == 2 { break }
            }
            if found == 2 { users.append(user) }
        }
        self.users = users
    }

    /// The number of rows.
    public var count: Int { users.count }

    /// The rows at these positions, in this order.
    public func batch(rows: [Int]) -> SequenceBatch {
        let dataset = split.dataset
        let range = domain.map { dataset.itemRange(of: $0) }
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var times: [Int64] = []
        var targets: [Int32] = []
        for row in rows {
            var events = split.trainingEvents(of: users[row])
            if let range { events.removeAll { !range.contains(dataset.items[Int($0)]) } }
            let window = events.suffix(maximumLength + 1)
            for event in window.dropLast() {
                items.append(dataset.items[Int(event)])
                times.append(dataset.times[Int(event)])
            }
            for event in window.dropFirst() { targets.append(dataset.items[Int(event)]) }
            offsets.append(Int32(items.count))
        }
        return SequenceBatch(
            users: rows.map { users[$0] }, offsets: offsets, items: items, times: times,
            targets: targets)
    }

    /// The order of the rows in an epoch.
    public func epochOrder(seed: UInt64, epoch: Int) -> [Int] {
        var stream = RandomStream(seed: seed, name: "examples.order", UInt64(epoch))
        return stream.permutation(count)
    }

    /// The latest `maximumLength` events of each case's history, one row a case, without targets.
    ///
    /// With a `domain`, only its events count, and a row can be empty.
    public static func histories(
        _ cases: [EvaluationCase], split: Split, maximumLength: Int, domain: DomainID? = nil
    ) -> SequenceBatch {
        let dataset = split.dataset
        let range = domain.map { dataset.itemRange(of: $0) }
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var times: [Int64] = []
        for evaluationCase in cases {
            var events = split.history(of: evaluationCase)
            if let range { events.removeAll { !range.contains(dataset.items[Int($0)]) } }
            for event in events.suffix(maximumLength) {
                items.append(dataset.items[Int(event)])
                times.append(dataset.times[Int(event)])
            }
            offsets.append(Int32(items.count))
        }
        return SequenceBatch(
            users: cases.map(\.user), offsets: offsets, items: items, times: times)
    }
}
