/// Which of a person's events a model reads.
public struct HistoryWindow: Equatable, Sendable {
    /// So many of the latest.
    public let length: Int
    /// Whether so many of each domain, instead of all domains together.
    public let isPerDomain: Bool

    /// The latest `length` events, above 0.
    public init(_ length: Int, perDomain: Bool = false) {
        precondition(length > 0, "HistoryWindow: expected a length above 0, got \(length)")
        self.length = length
        isPerDomain = perDomain
    }

    /// The latest of some events in order of time; `more` are kept beyond the length.
    public func latest<Event>(
        of events: [Event], and more: Int = 0, domain: (Event) -> Int
    ) -> [Event] {
        guard isPerDomain else { return events.suffix(length + more) }
        var found: [Int: Int] = [:]
        return events.reversed().filter { event in
            let own = domain(event)
            found[own, default: 0] += 1
            return found[own, default: 0] <= length + more
        }.reversed()
    }
}
