/// What an item file says of its items: domain, title and categories.
final class ItemInfo {
    /// The only domain that the file is about; nil when it is about several.
    let domain: Int?
    private let table = StringTable()
    private var domains: [Int16] = []
    private var titles: [String?] = []
    private var categories: [String] = []
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
    func add(item: UnsafeRawBufferPointer, title: String?, categories list: [String])
        throws(LineProblem)
    {
        guard item.count > 0 else { throw LineProblem(reason: "the item is empty") }
        guard try table.insert(item) == titles.count else { return }
        titles.append(title)
        categories.append(list.joined(separator: "|"))
        if let rule { domains.append(Int16(rule.domain(ofCategories: list) ?? -1)) }
    }

    /// The domain of an item, or nil when it is in none.
    func domain(of item: UnsafeRawBufferPointer) -> Int? {
        guard rule != nil, let index = table.find(item) else { return unknown }
        return domains[index] < 0 ? nil : Int(domains[index])
    }

    /// The title and categories of an item, or nil when the file does not have it.
    func features(of item: UnsafeRawBufferPointer) -> (title: String?, categories: String)? {
        table.find(item).map { (titles[$0], categories[$0]) }
    }
}
