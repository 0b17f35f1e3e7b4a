/// What of the events that are written is said of the import as a whole.
struct EventOverview {
    /// With more domains than this nobody reads which two of them share no user.
    private static let comparedDomains = 64
    private let domainCount: Int
    private var firstTime = Int64.max
    private var lastTime = Int64.min
    private var zeroTimes = 0
    /// For each domain and each other whether a user has events in both; empty where they are not compared.
    private var isShared: [Bool]

    init(domainCount: Int) {
        self.domainCount = domainCount
        let compared = domainCount <= Self.comparedDomains ? domainCount : 0
        isShared = [Bool](repeating: false, count: compared * compared)
    }

    /// Adds an event's time.
    @inline(__always)
    mutating func add(time: Int64) {
        firstTime = min(firstTime, time)
        lastTime = max(lastTime, time)
        zeroTimes += time == 0 ? 1 : 0
    }

    /// Adds the domains that one user has events in.
    mutating func add(domains: [Int]) {
        guard domains.count > 1, !isShared.isEmpty else { return }
        for first in domains {
            for second in domains { isShared[first * domainCount + second] = true }
        }
    }

    /// What is odd about the first time; nil where it is of the years in which events were logged.
    var earlyTimesText: String? {
        guard firstTime < lastTime else { return nil }
        return DatasetDoctor.earlyTimes(first: firstTime, zeroTimes: zeroTimes)
    }

    /// The pairs of domains that no user has events in.
    var unsharedPairs: [(Int, Int)] {
        guard !isShared.isEmpty else { return [] }
        return (0..<domainCount).flatMap { first in
            (first + 1..<max(domainCount, first + 1)).compactMap { second in
                isShared[first * domainCount + second] ? nil : (first, second)
            }
        }
    }
}
