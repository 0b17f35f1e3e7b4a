/// Precomputed vectors of a domain's items, such as those of an image encoder, memory-mapped.
///
/// Items without a vector have a row of zeros and are marked as having none.
public struct ItemVectors: Sendable {
    /// The set's name, such as `image`.
    public let name: String
    /// The domain whose items have these vectors.
    public let domain: DomainID
    /// The global id of the domain's first item, which the first row belongs to.
    public let firstItem: ItemID
    /// The numbers in a vector.
    public let width: Int
    /// The items that have a vector.
    public let vectorCount: Int
    /// One row of `width` numbers for each of the domain's items, in the order of the item ids.
    public let rows: Column<Float>
    /// 1 for each item with a vector, 0 for each without.
    public let presence: Column<UInt8>

    init(
        name: String, domain: DomainID, firstItem: ItemID, width: Int, rows: Column<Float>,
        presence: Column<UInt8>
    ) {
        self.name = name
        self.domain = domain
        self.firstItem = firstItem
        self.width = width
        self.rows = rows
        self.presence = presence
        vectorCount = presence.withUnsafeBufferPointer { $0.reduce(0) { $0 + Int($1) } }
    }

    /// Makes vectors in memory; `vectors` has one of `width` numbers, or nil, for each of the items.
    public init(name: String, domain: DomainID, of catalog: Catalog, _ vectors: [[Float]?]) {
        let width = vectors.lazy.compactMap { $0?.count }.first ?? 0
        precondition(
            vectors.count == catalog.count && width > 0,
            "ItemVectors: expected \(catalog.count) vectors, at least one not nil, got "
                + "\(vectors.count)")
        let zeros = [Float](repeating: 0, count: width)
        let rows = vectors.flatMap { vector -> [Float] in
            precondition(
                vector == nil || vector?.count == width,
                "ItemVectors: expected vectors of \(width) numbers, got \(vector?.count ?? 0)")
            return vector ?? zeros
        }
        self.init(
            name: name, domain: domain, firstItem: catalog.firstItem, width: width,
            rows: Column(rows), presence: Column(vectors.map { $0 == nil ? 0 : 1 }))
    }

    /// Whether all numbers can be computed with.
    var isUsable: Bool {
        rows.withUnsafeBufferPointer { $0.allSatisfy { abs($0) <= NumpyMatrix.largest } }
    }

    /// The number of items, with and without a vector.
    public var itemCount: Int { presence.count }

    /// Whether an item of the domain has a vector.
    public func hasVector(_ item: ItemID) -> Bool { presence[position(of: item)] != 0 }

    /// The vector of an item of the domain, zeros where it has none.
    public func vector(of item: ItemID) -> [Float] {
        let start = position(of: item) * width
        return rows.withUnsafeBufferPointer { Array($0[start..<start + width]) }
    }

    private func position(of item: ItemID) -> Int {
        let position = Int(item.rawValue) - Int(firstItem.rawValue)
        precondition(
            presence.indices.contains(position),
            "ItemVectors \(name): expected one of \(itemCount) items from \(firstItem.rawValue), "
                + "got \(item.rawValue)")
        return position
    }
}

extension Dataset {
    /// The names of the sets of vectors, each once, in ascending order.
    public var vectorNames: [String] { Set(vectors.map(\.name)).sorted() }

    /// The vectors of this name for a domain's items, or nil when the dataset has none.
    public func vectors(named name: String, of domain: DomainID) -> ItemVectors? {
        vectors.first { $0.name == name && $0.domain == domain }
    }
}
