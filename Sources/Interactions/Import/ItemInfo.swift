/// What an item file says of its items: their domains and features.
///
/// What is known of an item goes by its domain and its id: by the file's domain, the domain that a column or a rule
/// gives the item, or, where the file is about several domains and says nothing of them, the only domain that has the id.
final class ItemInfo {
    /// Which of a dataset's items the lines are about.
    enum Scope {
        /// Those of one domain.
        case domain(Int)
        /// Those of the domain that the rule gives each.
        case rule(CategoryRule)
        /// Those of the domain of this name.
        case named(String)
        /// Those of any domain, where no other has the id.
        case any
    }

    let scope: Scope
    /// The place of the item file among the sources.
    var source = 0
    /// The lines about an item that had one already.
    private(set) var repeatedLines = 0
    private let table = StringTable()
    private var domains: [Int16] = []
    /// What each item's line says, in the order of the lines.
    private(set) var features: [ItemFeatures] = []
    private let unknown: Int?

    init(_ scope: Scope) {
        self.scope = scope
        unknown =
            switch scope {
            case .domain(let domain): domain
            case .rule(let rule): rule.domain(ofCategories: [])
            case .named, .any: nil
            }
    }

    /// The id of the item that was added first.
    var firstID: String { table.count > 0 ? table.string(0) : "" }

    /// Adds an item; of several lines about one item the first counts.
    func add(item: UnsafeRawBufferPointer, _ features: ItemFeatures, categories list: [String])
        throws(LineProblem)
    {
        guard item.count > 0 else { throw LineProblem(reason: "the item is empty") }
        guard try table.insert(item) == self.features.count else {
            repeatedLines += 1
            return
        }
        var features = features
        features.categories = list.joined(separator: "|")
        self.features.append(features)
        if case .rule(let rule) = scope {
            domains.append(Int16(rule.domain(ofCategories: list) ?? -1))
        }
    }

    /// The domain of an item, or nil when it is in none.
    func domain(of item: UnsafeRawBufferPointer) -> Int? {
        guard case .rule = scope, let index = table.find(item) else { return unknown }
        return domains[index] < 0 ? nil : Int(domains[index])
    }

    /// The place among the file's items of an item of a domain, or nil when the file has none of it.
    func place(of item: UnsafeRawBufferPointer, domain: Int, name: String) -> Int? {
        guard let index = table.find(item) else { return nil }
        let isMeant =
            switch scope {
            case .domain(let own): own == domain
            case .rule: Int(domains[index]) == domain
            case .named(let own): own == name
            case .any: true
            }
        return isMeant ? index : nil
    }
}
