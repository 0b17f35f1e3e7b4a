/// Counts what hangs on the order of events of one user and one time.
struct TieScan {
    /// The events that share their time with another of the user in their domain, by domain.
    private(set) var within: [Int]
    /// The events that share their time with one of the user in another domain.
    private(set) var across = 0
    /// The users with a tie at their last time.
    private(set) var lastTied = 0
    /// Those of them whose tie is one of several domains.
    private(set) var lastTiedAcross = 0
    /// The ties across domains that a domain takes part in, and those in which one of its events comes last.
    private(set) var mixed: [Int]
    private(set) var mixedLast: [Int]
    private var counts: [Int]

    init(domainCount: Int) {
        within = [Int](repeating: 0, count: domainCount)
        (mixed, mixedLast, counts) = (within, within, within)
    }

    /// Adds a user's events.
    mutating func add(_ events: Range<Int>, of dataset: Dataset) {
        var start = events.lowerBound
        while start < events.upperBound {
            let end = dataset.endOfTie(at: start, in: events)
            if end - start > 1 { add(run: start..<end, isLast: end == events.upperBound, dataset) }
            start = end
        }
    }

    private mutating func add(run: Range<Int>, isLast: Bool, _ dataset: Dataset) {
        for domain in counts.indices { counts[domain] = 0 }
        for event in run { counts[dataset.domainIndex(ofItem: dataset.items[event])] += 1 }
        let present = counts.indices.filter { counts[$0] > 0 }
        for domain in present where counts[domain] > 1 { within[domain] += counts[domain] }
        if present.count > 1 {
            across += run.count
            for domain in present { mixed[domain] += 1 }
            mixedLast[dataset.domainIndex(ofItem: dataset.items[run.upperBound - 1])] += 1
        }
        if isLast {
            lastTied += 1
            lastTiedAcross += present.count > 1 ? 1 : 0
        }
    }
}
