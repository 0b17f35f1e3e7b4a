internal import Interactions
internal import Torch

/// Vectors of what is written about each item.
struct ItemTexts {
    /// A row an item, in the order of the items' ids. [items, width]
    let vectors: Tensor
    /// Which vectors these are, in a line for whoever trains with them.
    let note: String

    /// Takes the dataset's vectors of a name, such as those of a language model, or, where the name is empty, hashes of
    /// what the catalogs say.
    ///
    /// An item without a vector of the name has a row of zeros. An item of which a catalog says nothing has a vector of its
    /// own, and one whose hash others have too a mixture of both, so that hashed items are always told apart.
    init(named name: String, hashSize: Int, of data: TrainingData) throws(ConfigurationError) {
        guard name.isEmpty else {
            (vectors, note) = try Self.stored(name, of: data)
            return
        }
        var hashed = HashedItems(HashedText(width: hashSize))
        for catalog in data.catalogs { hashed.add(catalog) }
        vectors = .concatenate(hashed.tables())
        note = hashed.note
    }

    private static func stored(
        _ name: String, of data: TrainingData
    ) throws(ConfigurationError) -> (Tensor, String) {
        let sets = data.vectors.filter { $0.name == name }
        guard let width = sets.first?.width else {
            throw .value(
                path: "text", expected: "the name of vectors that the dataset has, or none",
                got: name)
        }
        for set in sets {
            try require(
                set.width == width, "text", expected: "vectors of one width, \(width)",
                got: set.width)
        }
        let items = data.catalogs.reduce(0) { $0 + $1.count }
        let missing = items - sets.reduce(0) { $0 + $1.vectorCount }
        let note =
            "texts: the dataset's vectors \"\(name)\", \(width) numbers wide"
            + (missing > 0
                ? "; \(missing) of \(items) items have none and cannot be told apart" : "")
        return (.rows(of: sets, from: 1, count: items, width: width), note)
    }
}

/// Hashes of what catalogs say of their items, made different where they are equal.
private struct HashedItems {
    private let hashed: HashedText
    private var rows: [[[Float]]] = []
    private var names: [[String]] = []
    private var counts: [[Float]: Int] = [:]

    init(_ hashed: HashedText) { self.hashed = hashed }

    mutating func add(_ catalog: Catalog) {
        let own = catalog.itemRange.map {
            hashed.vector(of: catalog.words(of: ItemID(rawValue: $0)))
        }
        for row in own { counts[row, default: 0] += 1 }
        rows.append(own)
        names.append(catalog.externalIDs.map { "\(catalog.name)\n\($0)" })
    }

    /// A domain's rows, of unit length.
    func tables() -> [Tensor] {
        zip(rows, names).map { rows, names in
            let numbers = zip(rows, names).flatMap { row, name -> [Float] in
                if isEmpty(row) { return hashed.ownVector(of: name) }
                guard counts[row, default: 0] > 1 else { return row }
                // Alike as items of one name are, with a cosine of 4/5, and yet not the same.
                let mixed = zip(row, hashed.ownVector(of: name)).map { $0 + $1 / 2 }
                let norm = mixed.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return mixed.map { $0 / norm }
            }
            return Tensor(numbers, shape: [rows.count, hashed.width])
        }
    }

    private func isEmpty(_ row: [Float]) -> Bool { !row.contains { $0 != 0 } }

    var note: String {
        let all = rows.reduce(0) { $0 + $1.count }
        let silent = counts.reduce(0) { $0 + (isEmpty($1.key) ? $1.value : 0) }
        let alike = counts.reduce(0) { $0 + (isEmpty($1.key) || $1.value == 1 ? 0 : $1.value) }
        guard silent < all else {
            return
                "texts: no item has a title or other words; each has a random vector of its own, "
                + "\(hashed.width) numbers wide, which tells it apart and says no more"
        }
        return "texts: hashed titles and other words, \(hashed.width) numbers wide"
            + (silent > 0 ? "; \(silent) of \(all) items have none, but a random vector" : "")
            + (alike > 0 ? "; \(alike) read like another item and are told apart at random" : "")
    }
}

extension Tensor {
    /// Vectors by item id, one row for each of `count` ids from `first`; zeros where no set has the item. [count, width]
    ///
    /// Each domain's rows go from the dataset's file to a tensor, not through an array, for they may be many.
    static func rows(of sets: [ItemVectors], from first: Int, count: Int, width: Int) -> Tensor {
        var parts: [Tensor] = []
        var next = first
        for set in sets.sorted(by: { $0.firstItem < $1.firstItem }) {
            let start = Int(set.firstItem.rawValue)
            if start > next { parts.append(.zeros([start - next, width])) }
            set.rows.withUnsafeBufferPointer {
                let bytes = UnsafeRawBufferPointer($0)
                parts.append(Tensor(bytes: bytes, shape: [set.itemCount, width], dtype: .float32))
            }
            next = start + set.itemCount
        }
        if next < first + count { parts.append(.zeros([first + count - next, width])) }
        return parts.count == 1 ? parts[0] : .concatenate(parts)
    }

    /// The first principal components of the rows, as an analysis of all rows but those of zeros finds them.
    ///
    /// A row of zeros, which stands for nothing known, stays one. [rows, components]
    func principalComponents(_ components: Int) -> Tensor {
        let width = size(1)
        precondition(
            components <= width,
            "principalComponents: expected at most \(width) components, got \(components)")
        let norms: [Float] = squared().sum(dimension: 1).elements()
        let known = norms.indices.filter { norms[$0] > 0 }.map(Int32.init)
        guard !known.isEmpty else { return .zeros([size(0), components], device: device) }
        // In parts, for the rows may be many; in double precision, for sums of as many numbers lose digits.
        let parts = stride(from: 0, to: known.count, by: 2048).map {
            Tensor(Array(known[$0..<Swift.min($0 + 2048, known.count)]), device: device)
        }
        var mean = Tensor.zeros([width], dtype: .float64, device: device)
        for part in parts { mean = mean + rows(part).to(.float64).sum(dimension: 0) }
        let centre = (mean / Double(known.count)).to(.float32)
        guard known.count >= width else {
            let centred = (rows(parts[0]) - centre).to(.float64)
            return Tensor.zeros([size(0), components], device: device)
                .addingRows(
                    centred.fewRowsProjected(components), at: parts[0])
        }
        var scatter = Tensor.zeros([width, width], dtype: .float64, device: device)
        for part in parts {
            let centred = rows(part) - centre
            scatter = scatter + centred.transposed().matmul(centred).to(.float64)
        }
        let axes = scatter.symmetricEigen().vectors.narrowed(1, 0..<components).to(.float32)
        let projected = parts.map { (rows($0) - centre).matmul(axes) }
        return Tensor.zeros([size(0), components], device: device)
            .addingRows(.concatenate(projected), at: Tensor(known, device: device))
    }

    /// Fewer centred rows than columns on their principal axes; components beyond the rank are zeros.
    ///
    /// It goes by the rows' inner products: as many eigenvectors as there are rows, where most of the columns' would have no variance.
    private func fewRowsProjected(_ components: Int) -> Tensor {
        let found = matmul(transposed()).symmetricEigen()
        let variances: [Double] = found.values.elements()
        let most = Swift.max(variances.first ?? 0, .leastNormalMagnitude)
        let rank = Swift.min(variances.prefix { $0 > 1e-12 * most }.count, components)
        guard rank > 0 else { return .zeros([size(0), components], device: device) }
        let scales = Tensor(variances.prefix(rank).map { 1 / $0.squareRoot() }, device: device)
        let axes = transposed().matmul(found.vectors.narrowed(1, 0..<rank)) * scales
        // The same of an axis and its opposite as for many rows.
        let projected = matmul(axes.transposed().directed().transposed()).to(.float32)
        guard rank < components else { return projected }
        return .concatenate(
            [projected, .zeros([size(0), components - rank], device: device)], dimension: 1)
    }
}
