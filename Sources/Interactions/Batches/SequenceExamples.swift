/// The training rows of a split for next-item prediction: each user's training events x₁…xₙ give
/// the inputs x₁…xₙ₋₁ and the targets x₂…xₙ; users with fewer than two events give no row.
public struct SequenceExamples: Sendable {
    /// The users with a row, in ascending order.
    public let users: [UserID]
    /// The inputs of a row.
    public let window: HistoryWindow
    private let split: Split

    /// Takes the training rows of a split.
    public init(split: Split, window: HistoryWindow) {
        self.split = split
        self.window = window
        var users: [UserID] = []
        for raw in 0..<Int32(split.dataset.userCount) {
            let user = UserID(rawValue: raw)
            var found = 0
            for event in split.dataset.events(of: user) where split.role(ofEvent: event) == .train {
                found += 1
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
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var times: [Int64] = []
        var targets: [Int32] = []
        for row in rows {
            let events = window.latest(
                of: split.trainingEvents(of: users[row]), and: 1
            ) { dataset.domainIndex(ofItem: dataset.items[Int($0)]) }
            for event in events.dropLast() {
                items.append(dataset.items[Int(event)])
                times.append(dataset.times[Int(event)])
            }
            for event in events.dropFirst() { targets.append(dataset.items[Int(event)]) }
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

    /// The latest events of each case's history, one row a case, without targets.
    public static func histories(
        _ cases: [EvaluationCase], split: Split, window: HistoryWindow
    ) -> SequenceBatch {
        let dataset = split.dataset
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var times: [Int64] = []
        for evaluationCase in cases {
            let events = split.history(of: evaluationCase)
            let latest = window.latest(of: events) {
                dataset.domainIndex(ofItem: dataset.items[Int($0)])
            }
            for event in latest {
                items.append(dataset.items[Int(event)])
                times.append(dataset.times[Int(event)])
            }
            offsets.append(Int32(items.count))
        }
        return SequenceBatch(
            users: cases.map(\.user), offsets: offsets, items: items, times: times)
    }
}
