public import Foundation

/// Events of many users in one or more domains, memory-mapped from a directory.
///
/// Each user's events are contiguous and in time order; what orders events of one time, and all where there are no
/// times, is the manifest's ``DatasetManifest/tieOrder``.
public final class Dataset: Sendable {
    /// How many units of an event's time make a second: times are in microseconds.
    public static let ticksPerSecond: Int64 = 1_000_000

    /// Where the dataset lies; nil for one made in memory.
    public let directory: URL?
    /// What `dataset.json` says.
    public let manifest: DatasetManifest
    /// The domains' items, in the order of the item ids.
    public let catalogs: [Catalog]
    /// The users' external ids.
    public let users: UserTable
    /// The position of each user's first event, and at the end the number of events.
    public let offsets: Column<Int64>
    /// Each event's item.
    public let items: Column<Int32>
    /// Each event's time in microseconds since 1970 (``ticksPerSecond``), 0 where unknown.
    public let times: Column<Int64>
    /// Each event's rating, NaN where an event has none; nil when no event has one.
    public let ratings: Column<Float>?
    /// Each event's behaviour, 255 where an event has none; nil when no event has one.
    public let behaviours: Column<UInt8>?
    /// The precomputed vectors of items, a set for each name and domain.
    public let vectors: [ItemVectors]
    private let lastItems: [Int32]

    init(
        directory: URL?, manifest: DatasetManifest, catalogs: [Catalog], users: UserTable,
        offsets: Column<Int64>, items: Column<Int32>, times: Column<Int64>,
        ratings: Column<Float>?, behaviours: Column<UInt8>?,
        vectors: [ItemVectors] = []
    ) {
        self.directory = directory
        self.manifest = manifest
        self.catalogs = catalogs
        self.users = users
        self.offsets = offsets
        self.items = items
        self.times = times
        self.ratings = ratings
        self.behaviours = behaviours
        self.vectors = vectors
        lastItems = catalogs.map(\.itemRange.upperBound)
    }

    /// The number of users.
    public var userCount: Int { users.count }

    /// The number of items over all domains; item ids run from 1 to this number.
    public var itemCount: Int { Int(lastItems.last ?? 0) }

    /// The number of events.
    public var eventCount: Int { items.count }

    /// The number of domains.
    public var domainCount: Int { catalogs.count }

    /// The checksum over all data files, equal for equal data.
    public var checksum: String { manifest.checksum }

    /// Whether any event has a rating.
    public var hasRatings: Bool { ratings != nil }

    /// Whether the source had times; without them ``DatasetManifest/tieOrder`` alone orders a user's events.
    public var hasTimes: Bool { manifest.hasTimes }

    /// The domains from the first to the last.
    public var domains: [DomainID] { catalogs.indices.map(DomainID.init(rawValue:)) }

    /// The domain of an item, which must be one of the dataset's.
    public func domain(of item: ItemID) -> DomainID {
        DomainID(rawValue: domainIndex(ofItem: item.rawValue))
    }

    /// The position of the domain of an item id.
    @inline(__always)
    public func domainIndex(ofItem item: Int32) -> Int {
        precondition(
            item > 0 && Int(item) <= itemCount,
            "Dataset: expected an item in 1…\(itemCount), got \(item)")
        var domain = 0
        while item > lastItems[domain] { domain += 1 }
        return domain
    }

    /// The domain with this name, or nil when there is none.
    public func domain(named name: String) -> DomainID? {
        catalogs.firstIndex { $0.name == name }.map(DomainID.init(rawValue:))
    }

    /// The catalog of a domain.
    public func catalog(of domain: DomainID) -> Catalog { catalogs[domain.rawValue] }

    /// The ids of a domain's items.
    public func itemRange(of domain: DomainID) -> ClosedRange<Int32> {
        catalogs[domain.rawValue].itemRange
    }

    /// The positions of a user's events, in time order.
    public func events(of user: UserID) -> Range<Int> {
        let index = Int(user.rawValue)
        return Int(offsets[index])..<Int(offsets[index + 1])
    }

    /// The user whose event stands at a position.
    public func user(ofEvent position: Int) -> UserID {
        precondition(
            items.indices.contains(position),
            "Dataset: expected an event below \(eventCount), got \(position)")
        var low = 0
        var high = userCount
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(offsets[middle]) <= position { low = middle } else { high = middle }
        }
        return UserID(rawValue: Int32(low))
    }

    /// The event at a position.
    public func event(at position: Int) -> Event {
        let rating = ratings.map { $0[position] }
        return Event(
            user: user(ofEvent: position), item: ItemID(rawValue: items[position]),
            time: times[position], rating: rating.flatMap { $0.isNaN ? nil : $0 },
            behaviour: behaviours.flatMap { Behaviour(rawValue: $0[position]) })
    }

    /// The external id of an item of any domain.
    public func externalID(of item: ItemID) -> String {
        catalog(of: domain(of: item)).externalID(of: item)
    }

    /// The title of an item of any domain, where it is known.
    public func title(of item: ItemID) -> String? {
        catalog(of: domain(of: item)).title(of: item)
    }
}
