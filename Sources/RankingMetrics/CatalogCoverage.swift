/// The share of a catalog that appears in at least one of the recommended lists.
///
/// 0 without lists, nil for an empty catalog.
public func catalogCoverage<Lists: Sequence>(
    recommended lists: Lists, catalogSize: Int
) -> Double? where Lists.Element: Sequence, Lists.Element.Element: Hashable {
    guard catalogSize > 0 else { return nil }
    var seen = Set<Lists.Element.Element>()
    for list in lists {
        seen.formUnion(list)
    }
    precondition(
        seen.count <= catalogSize,
        "catalogCoverage: expected at most \(catalogSize) different items, got \(seen.count)")
    return Double(seen.count) / Double(catalogSize)
}
