internal import Interactions
internal import Torch

/// Vectors of what is written about each item, in the order of the items' ids. [items, width]
///
/// They are the dataset's vectors of a name, such as those of a language model, or, where the name is empty, hashes of what
/// the catalogs say. An item without a vector has a row of zeros.
func itemTexts(
    named name: String, hashSize: Int, of data: TrainingData
) throws(ConfigurationError) -> Tensor {
    if name.isEmpty {
        let hashed = HashedText(width: hashSize)
        let parts = data.catalogs.map { catalog in
            let numbers = catalog.itemRange.flatMap {
                hashed.vector(of: catalog.words(of: ItemID(rawValue: $0)))
            }
            return Tensor(numbers, shape: [catalog.count, hashSize])
        }
        return .concatenate(parts)
    }
    let sets = data.vectors.filter { $0.name == name }
    guard let width = sets.first?.width else {
        throw .value(
            path: "text", expected: "the name of vectors that the dataset has, or none", got: name)
    }
    for set in sets {
        try require(
            set.width == width, "text", expected: "vectors of one width, \(width)", got: set.width)
    }
    let items = data.catalogs.reduce(0) { $0 + $1.count }
    return .rows(of: sets, from: 1, count: items, width: width)
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
}
