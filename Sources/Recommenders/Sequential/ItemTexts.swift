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
        let numbers = data.catalogs.flatMap { catalog in
            catalog.itemRange.flatMap {
                hashed.vector(of: catalog.words(of: ItemID(rawValue: $0)))
            }
        }
        return Tensor(numbers, shape: [numbers.count / hashSize, hashSize])
    }
    let sets = data.vectors.filter { $0.name == name }
    guard let width = sets.first?.width else {
        throw .value(
            path: "text", expected: "the name of vectors that the dataset has, or none", got: name)
    }
    var table = [Float](
        repeating: 0, count: data.catalogs.reduce(0) { $0 + $1.count } * width)
    for set in sets {
        try require(
            set.width == width, "text", expected: "vectors of one width, \(width)", got: set.width)
        let first = (Int(set.firstItem.rawValue) - 1) * width
        table.replaceSubrange(first..<first + set.itemCount * width, with: set.allRows())
    }
    return Tensor(table, shape: [table.count / width, width])
}

extension Tensor {
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
        let rows = rows(Tensor(known, device: device))
        let mean = rows.to(.float64).mean(dimension: 0)
        let centred = rows - mean.to(.float32)
        var scatter = Tensor.zeros([width, width], dtype: .float64, device: device)
        // Parts are summed in double precision: products of as many numbers as there are items lose digits.
        for first in stride(from: 0, to: known.count, by: 2048) {
            let part = centred[first..<Swift.min(first + 2048, known.count)]
            scatter = scatter + part.transposed().matmul(part).to(.float64)
        }
        let axes = scatter.symmetricEigen().vectors.narrowed(1, 0..<components).to(.float32)
        return Tensor.zeros([size(0), components], device: device)
            .addingRows(centred.matmul(axes), at: Tensor(known, device: device))
    }
}
