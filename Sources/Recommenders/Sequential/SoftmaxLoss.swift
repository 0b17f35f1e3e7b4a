internal import Interactions
internal import Torch

/// Which items compete with a target in a softmax loss.
public enum ItemSoftmax: String, Codable, Sendable, CaseIterable {
    /// Each position's own sample (InfoNCE).
    case sampled
    /// One sample of the target's domain that all positions of a batch share.
    case shared
    /// All items of the target's domain.
    case full

    /// The settings that do nothing beside it.
    var idle: [IdleSetting] {
        self == .full ? [IdleSetting("negatives", "beside softmax: full")] : []
    }

    /// What the loss needs drawn, `count` items a domain.
    func negatives(_ count: Int) -> Negatives {
        switch self {
        case .sampled: .perPosition(count)
        case .shared: .perBatch(count)
        case .full: .none
        }
    }
}

/// Softmax cross-entropy of targets of one domain at a time, against the items that compete in a batch.
struct SoftmaxLoss {
    private let kind: ItemSoftmax
    private let temperature: Double
    private let table: Tensor
    private let domains: [DataShape.Domain]
    private let perDomain: Int
    private let drawn: Tensor

    /// Takes a batch's negatives, laid out as ``Negatives`` says, `perDomain` of each domain.
    init(
        _ kind: ItemSoftmax, negatives: [Int32], perDomain: Int, temperature: Double,
        table: Tensor, domains: [DataShape.Domain]
    ) {
        self.kind = kind
        self.temperature = temperature
        self.table = table
        self.domains = domains
        self.perDomain = perDomain
        // A position's negatives are of all domains: ABXI's items compete across the domains.
        let width = kind == .sampled ? perDomain * domains.count : perDomain
        drawn = Tensor(
            negatives, shape: [negatives.count / max(width, 1), width], device: table.device)
    }

    /// Losses [S] of states [S, d], whose tokens stood at `positions` of the batch.
    func callAsFunction(
        _ states: Tensor, targets: [Int32], positions: [Int32], domain: Int
    ) -> Tensor {
        let device = table.device
        switch kind {
        case .sampled:
            return states.sampledSoftmaxLoss(
                table: table, targets: Tensor(targets, device: device),
                negatives: drawn.rows(Tensor(positions, device: device)),
                temperature: temperature)
        case .shared:
            return states.sharedSoftmaxLoss(
                table: table, targets: Tensor(targets, device: device),
                negatives: drawn[domain..<domain + 1].reshaped([perDomain]),
                temperature: temperature)
        case .full:
            let items = domains[domain].items
            return states.fullSoftmaxLoss(
                table: table[Int(items.lowerBound)..<Int(items.upperBound)],
                targets: Tensor(targets.map { $0 - items.lowerBound }, device: device),
                temperature: temperature)
        }
    }
}
