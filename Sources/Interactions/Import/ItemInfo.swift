/// What an item file says of its items: their domains and features.
final class ItemInfo {
    /// The only domain that the file is about; nil when it is about several.
    let domain: Int?
    private let table = StringTable()
    private var domains: [Int16] = []
    private var features: [ItemFeatures] = []
    private let rule: CategoryRule?
    private let unknown: Int?

    /// The items of one domain, or of any when the events name the domains.
    init(domain: Int?) {
        self.domain = domain
        rule = nil
        unknown = domain
    }

    /// Items that a rule divides.
    init(rule: CategoryRule) {
        domain = nil
        self.rule = rule
        unknown = rule.domain(ofCategories: [])
    }

    /// Adds an item; of several lines about one item the first counts.
    func add(item: UnsafeRawBufferPointer, _ features: ItemFeatures, categories list: [String])
        throws(LineProblem)
    {
        guard item.count > 0 else { throw LineProblem(reason: "the item is empty") }
        guard try table.insert(item) == self.features.count else { return }
        var features = features
        features.categories = list.joined(separator: "|")
        self.features.append(features)
        if let rule { domains.append(Int16(rule.domain(ofCategories: list) ?? -1)) }
    }

    /// The domain of an item, or nil when it is in none.
    func domain(of item: UnsafeRawBufferPointer) -> Int? {
        guard rule != nil, let index = table.find(item) else { return unknown }
        return domains[index] < 0 ? nil : Int(domains[index])
    }

    /// The features of an item, or nil when the file does not have it.
    func features(of item: UnsafeRawBufferPointer) -> ItemFeatures? {
        table.find(item).map { features[$0] }
    }
}
