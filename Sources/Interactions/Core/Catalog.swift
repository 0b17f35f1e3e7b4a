/// The items of one domain with what is known of each.
public struct Catalog: Sendable, Codable, Equatable {
    /// The domain's name.
    public let name: String
    /// The global id of the domain's first item.
    public let firstItem: ItemID
    /// The source's id of each item, in the order of the global ids.
    public let externalIDs: [String]
    /// Each item's title where it is known, or an empty array when the domain has no titles.
    public let titles: [String?]
    /// Each item's categories as `"first|second"`, or an empty array when the domain has none.
    public let categories: [String]
    /// Each item's brand where it is known, or an empty array when the domain has no brands.
    public let brands: [String?]
    /// Each item's price where it is known, or an empty array when the domain has no prices.
    public let prices: [Double?]
    /// Each item's description where it is known, or an empty array when the domain has none.
    public let texts: [String?]
    /// For each item the source's ids of items, of any domain, that people bought as well; empty when none is known.
    public let alsoBought: [[String]]
    /// Positions in ascending byte order of the external id; empty when the ids stand in that order.
    private let order: [Int32]

    /// Makes a catalog of at least one item; every feature is empty or has one value per item.
    public init(
        name: String, firstItem: ItemID, externalIDs: [String], titles: [String?] = [],
        categories: [String] = [], brands: [String?] = [], prices: [Double?] = [],
        texts: [String?] = [], alsoBought: [[String]] = []
    ) {
        precondition(!externalIDs.isEmpty, "Catalog: expected at least one item, got none")
        for (feature, count) in [
            ("titles", titles.count), ("categories", categories.count), ("brands", brands.count),
            ("prices", prices.count), ("texts", texts.count),
            ("lists of items also bought", alsoBought.count),
        ] {
            precondition(
                count == 0 || count == externalIDs.count,
                "Catalog: expected 0 or \(externalIDs.count) \(feature), got \(count)")
        }
        self.name = name
        self.firstItem = firstItem
        self.externalIDs = externalIDs
        self.titles = titles
        self.categories = categories
        self.brands = brands
        self.prices = prices
        self.texts = texts
        self.alsoBought = alsoBought
        if ByteOrder.isAscending(externalIDs) {
            order = []
        } else {
            order = (0..<Int32(externalIDs.count)).sorted {
                ByteOrder.compare(externalIDs[Int($0)], externalIDs[Int($1)]) < 0
            }
        }
    }

    /// The number of items.
    public var count: Int { externalIDs.count }

    /// The global ids of the domain's items.
    public var itemRange: ClosedRange<Int32> {
        firstItem.rawValue...firstItem.rawValue + Int32(count) - 1
    }

    /// Whether the item is of this domain.
    public func contains(_ item: ItemID) -> Bool { itemRange.contains(item.rawValue) }

    /// The item with this external id, or nil when the domain has none.
    public func item(externalID: String) -> ItemID? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            let position = order.isEmpty ? middle : Int(order[middle])
            let comparison = ByteOrder.compare(externalIDs[position], externalID)
            if comparison == 0 {
                return ItemID(rawValue: firstItem.rawValue + Int32(position))
            }
            if comparison < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// An external id that several items have; nil when each has its own.
    var repeatedID: String? {
        guard !order.isEmpty else { return nil }
        let ids = order.lazy.map { externalIDs[Int($0)] }
        return zip(ids, ids.dropFirst()).first { ByteOrder.compare($0, $1) == 0 }?.0
    }

    /// The external id of one of this domain's items.
    public func externalID(of item: ItemID) -> String { externalIDs[position(of: item)] }

    /// The item's title where it is known.
    public func title(of item: ItemID) -> String? {
        titles.isEmpty ? nil : titles[position(of: item)]
    }

    /// The item's categories, none where they are unknown.
    public func categories(of item: ItemID) -> [String] {
        guard !categories.isEmpty else { return [] }
        return categories[position(of: item)].split(separator: "|").map(String.init)
    }

    /// The item's brand where it is known.
    public func brand(of item: ItemID) -> String? {
        brands.isEmpty ? nil : brands[position(of: item)]
    }

    /// The item's price where it is known.
    public func price(of item: ItemID) -> Double? {
        prices.isEmpty ? nil : prices[position(of: item)]
    }

    /// The item's description where it is known.
    public func text(of item: ItemID) -> String? {
        texts.isEmpty ? nil : texts[position(of: item)]
    }

    /// The source's ids of items that people bought as well; they need not be in any catalog.
    public func alsoBought(with item: ItemID) -> [String] {
        alsoBought.isEmpty ? [] : alsoBought[position(of: item)]
    }

    private func position(of item: ItemID) -> Int {
        precondition(
            contains(item),
            "Catalog \(name): expected an item in \(itemRange), got \(item.rawValue)")
        return Int(item.rawValue - firstItem.rawValue)
    }
}
