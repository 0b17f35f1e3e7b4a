import Foundation
import Interactions
import Recommenders

/// Made-up data of the size of Amazon Food–Kitchen as ABXI's authors prepared it.
///
/// 7,144 users with 11 to 50 events, 24 on the average, over 11,837 and 16,258 items, of which a few
/// are popular; a person's events change between the domains at random.
enum FoodKitchen {
    static let userCount = 7144
    private static let sizes = [("food", 11_837), ("kitchen", 16_258)]

    static let itemCount = sizes.reduce(0) { $0 + $1.1 }

    static var itemRanges: [ClosedRange<Int32>] { catalogs.map(\.itemRange) }

    private static let catalogs: [Catalog] = {
        var first: Int32 = 1
        return sizes.map { name, count in
            defer { first += Int32(count) }
            return Catalog(
                name: name, firstItem: ItemID(rawValue: first),
                externalIDs: (0..<count).map { String(format: "\(name)-%05d", $0) })
        }
    }()

    static func shape(users: Int) -> DataShape {
        DataShape(
            domains: catalogs.map {
                DataShape.Domain(
                    name: $0.name, firstItem: $0.firstItem.rawValue, itemCount: $0.count)
            }, userCount: users)
    }

    /// The first users of the data; the catalogs are whole.
    static func dataset(users: Int = userCount) throws -> Dataset {
        var events: [Event] = []
        for user in 0..<users {
            var stream = RandomStream(seed: 5, name: "food-kitchen", UInt64(user))
            let length = 11 + Int(40 * pow(stream.uniform(), 1.9))
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
