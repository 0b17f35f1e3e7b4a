/// A set of items for each user, such as what a sampler must not draw.
public struct ItemSets: Sendable, Equatable {
    private let offsets: [Int]
    private let items: [Int32]

    /// Makes sets from one list a user; an item may stand in a list more than once.
    public init(_ lists: [[Int32]]) {
        var offsets = [0]
        offsets.reserveCapacity(lists.count + 1)
        for list in lists { offsets.append((offsets.last ?? 0) + list.count) }
        self.offsets = offsets
        items = lists.flatMap { $0 }
    }

    /// No items for any user.
    public static let empty = ItemSets([])

    /// The items of each user's training events.
    public static func training(of split: Split) -> ItemSets {
        ItemSets(
            (0..<Int32(split.dataset.userCount)).map { user in
                split.trainingEvents(of: UserID(rawValue: user)).map {
                    split.dataset.items[Int($0)]
                }
            })
    }

    /// The items of all of each user's events, held out or not.
    public static func all(of dataset: Dataset) -> ItemSets {
        ItemSets(
            (0..<Int32(dataset.userCount)).map { user in
                dataset.events(of: UserID(rawValue: user)).map { dataset.items[$0] }
            })
    }

    /// A user's items; none for a user beyond the last list.
    public subscript(user: UserID) -> ArraySlice<Int32> {
        let index = Int(user.rawValue)
        guard index >= 0, index < offsets.count - 1 else { return [] }
        return items[offsets[index]..<offsets[index + 1]]
    }
}
