internal import Interactions
internal import Torch
internal import TorchNN

/// Softmax cross-entropy of one domain's items by an affine map with a row for each of them.
struct HeadSoftmax {
    private let kind: ItemSoftmax
    private let domain: Int
    private let domains: Int
    private let perDomain: Int
    private let first: Int32
    private let items: Int
    private let drawn: [Int32]

    /// Takes the negatives of a whole batch, laid out as ``Negatives`` says, `perDomain` of each domain.
    init(
        _ kind: ItemSoftmax, perDomain: Int, domain: Int, of shape: DataShape, drawn: [Int32]
    ) {
        self.kind = kind
        self.domain = domain
        self.perDomain = perDomain
        self.drawn = drawn
        domains = shape.domains.count
        first = shape.domains[domain].firstItem
        items = shape.domains[domain].itemCount
    }

    /// Losses [S] of states [S, d] that stood at tokens of the batch that the negatives were drawn for.
    func callAsFunction(
        _ states: Tensor, head: Linear, targets: [Int32], tokens: [Int32]
    ) -> Tensor {
        let all = perDomain * domains
        let own = domain * perDomain..<(domain + 1) * perDomain
        let negatives: [Int32] =
            switch kind {
            case .full: []
            case .shared: Array(drawn[own])
            case .sampled: tokens.flatMap { token in own.map { drawn[Int(token) * all + $0] } }
            }
        let softmax = SoftmaxLoss(
            kind, negatives: negatives.map { $0 - first }, perDomain: perDomain, temperature: 1,
            table: head.augmented,
            domains: [DataShape.Domain(name: "", firstItem: 0, itemCount: items)])
        return softmax(
            states.withOnes(), targets: targets.map { $0 - first },
            positions: targets.indices.map { Int32($0) }, domain: 0)
    }
}

extension Tensor {
    /// Rows with a one behind each, for the bias of an augmented map.
    func withOnes() -> Tensor {
        .concatenate([self, .ones([size(0), 1], device: device)], dimension: 1)
    }
}
