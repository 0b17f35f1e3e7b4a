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
    func negatives(_ count: Int, from pool: NegativePool = .domain) -> Negatives {
        switch self {
        case .sampled: .perPosition(count, from: pool)
        case .shared: .perBatch(count, from: pool)
        case .full: .none
        }
    }
}

/// Softmax cross-entropy of targets of one domain at a time, against the items that compete in a batch.
struct SoftmaxLoss {
    private let kind: ItemSoftmax
    private let temperature: Double
    private let table: Tensor
    private let ranges: [Range<Int32>]
    private let drawn: DrawnItems
    /// What was drawn for each token. [T, width]
    private let perToken: Tensor

    /// Takes a batch's negatives, and the rows of a table that are the domains'.
    init(
        _ kind: ItemSoftmax, drawn: DrawnItems, temperature: Double = 1, table: Tensor,
        ranges: [Range<Int32>]
    ) {
        self.kind = kind
        self.temperature = temperature
        self.table = table
        self.ranges = ranges
        self.drawn = drawn
        // A position's negatives are of all domains: ABXI's items compete across the domains.
        let all = kind == .sampled ? drawn.all : []
        perToken = Tensor(
            all, shape: [all.count / max(drawn.width, 1), drawn.width], device: table.device)
    }

    /// Losses [S] of states [S, d], which stood at tokens of the batch.
    func callAsFunction(
        _ states: Tensor, targets: [Int32], tokens: [Int32], domain: Int
    ) -> Tensor {
        let device = table.device
        switch kind {
        case .sampled:
            return states.sampledSoftmaxLoss(
                table: table, targets: Tensor(targets, device: device),
                negatives: perToken.rows(Tensor(tokens, device: device)),
                temperature: temperature)
        case .shared:
            return states.sharedSoftmaxLoss(
                table: table, targets: Tensor(targets, device: device),
                negatives: Tensor(Array(drawn.shared(of: domain)), device: device),
                temperature: temperature)
        case .full:
            let items = ranges[domain]
            return states.fullSoftmaxLoss(
                table: table[Int(items.lowerBound)..<Int(items.upperBound)],
                targets: Tensor(targets.map { $0 - items.lowerBound }, device: device),
                temperature: temperature)
        }
    }
}
