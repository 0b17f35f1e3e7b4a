/// Divides one catalog into domains by the items' categories (genres).
///
/// An item belongs to the domain one of whose categories it has. When it has categories of several
/// domains, `several` decides; when of none, or when nothing is known of it, `none` decides. Events
/// of dropped items are left out and counted in `dataset.json`. Names of categories are compared
/// exactly.
public struct CategoryRule: Sendable, Equatable {
    /// What happens to an item with categories of several domains.
    public enum Several: String, Sendable, CaseIterable {
        /// It goes to the domain that the rule names first.
        case first
        /// It is in no domain.
        case drop
    }

    /// What happens to an item with categories of no domain.
    public enum None: Sendable, Equatable {
        /// It is in no domain.
        case drop
        /// It goes to this domain.
        case domain(String)
    }

    /// One domain and its categories.
    public struct Part: Sendable, Equatable {
        /// The domain's name.
        public var domain: String
        /// The categories that make an item one of the domain's.
        public var categories: [String]

        /// Names a domain and its categories.
        public init(domain: String, categories: [String]) {
            self.domain = domain
            self.categories = categories
        }
    }

    /// The domains in the order of their item ids.
    public var parts: [Part]
    /// What happens to an item with categories of several domains.
    public var several: Several
    /// What happens to an item with categories of no domain.
    public var none: None

    /// Makes a rule of at least one domain.
    public init(_ parts: [Part], several: Several = .first, none: None = .drop) {
        self.parts = parts
        self.several = several
        self.none = none
    }

    /// Reads `films=Drama,Romance;action=Action,Thriller`, and `name=*` for the items of no other.
    public init(parsing text: String, several: Several = .first) throws(CategoryRuleError) {
        var parts: [Part] = []
        var none = None.drop
        for piece in text.split(separator: ";") {
            let sides = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw .malformed(String(piece))
            }
            let name = String(sides[0])
            guard !parts.contains(where: { $0.domain == name }) else { throw .repeated(name) }
            let categories = sides[1].split(separator: ",").map(String.init)
            if categories == ["*"] {
                guard none == .drop else { throw .malformed(String(piece)) }
                none = .domain(name)
            }
            parts.append(Part(domain: name, categories: categories == ["*"] ? [] : categories))
        }
        guard !parts.isEmpty else { throw .malformed(text) }
        self.init(parts, several: several, none: none)
    }

    /// The domains' names.
    public var domainNames: [String] {
        var names = parts.map(\.domain)
        if case .domain(let name) = none, !names.contains(name) { names.append(name) }
        return names
    }

    /// The position of the domain of an item with these categories; nil when it is in none.
    public func domain(ofCategories categories: [String]) -> Int? {
        let matches = parts.indices.filter { index in
            parts[index].categories.contains { categories.contains($0) }
        }
        if let first = matches.first {
            return matches.count == 1 || several == .first ? first : nil
        }
        if case .domain(let name) = none { return domainNames.firstIndex(of: name) }
        return nil
    }
}

/// Why a text is not a category rule.
public enum CategoryRuleError: Error, Equatable, CustomStringConvertible {
    /// A part is not `domain=category,category`, or there is a second `=*`.
    case malformed(String)
    /// A domain is named twice.
    case repeated(String)

    /// One line that says what would be right.
    public var description: String {
        switch self {
        case .malformed(let part):
            "category rule: expected domain=category,category;domain=…, got \"\(part)\""
        case .repeated(let name): "category rule: domain \"\(name)\" is named twice"
        }
    }
}
