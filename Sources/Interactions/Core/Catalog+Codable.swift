extension Catalog {
    private enum CodingKeys: String, CodingKey {
        case name, firstItem, externalIDs, titles, categories, brands, prices, texts
    }

    /// Decodes a catalog and checks that it is one; catalogs of before brands, prices and texts count.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let ids = try container.decode([String].self, forKey: .externalIDs)
        let titles = try container.decode([String?].self, forKey: .titles)
        let categories = try container.decode([String].self, forKey: .categories)
        let brands = try container.decodeIfPresent([String?].self, forKey: .brands) ?? []
        let prices = try container.decodeIfPresent([Double?].self, forKey: .prices) ?? []
        let texts = try container.decodeIfPresent([String?].self, forKey: .texts) ?? []
        let counts = [titles.count, categories.count, brands.count, prices.count, texts.count]
        guard !ids.isEmpty, counts.allSatisfy({ $0 == 0 || $0 == ids.count }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .externalIDs, in: container,
                debugDescription: "expected at least one item, and of each feature none or one "
                    + "per item")
        }
        let first = try container.decode(ItemID.self, forKey: .firstItem)
        guard first.rawValue > 0, ids.count <= Int(Int32.max) - Int(first.rawValue) else {
            throw DecodingError.dataCorruptedError(
                forKey: .firstItem, in: container,
                debugDescription: "expected an item's number from 1, got \(first.rawValue)")
        }
        self.init(
            name: try container.decode(String.self, forKey: .name), firstItem: first,
            externalIDs: ids, titles: titles, categories: categories, brands: brands,
            prices: prices, texts: texts)
        if let repeatedID {
            throw DecodingError.dataCorruptedError(
                forKey: .externalIDs, in: container,
                debugDescription: "the id \"\(repeatedID)\" stands twice")
        }
    }

    /// Encodes everything but the lookup order, which follows from the ids, and items also bought, which only training needs.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(firstItem, forKey: .firstItem)
        try container.encode(externalIDs, forKey: .externalIDs)
        try container.encode(titles, forKey: .titles)
        try container.encode(categories, forKey: .categories)
        if !brands.isEmpty { try container.encode(brands, forKey: .brands) }
        if !prices.isEmpty { try container.encode(prices, forKey: .prices) }
        if !texts.isEmpty { try container.encode(texts, forKey: .texts) }
    }
}
