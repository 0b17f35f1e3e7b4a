extension ImportSink {
    /// Why the rule gives a domain no item: no item file has one of its categories; nil where one has.
    func unknownCategories(ofDomain name: String) -> String? {
        guard let part = options.categoryRule?.parts.first(where: { $0.domain == name }),
            part.categories != ["*"], let first = part.categories.first
        else { return nil }
        let known = Set(
            itemInfos.flatMap { $0.features }.flatMap { $0.categories.split(separator: "|") }
                .map(String.init))
        guard !known.isEmpty, known.isDisjoint(with: part.categories) else { return nil }
        let sorted = known.sorted()
        let hint =
            nearestName(to: first, in: sorted).map { "did you mean \"\($0)\"?" }
            ?? "the items' genres are \(sorted.listed())"
        let asked = part.categories.map { "\"\($0)\"" }.joined(separator: " or ")
        return "domain \(name): no item has the genre \(asked); \(hint)"
    }
}
