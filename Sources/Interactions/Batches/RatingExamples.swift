/// A batch of ratings for pointwise models.
public struct RatingBatch: Sendable, Equatable {
    /// Each rating's user.
    public var users: [Int32]
    /// Each rating's item.
    public var items: [Int32]
    /// The ratings.
    public var ratings: [Float]

    /// Makes a batch of arrays of equal length.
    public init(users: [Int32], items: [Int32], ratings: [Float]) {
        precondition(
            users.count == items.count && users.count == ratings.count,
            "RatingBatch: expected equal counts, got \(users.count), \(items.count), "
                + "\(ratings.count)")
        self.users = users
        self.items = items
        self.ratings = ratings
    }

    /// The number of ratings.
    public var count: Int { users.count }
}

/// Ratings of a split as flat arrays; events without a rating are left out.
public struct RatingExamples: Sendable {
    /// All ratings, in the order of users and times.
    public let all: RatingBatch

    /// Takes the training ratings in these domains (nil for all).
    public init(split: Split, domains: [DomainID]? = nil) {
        let dataset = split.dataset
        let wanted = Self.mask(domains, dataset)
        var rows = Rows()
        for user in 0..<Int32(dataset.userCount) {
            for event in dataset.events(of: UserID(rawValue: user))
            where split.role(ofEvent: event) == .train
                && wanted[dataset.domainIndex(ofItem: dataset.items[event])]
            {
                rows.append(user: user, event: event, of: dataset)
            }
        }
        all = rows.batch
    }

    /// Takes the ratings of evaluation cases, in their order.
    public init(cases: [EvaluationCase], dataset: Dataset) {
        var rows = Rows()
        for evaluationCase in cases {
            rows.append(
                user: evaluationCase.user.rawValue, event: evaluationCase.event, of: dataset)
        }
        all = rows.batch
    }

    /// The number of ratings.
    public var count: Int { all.count }

    /// The order of the ratings in an epoch.
    public func epochOrder(seed: UInt64, epoch: Int) -> [Int] {
        var stream = RandomStream(seed: seed, name: "ratings.order", UInt64(epoch))
        return stream.permutation(count)
    }

    /// The ratings at the positions of `order`, `size` at a time; the last batch may be smaller.
    public func batches(order: [Int], size: Int) -> some Sequence<RatingBatch> {
        precondition(size > 0, "RatingExamples: expected a batch size above 0, got \(size)")
        return stride(from: 0, to: order.count, by: size).lazy.map { start in
            let rows = order[start..<min(start + size, order.count)]
            return RatingBatch(
                users: rows.map { all.users[$0] }, items: rows.map { all.items[$0] },
                ratings: rows.map { all.ratings[$0] })
        }
    }

    private static func mask(_ domains: [DomainID]?, _ dataset: Dataset) -> [Bool] {
        dataset.domains.map { domains?.contains($0) ?? true }
    }

    private struct Rows {
        var users: [Int32] = []
        var items: [Int32] = []
        var ratings: [Float] = []

        mutating func append(user: Int32, event: Int, of dataset: Dataset) {
            guard let rating = dataset.ratings?[event], !rating.isNaN else { return }
            users.append(user)
            items.append(dataset.items[event])
            ratings.append(rating)
        }

        var batch: RatingBatch { RatingBatch(users: users, items: items, ratings: ratings) }
    }
}
