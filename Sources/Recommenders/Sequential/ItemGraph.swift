internal import Interactions
internal import Torch
internal import TorchNN

/// Which item followed which in the training sequences, as a directed graph with the shares of each successor.
final class ItemGraph: Module {
    /// Where each item's successors begin; one number more than there are item ids.
    let offsets: Parameter
    /// The successors, item after item.
    let successors: Parameter
    /// Each successor's share of its item's followings.
    let shares: Parameter
    private let ids: Int
    private var known: (version: Int, edges: Edges)?

    /// The edges on the host.
    private struct Edges {
        let offsets: [Int32]
        let successors: [Int32]
        let shares: [Float]
    }

    /// A graph without edges over ids below `ids`.
    init(ids: Int) {
        self.ids = ids
        offsets = Parameter(data: Tensor([Int32](repeating: 0, count: ids + 1)))
        successors = Parameter(data: Tensor([Int32]()))
        shares = Parameter(data: Tensor([Float]()))
    }

    /// Whether the edges lead from and to items.
    override var dataProblem: String? {
        let edges = self.edges
        return offsetsProblem(edges.offsets, rows: ids, end: edges.successors.count)
            ?? idsProblem(edges.successors, in: 0..<Int32(clamping: ids))
            ?? (edges.shares.count == edges.successors.count
                && edges.shares.allSatisfy { (0...1).contains($0) }
                ? nil : "expected a share from 0 to 1 for each edge")
    }

    /// Takes each item's successors, where an item is followed as often as it is listed.
    func take(_ pairs: [(item: Int32, successor: Int32)], ids: Int) {
        let sorted = pairs.sorted { ($0.item, $0.successor) < ($1.item, $1.successor) }
        var starts = [Int32](repeating: 0, count: ids + 1)
        var followers: [Int32] = []
        var counts: [Float] = []
        var totals = [Float](repeating: 0, count: ids)
        var previous: (item: Int32, successor: Int32) = (-1, -1)
        for pair in sorted {
            totals[Int(pair.item)] += 1
            if pair == previous {
                counts[counts.count - 1] += 1
            } else {
                followers.append(pair.successor)
                counts.append(1)
                starts[Int(pair.item) + 1] += 1
                previous = pair
            }
        }
        for id in 0..<ids { starts[id + 1] += starts[id] }
        for id in 0..<ids {
            for edge in Int(starts[id])..<Int(starts[id + 1]) { counts[edge] /= totals[id] }
        }
        offsets.replace(data: Tensor(starts))
        successors.replace(data: Tensor(followers))
        shares.replace(data: Tensor(counts))
    }

    /// The mean of each item's vector and its successors' mean by shares plus a bias. [items, width]
    ///
    /// Work follows the items that are asked for and their successors, not the table. `dropout` acts on successors.
    func convolved(
        _ table: Tensor, bias: Tensor, items: [Int32], dropout: Dropout
    ) -> Tensor {
        let edges = self.edges
        let device = table.device
        var places: [Int32: Int32] = [:]
        var unique: [Int32] = []
        let rows = items.map { place(of: $0, in: &places, &unique) }
        var neighbourPlaces: [Int32: Int32] = [:]
        var neighbours: [Int32] = []
        var sources: [Int32] = []
        var segments: [Int32] = []
        var weights: [Float] = []
        for (segment, item) in unique.enumerated() {
            for edge in Int(edges.offsets[Int(item)])..<Int(edges.offsets[Int(item) + 1]) {
                sources.append(place(of: edges.successors[edge], in: &neighbourPlaces, &neighbours))
                segments.append(Int32(segment))
                weights.append(edges.shares[edge])
            }
        }
        let own = table.rows(Tensor(unique, device: device))
        guard !sources.isEmpty else {
            return ((own + bias) * 0.5).rows(Tensor(rows, device: device))
        }
        let dropped = dropout(table.rows(Tensor(neighbours, device: device)))
        let messages =
            dropped.rows(Tensor(sources, device: device))
            * Tensor(weights, shape: [weights.count, 1], device: device)
        let summed = Tensor.zeros(own.shape, device: device)
            .addingRows(messages, at: Tensor(segments, device: device))
        return ((own + summed + bias) * 0.5).rows(Tensor(rows, device: device))
    }

    private func place(
        of item: Int32, in places: inout [Int32: Int32], _ list: inout [Int32]
    ) -> Int32 {
        if let known = places[item] { return known }
        let place = Int32(list.count)
        places[item] = place
        list.append(item)
        return place
    }

    /// The edges, read once.
    private var edges: Edges {
        if let known, known.version == offsets.version { return known.edges }
        let read = Edges(
            offsets: offsets.value.elements(), successors: successors.value.elements(),
            shares: shares.value.elements())
        known = (offsets.version, read)
        return read
    }
}
