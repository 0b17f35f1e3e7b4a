internal import Interactions
internal import Torch
internal import TorchNN

/// Softmax cross-entropy of one domain's items by an affine map with a row for each of them.
struct HeadSoftmax {
    private let kind: ItemSoftmax
    private let items: Range<Int32>
    private let drawn: DrawnItems

    /// Takes the negatives of a whole batch.
    init(_ kind: ItemSoftmax, domain: Int, of shape: DataShape, drawn: DrawnItems = .none) {
        self.kind = kind
        items = shape.domains[domain].items
        self.drawn = drawn.only(domain, behind: items.lowerBound)
    }

    /// Losses [S] of states [S, d], which stood at tokens of the batch.
    func callAsFunction(
        _ states: Tensor, head: Linear, targets: [Int32], tokens: [Int32]
    ) -> Tensor {
        let softmax = SoftmaxLoss(
            kind, drawn: drawn, table: head.augmented, ranges: [0..<Int32(items.count)])
        return softmax(
            states.withOnes(), targets: targets.map { $0 - items.lowerBound }, tokens: tokens,
            domain: 0)
    }
}

extension Tensor {
    /// Rows with a one behind each, for the bias of an augmented map.
    func withOnes() -> Tensor {
        .concatenate([self, .ones([size(0), 1], device: device)], dimension: 1)
    }
}
