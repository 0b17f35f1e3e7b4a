/// Which items of a domain can be drawn as negatives.
public enum NegativePool: Equatable, Sendable {
    /// The domain's items.
    case domain
    /// The domain's items and the id before them, the last of the domain before: what ABXI v2.1 draws from.
    case domainAndIDBefore
}

/// Items drawn for a batch as negatives, so many of each domain: for each of its tokens, or for the batch as a whole.
///
/// Where they stand is known here alone.
public struct DrawnItems: Sendable, Equatable {
    /// How many are drawn of a domain at a time.
    public let count: Int
    /// The number of domains.
    public let domains: Int
    /// Token by token, or for the batch: `count` of each domain in turn.
    private let items: [Int32]

    /// Nothing drawn.
    public static let none = DrawnItems([], count: 0, domains: 0)

    /// Takes `count` items of each domain in turn, for one token after another or once for a batch.
    public init(_ items: [Int32], count: Int, domains: Int) {
        precondition(
            count * domains == 0 ? items.isEmpty : items.count % (count * domains) == 0,
            "DrawnItems: expected a multiple of \(count) × \(domains) items, got \(items.count)")
        self.items = items
        self.count = count
        self.domains = domains
    }

    /// How many are drawn at a time, of all domains together.
    public var width: Int { count * domains }

    /// How often they are drawn: once a token, or once.
    public var draws: Int { width == 0 ? 0 : items.count / width }

    /// One that was drawn of a domain for a token.
    public func item(_ place: Int = 0, of domain: Int, at token: Int) -> Int32 {
        items[token * width + domain * count + place]
    }

    /// All that were drawn of a domain for a token.
    public func items(of domain: Int, at token: Int) -> ArraySlice<Int32> {
        let first = token * width + domain * count
        return items[first..<first + count]
    }

    /// All that a batch shares of a domain.
    public func shared(of domain: Int) -> ArraySlice<Int32> { items(of: domain, at: 0) }

    /// Everything, draw by draw: ``draws`` times ``width`` items.
    public var all: [Int32] { items }

    /// Those of one domain alone, as their places behind an id.
    public func only(_ domain: Int, behind id: Int32) -> DrawnItems {
        guard width > 0 else { return .none }
        var own: [Int32] = []
        own.reserveCapacity(draws * count)
        for draw in 0..<draws { own += items(of: domain, at: draw).lazy.map { $0 - id } }
        return DrawnItems(own, count: count, domains: 1)
    }

    /// The same as if all were of one domain.
    public var asOneDomain: DrawnItems { DrawnItems(items, count: width, domains: min(domains, 1)) }
}
