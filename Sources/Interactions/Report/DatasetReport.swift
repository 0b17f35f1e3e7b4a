/// What a dataset holds and what looks wrong with it.
public struct DatasetReport: Codable, Sendable, Equatable {
    /// How bad a finding is.
    public enum Severity: String, Codable, Sendable, CaseIterable {
        /// Worth knowing.
        case note
        /// Probably not what was meant.
        case warning
        /// Training on it makes no sense.
        case error
    }

    /// Something that looks wrong.
    public struct Finding: Codable, Sendable, Equatable {
        /// How bad it is.
        public var severity: Severity
        /// A short name that does not change between versions.
        public var code: String
        /// One sentence with the numbers and what to do.
        public var message: String
    }

    /// One domain.
    public struct Domain: Codable, Sendable, Equatable {
        /// The domain's name.
        public var name: String
        /// The number of items.
        public var items: Int
        /// The number of users with an event.
        public var users: Int
        /// The users with events in no other domain.
        public var usersOnlyHere: Int
        /// The number of events.
        public var events: Int
        /// The events with an item that the user had an event with before.
        public var repeats: Int
        /// The events that share their time with another of the user in this domain.
        public var tiedEvents: Int
        /// The second since 1970 of the first event; nil without times.
        public var firstTime: Int64?
        /// The second since 1970 of the last event; nil without times.
        public var lastTime: Int64?
    }

    /// What two domains have in common.
    public struct Overlap: Codable, Sendable, Equatable {
        /// The first domain's name.
        public var first: String
        /// The second domain's name.
        public var second: String
        /// The users with events in both.
        public var users: Int
        /// The external item ids that stand in both catalogs.
        public var items: Int
        /// The events of those items, over both domains.
        public var itemEvents: Int
    }

    /// Precomputed vectors of one domain's items.
    public struct Vectors: Codable, Sendable, Equatable {
        /// The set's name.
        public var name: String
        /// The domain's name.
        public var domain: String
        /// The numbers in a vector.
        public var width: Int
        /// The items that have a vector.
        public var items: Int
        /// The items that have none.
        public var missing: Int
    }

    /// What hangs on the order of events of one user and one time.
    public struct Ties: Codable, Sendable, Equatable {
        /// The events that share their time with one of the user in another domain.
        public var eventsAcrossDomains: Int
        /// The users whose last event shares its time with another one.
        public var lastEvents: Int
        /// The users whose last event shares its time with one in another domain.
        public var lastEventsAcrossDomains: Int
    }

    /// How many events users have.
    public struct Lengths: Codable, Sendable, Equatable {
        /// The fewest.
        public var minimum: Int
        /// A quarter of the users have at most as many.
        public var quarter: Int
        /// Half of the users have at most as many.
        public var median: Int
        /// Three quarters of the users have at most as many.
        public var threeQuarters: Int
        /// 95 % of the users have at most as many.
        public var ninetyFive: Int
        /// The most.
        public var maximum: Int
        /// The average.
        public var mean: Double
    }

    /// The number of users.
    public var users: Int
    /// The number of items.
    public var items: Int
    /// The number of events.
    public var events: Int
    /// The dataset's checksum.
    public var checksum: String
    /// The domains in order.
    public var domains: [Domain]
    /// Each pair of domains.
    public var overlaps: [Overlap]
    /// The sets of precomputed item vectors.
    public var vectors: [Vectors]
    /// How many events users have.
    public var lengths: Lengths
    /// What hangs on the order of events of one time; without times all events of a user are of one.
    public var ties: Ties
    /// The events with an item that the user had an event with before.
    public var repeatedItems: Int
    /// The events that are the same as an earlier one of the user in item and time.
    public var duplicateEvents: Int
    /// The events with the time 0 in a dataset with times.
    public var zeroTimes: Int
    /// What looks wrong, the worst first.
    public var findings: [Finding]

    /// Examines a dataset.
    public init(_ dataset: Dataset) {
        let scan = DatasetScan(dataset)
        users = dataset.userCount
        items = dataset.itemCount
        events = dataset.eventCount
        checksum = dataset.checksum
        domains = dataset.catalogs.enumerated().map { index, catalog in
            Domain(
                name: catalog.name, items: catalog.count, users: scan.users[index],
                usersOnlyHere: scan.usersOnlyHere[index], events: scan.events[index],
                repeats: scan.repeats[index], tiedEvents: scan.ties.within[index],
                firstTime: dataset.hasTimes ? Self.second(scan.firstTimes[index]) : nil,
                lastTime: dataset.hasTimes ? Self.second(scan.lastTimes[index]) : nil)
        }
        var overlaps: [Overlap] = []
        for first in dataset.catalogs.indices {
            for second in dataset.catalogs.indices where second > first {
                let (left, right) = (dataset.catalogs[first], dataset.catalogs[second])
                var (shared, events) = (0, 0)
                for (place, id) in left.externalIDs.enumerated() {
                    guard let other = right.item(externalID: id) else { continue }
                    shared += 1
                    events += Int(scan.itemEvents[Int(left.firstItem.rawValue) + place - 1])
                    events += Int(scan.itemEvents[Int(other.rawValue) - 1])
                }
                overlaps.append(
                    Overlap(
                        first: left.name, second: right.name,
                        users: scan.sharedUsers[first][second], items: shared,
                        itemEvents: events))
            }
        }
        self.overlaps = overlaps
        vectors = dataset.vectors.map { set in
            Vectors(
                name: set.name, domain: dataset.catalog(of: set.domain).name, width: set.width,
                items: set.vectorCount, missing: set.itemCount - set.vectorCount)
        }
        lengths = scan.lengthQuantiles
        ties = Ties(
            eventsAcrossDomains: scan.ties.across, lastEvents: scan.ties.lastTied,
            lastEventsAcrossDomains: scan.ties.lastTiedAcross)
        repeatedItems = scan.repeats.reduce(0, +)
        duplicateEvents = scan.duplicateEvents
        zeroTimes = dataset.hasTimes ? scan.zeroTimes : 0
        findings = []
        let found = DatasetDoctor(report: self, dataset: dataset, scan: scan).findings()
        let order: [Severity] = [.error, .warning, .note]
        findings = order.flatMap { severity in found.filter { $0.severity == severity } }
    }

    /// The second of a time.
    static func second(_ time: Int64) -> Int64 { time / Dataset.ticksPerSecond }
}
