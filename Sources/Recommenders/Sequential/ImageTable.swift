internal import Interactions
internal import Torch
internal import TorchNN

/// Frozen vectors of items, at unit length; some items have none.
final class ImageTable: Module {
    /// One row an item id, zeros for padding and where there is no vector. [rows, width]
    let vectors: Parameter
    private var known: (version: Int, table: Known)?

    /// What follows from the vectors.
    private struct Known {
        /// For each item id, and one more, how many items before it have a vector.
        let before: [Int32]
        /// The rows of these. [items with a vector, width]
        let present: Tensor

        func has(_ item: Int) -> Bool { before[item] < before[item + 1] }
    }

    /// No item has a vector yet.
    init(rows: Int, _ width: Int) {
        vectors = Parameter(data: .zeros([rows, width]))
    }

    /// Takes sets of vectors of one width, each of a domain's items; the other items have none.
    func take(_ sets: [ItemVectors]) {
        let shape = vectors.value.shape
        let table = Tensor.rows(of: sets, from: 0, count: shape[0], width: shape[1])
        vectors.replace(data: table.unitRows())
    }

    private var table: Known {
        if let known, known.version == vectors.version { return known.table }
        let norms: [Float] = vectors.value.squared().sum(dimension: 1).elements()
        let rows = norms.indices.filter { norms[$0] > 0 }.map(Int32.init)
        var before: [Int32] = [0]
        for norm in norms { before.append(before[before.count - 1] + (norm > 0 ? 1 : 0)) }
        let found = Known(
            before: before,
            present: vectors.value.rows(Tensor(rows, device: vectors.value.device)))
        known = (vectors.version, found)
        return found
    }

    /// The vectors of those items of a range that have one. [items with a vector, width]
    func present(in items: Range<Int32>) -> Tensor {
        let places = places(in: items)
        return table.present[Int(places.lowerBound)..<Int(places.upperBound)]
    }

    /// Where the items of a range stand among all that have a vector.
    func places(in items: Range<Int32>) -> Range<Int32> {
        let before = table.before
        return before[Int(items.lowerBound)]..<before[Int(items.upperBound)]
    }

    /// The number of items that have a vector.
    var count: Int { table.present.size(0) }

    /// Whether an item has a vector.
    func has(_ item: Int32) -> Bool { table.has(Int(item)) }

    /// An item's place among all that have a vector; -1 for an item without one.
    func place(_ item: Int32) -> Int32 {
        let table = table
        return table.has(Int(item)) ? table.before[Int(item)] : -1
    }

    /// Vectors by item id. [tokens, width]
    func rows(_ items: [Int32]) -> Tensor {
        vectors.value.rows(Tensor(items, device: vectors.value.device))
    }

    /// Columns of the items of `competing` that have a vector as columns of a range of items, zero for all others.
    /// [rows, items]
    func spread(
        _ values: Tensor, of competing: Range<Int32>, over items: Range<Int32>
    ) -> Tensor {
        let places = places(in: competing)
        let columns = items.map { item -> Int32 in
            let place = place(item)
            return places.contains(place) ? place - places.lowerBound : -1
        }
        return values.transposed().rowsOrZeros(columns).transposed()
    }
}
