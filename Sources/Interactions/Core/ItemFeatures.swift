/// What is known of one item beside its id.
struct ItemFeatures: Equatable {
    var title: String?
    /// `"first|second"`, empty where none is known.
    var categories = ""
    var brand: String?
    var price: Double?
    var text: String?
    /// Ids of items, of any domain, that people bought as well.
    var alsoBought: [String] = []
}

/// One property of all items of a catalog: nothing when no item has it, else one value per item.
enum FeatureColumn {
    static func compact<Value>(_ values: [Value?]) -> [Value?] {
        values.contains { $0 != nil } ? values : []
    }
}
