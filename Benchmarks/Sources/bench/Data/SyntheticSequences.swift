import Foundation
import Interactions
import Recommenders

/// Made-up histories of the size of a real data set, for machines that do not have it.
///
/// A few items are popular; a person's events change between the domains at random.
struct SyntheticSequences {
    let userCount: Int
    /// The events of a person: at least `shortest`, on the average `shortest + spread / (1 + skew)`.
    let shortest: Int
    let spread: Double
    let skew: Double
    let catalogs: [Catalog]

    init(
        domains: [(name: String, items: Int)], users: Int, shortest: Int, spread: Double,
        skew: Double
    ) {
        var first: Int32 = 1
        catalogs = domains.map { name, count in
            defer { first += Int32(count) }
            return Catalog(
                name: name, firstItem: ItemID(rawValue: first),
                externalIDs: (0..<count).map { String(format: "\(name)-%05d", $0) })
        }
        userCount = users
        self.shortest = shortest
        self.spread = spread
        self.skew = skew
    }

    var itemCount: Int { catalogs.reduce(0) { $0 + $1.count } }

    var itemRanges: [ClosedRange<Int32>] { catalogs.map(\.itemRange) }

    func shape(users: Int) -> DataShape {
        DataShape(
            domains: catalogs.map {
                DataShape.Domain(
                    name: $0.name, firstItem: $0.firstItem.rawValue, itemCount: $0.count)
            }, userCount: users)
    }

    /// The first users of the data; the catalogs are whole.
    func dataset(users: Int) throws -> Dataset {
        var events: [Event] = []
        for user in 0..<users {
            var stream = RandomStream(seed: 5, name: "synthetic.\(catalogs[0].name)", UInt64(user))
            let length = shortest + Int(spread * pow(stream.uniform(), skew))
            for time in 0..<length {
                let catalog = catalogs[stream.uniform(below: catalogs.count)]
                let place = Int32(Double(catalog.count) * pow(stream.uniform(), 3))
                events.append(
                    Event(
                        user: UserID(rawValue: Int32(user)),
                        item: ItemID(rawValue: catalog.firstItem.rawValue + place),
                        time: Int64(time)))
            }
        }
        return try Dataset(
            catalogs: catalogs, users: (0..<users).map { String(format: "user-%05d", $0) },
            events: events)
    }
}

extension SyntheticSequences {
    /// The size of Amazon Food–Kitchen as ABXI's authors prepared it: 11 to 50 events, 24 on the average.
    static let foodKitchen = SyntheticSequences(
        domains: [("food", 11_837), ("kitchen", 16_258)], users: 7144, shortest: 11, spread: 40,
        skew: 1.9)

    /// The size of MovieLens-1M: 20 events or more, 166 on the average.
    static let movieLens = SyntheticSequences(
        domains: [("movielens", 3706)], users: 6040, shortest: 20, spread: 380, skew: 1.6)

    /// About as many items as Food–Kitchen has, nearly all of them in one domain.
    static let wideCatalog = SyntheticSequences(
        domains: [("wide", 28_000), ("narrow", 500)], users: 1000, shortest: 11, spread: 40,
        skew: 1.9)
}
