// The tables that factor models of ratings are made of: used by BiasedMF and EMCDR.

internal import Interactions
internal import Torch
internal import TorchNN

/// Vectors, and where wanted biases, of users and of a range of items: by how much ratings deviate from the mean.
final class RatingFactors: Module {
    /// [users, width].
    let userFactors: Embedding
    /// [users, 1].
    let userBiases: Embedding?
    /// [items, width].
    let itemFactors: Embedding
    /// [items, 1].
    let itemBiases: Embedding?
    private let items: Range<Int32>

    /// Draws the vectors with a deviation; biases start at 0.
    init(
        users: Int, items: Range<Int32>, width: Int, deviation: Double, biases: Bool,
        random: RandomSources
    ) {
        func table(_ rows: Int, _ width: Int, _ initializer: Initializer) -> Embedding {
            Embedding(rows, width, initializer: initializer, random: random)
        }
        userFactors = table(users, width, .normal(deviation: deviation))
        userBiases = biases ? table(users, 1, .constant(0)) : nil
        itemFactors = table(items.count, width, .normal(deviation: deviation))
        itemBiases = biases ? table(items.count, 1, .constant(0)) : nil
        self.items = items
    }

    /// Positions of global item ids in the tables.
    private func local(_ ids: [Int32]) -> [Int32] { ids.map { $0 - items.lowerBound } }

    /// The users' vectors, each with its bias as the last component where there are biases. [n, width (+ 1)]
    func vectors(ofUsers users: [Int32]) -> Tensor {
        guard let userBiases else { return userFactors(users) }
        return .concatenate([userFactors(users), userBiases(users)], dimension: 1)
    }

    /// What multiplies ``states(ofUsers:)``: [q] or [q; 1; b + mean]. [items, width (+ 2)]
    func vectors(ofItems range: Range<Int32>, mean: Tensor?) -> Tensor {
        let rows =
            Int(range.lowerBound - items.lowerBound)..<Int(range.upperBound - items.lowerBound)
        let factors = itemFactors.weight.value[rows]
        guard let itemBiases, let mean else { return factors }
        return .concatenate(
            [
                factors, .ones([rows.count, 1], device: factors.device),
                itemBiases.weight.value[rows] + mean,
            ], dimension: 1)
    }

    /// Users' vectors as the states of a ranker: [p] or [p; b; 1]. [n, width (+ 2)]
    func states(ofUsers vectors: Tensor) -> Tensor {
        guard userBiases != nil else { return vectors }
        let ones = Tensor.ones([vectors.size(0), 1], device: vectors.device)
        return .concatenate([vectors, ones], dimension: 1)
    }

    /// p·q, and with biases p·q + b_user + b_item, for one item a row of users' vectors. [n]
    func deviations(ofUsers vectors: Tensor, items: [Int32]) -> Tensor {
        let factors = itemFactors(local(items))
        guard let itemBiases else { return (vectors * factors).sum(dimension: 1) }
        let width = factors.size(1)
        let products = vectors.narrowed(1, 0..<width) * factors  // [n, width]
        let biases = vectors.narrowed(1, width..<width + 1) + itemBiases(local(items))  // [n, 1]
        return Tensor.concatenate([products, biases], dimension: 1).sum(dimension: 1)
    }

    /// The squared norm of all that predicts each rating: summed over ratings, frequent users and items weigh more. [n]
    func penalties(ofUsers vectors: Tensor, items: [Int32]) -> Tensor {
        let norms =
            vectors.squared().sum(dimension: 1)
            + itemFactors(local(items)).squared().sum(dimension: 1)
        guard let itemBiases else { return norms }
        return norms + itemBiases(local(items)).squared().sum(dimension: 1)
    }

    /// Zeroes the vectors of users and items without a rating here, so that they say nothing.
    func clearUnseen(in events: RatingBatch) {
        var seenUsers = [Float](repeating: 0, count: userFactors.weight.value.size(0))
        var seenItems = [Float](repeating: 0, count: items.count)
        for index in events.items.indices
        where items.contains(events.items[index]) && !events.ratings[index].isNaN {
            seenUsers[Int(events.users[index])] = 1
            seenItems[Int(events.items[index] - items.lowerBound)] = 1
        }
        for (table, seen) in [(userFactors, seenUsers), (itemFactors, seenItems)] {
            let values = table.weight.value
            let mask = Tensor(seen, shape: [seen.count, 1], device: values.device)
            values.copy(from: withoutGradients { values * mask })
        }
    }
}

/// Computes a number for each item, group by group, and puts the numbers in the items' order. [items]
///
/// `group` says where an item belongs, `body` computes a group's numbers from positions in `items`.
func grouped(
    _ items: [Int32], by group: (Int32) -> Int, device: Device,
    _ body: (_ group: Int, _ positions: [Int]) -> Tensor
) -> Tensor {
    let positions = Dictionary(grouping: items.indices) { group(items[$0]) }
        .sorted { $0.key < $1.key }
    guard positions.count != 1 else { return body(positions[0].key, positions[0].value) }
    var order = [Int32](repeating: 0, count: items.count)
    for (place, position) in positions.flatMap(\.value).enumerated() {
        order[position] = Int32(place)
    }
    let parts = positions.map { body($0.key, $0.value) } + [.zeros([0], device: device)]
    return Tensor.concatenate(parts).rows(Tensor(order, device: device))
}
