internal import Interactions
internal import Torch
internal import TorchNN

/// An item table with its encoder: what reads one of the three sequences.
final class TriCDREncoder: Module {
    let itemEmb: Embedding
    private let encoder: CausalEncoder
    private let firstItem: Int32
    private let width: Int
    private let maximumLength: Int
    private let attendsPadding: Bool

    init(_ settings: TriCDRConfiguration, items: Range<Int32>, random: RandomSources) {
        width = settings.embeddingSize
        maximumLength = settings.maximumLength
        attendsPadding = settings.attendsPadding
        firstItem = items.lowerBound
        itemEmb = Embedding(items.count, width, initializer: .xavierNormal, random: random)
        encoder = CausalEncoder(
            CausalEncoderSettings(
                width: width, blocks: settings.blocks, heads: settings.heads,
                dropout: settings.dropout, positions: maximumLength, weights: .glorot),
            random: random)
    }

    override var renamedChildren: [String: String] { ["encoder": ""] }

    /// The vectors of items by their ids in all domains. [items, d]
    func vectors(of items: [Int32]) -> Tensor { itemEmb(items.map { $0 - firstItem }) }

    /// The state after each token; a row's newest token stands at the last position. [tokens, d]
    func callAsFunction(_ items: [Int32], offsets: [Int32]) -> Tensor {
        var positions: [Int32] = []
        var padding: [Int32] = []
        for (begin, end) in zip(offsets, offsets.dropFirst()) {
            let vacant = Int32(maximumLength) - (end - begin)
            positions += (0..<end - begin).map { vacant + $0 }
            padding += [Int32](repeating: vacant, count: Int(end - begin))
        }
        return encoder(
            vectors(of: items) * Double(width).squareRoot(),
            at: TokenPlaces(
                offsets: offsets, positions: positions, padding: attendsPadding ? padding : nil))
    }
}

/// A non-linearity with a trained slope for negative numbers.
private final class PReLU: Module {
    let weight = Parameter(.full([1], value: 0.25))
}

/// The weights of a query's facts: a net over both, their product and difference, and the mean of the mixed states.
final class TripleAttention: Module {
    private let first: Linear
    private let firstActivation = PReLU()
    private let second: Linear
    private let secondActivation = PReLU()
    private let score: Linear

    init(_ settings: TriCDRConfiguration, random: RandomSources) {
        first = Linear(
            5 * settings.embeddingSize, settings.attentionSize, initializer: .xavierNormal,
            random: random)
        second = Linear(
            settings.attentionSize, settings.attentionInnerSize, initializer: .xavierNormal,
            random: random)
        score = Linear(
            settings.attentionInnerSize, 1, bias: false, initializer: .xavierNormal,
            random: random)
    }

    /// Numbered as in the reference.
    override var children: [(name: String, child: Any)] {
        [
            ("0", first), ("1", firstActivation), ("2", second), ("3", secondActivation),
            ("4", score),
        ]
    }

    /// For each sequence the weighted sum of the facts that a query sees. Each [queries, d]
    ///
    /// Of the first layer only the product's part depends on both: W [f; q; f·q; q−f; m] is
    /// (Wf − Wd) f + (Wq + Wd) q + Wm m + Wp (f·q).
    func callAsFunction(
        _ sequences: [(facts: Tensor, ranges: [Range<Int32>])], queries: Tensor, mean: Tensor
    ) -> [Tensor] {
        guard let bias = second.bias else { preconditionFailure("tri-cdr: expected a bias") }
        let width = queries.size(1)
        let parts = (0..<5).map {
            first.weight.value.narrowed(1, $0 * width..<($0 + 1) * width)
        }
        let queryTerms =
            queries.linear(parts[1] + parts[3], bias: first.bias?.value) + mean.linear(parts[4])
        let net = PairNet(
            outer: parts[2], inner: second.weight.value,
            bias: bias.value,
            last: score.weight.value[0],
            slopes: .concatenate([firstActivation.weight.value, secondActivation.weight.value]))
        let ofFacts = parts[0] - parts[3]
        return sequences.map {
            interestPool(
                facts: $0.facts, factTerms: $0.facts.linear(ofFacts), queries: queries,
                queryTerms: queryTerms, net: net, ranges: $0.ranges)
        }
    }
}

/// What one target domain has for itself.
final class TriCDRHead: Module {
    private let logFeatMap1: Linear
    private let logFeatMap2: Linear
    private let mapMixCl1Layer1: Linear
    private let mapMixCl1Layer2: Linear
    private let mapSourceCl1Layer1: Linear
    private let mapSourceCl1Layer2: Linear
    private let mapTargetCl1Layer1: Linear
    private let mapTargetCl1Layer2: Linear
    let model: TripleAttention

    init(_ settings: TriCDRConfiguration, random: RandomSources) {
        let width = settings.embeddingSize
        func map(_ input: Int) -> Linear {
            Linear(input, width, initializer: .xavierNormal, random: random)
        }
        logFeatMap1 = map(3 * width)
        logFeatMap2 = map(width)
        mapMixCl1Layer1 = map(width)
        mapMixCl1Layer2 = map(width)
        mapSourceCl1Layer1 = map(width)
        mapSourceCl1Layer2 = map(width)
        mapTargetCl1Layer1 = map(width)
        mapTargetCl1Layer2 = map(width)
        model = TripleAttention(settings, random: random)
    }

    /// One state of what the three sequences give: mixed, source, target, each [queries, d].
    func state(_ pooled: [Tensor]) -> Tensor {
        let hidden = logFeatMap1(.concatenate(pooled, dimension: 1))
        return logFeatMap2(.maximum(hidden, hidden * 0.01))
    }

    /// What is contrasted of them. [queries, d]
    func projections(_ pooled: [Tensor]) -> [Tensor] {
        let maps = [
            (mapMixCl1Layer1, mapMixCl1Layer2), (mapSourceCl1Layer1, mapSourceCl1Layer2),
            (mapTargetCl1Layer1, mapTargetCl1Layer2),
        ]
        return zip(pooled, maps).map { $1.1($1.0($0).relu()) }
    }
}

/// The steps at which one domain is predicted, and what of the three sequences each sees.
struct TripleSteps {
    /// Where each row's steps begin.
    private(set) var offsets: [Int32] = [0]
    /// Each step's newest item of the domain, on the domain's own axis; -1 without one.
    private(set) var queries: [Int32] = []
    /// In training, what follows.
    private(set) var targets: [Int32] = []
    /// The token of the batch after which each step stands; -1 in a row without tokens.
    private(set) var tokens: [Int32] = []
    /// The mixed states that each step sees, those of the other domains, and those of its own.
    private(set) var ranges: [[Range<Int32>]] = [[], [], []]

    /// In training, the steps with a next item of the domain and an earlier one; in inference one step a row of `rows`.
    init(_ domain: Range<Int32>, own: DomainSequence, of batch: SequenceBatch, rows: [Bool]? = nil)
    {
        for row in 0..<batch.rows {
            var next = own.offsets[row]
            if let rows {
                next = own.offsets[row + 1]
                if rows[row] { append(row, own, batch, next, through: batch.offsets[row + 1] - 1) }
            } else {
                for token in batch.tokens(ofRow: row) {
                    if domain.contains(batch.items[token]) { next += 1 }
                    guard domain.contains(batch.targets[token]), next > own.offsets[row] else {
                        continue
                    }
                    append(row, own, batch, next, through: Int32(token))
                    targets.append(batch.targets[token])
                }
            }
            offsets.append(Int32(queries.count))
        }
    }

    private mutating func append(
        _ row: Int, _ own: DomainSequence, _ batch: SequenceBatch, _ next: Int32,
        through token: Int32
    ) {
        let begin = (mixed: batch.offsets[row], own: own.offsets[row])
        let seen = token + 1 - begin.mixed
        let ofOthers = begin.mixed - begin.own
        queries.append(next > begin.own ? next - 1 : -1)
        tokens.append(seen > 0 ? token : -1)
        ranges[0].append(begin.mixed..<begin.mixed + seen)
        ranges[1].append(ofOthers..<ofOthers + seen - (next - begin.own))
        ranges[2].append(begin.own..<next)
    }

    /// How many mixed states each step sees.
    var seen: [Int32] { ranges[0].map { Int32($0.count) } }

    /// Each row's last step, of the rows where it sees something of another domain.
    var contrasted: [Int32] {
        zip(offsets, offsets.dropFirst()).compactMap { begin, end in
            begin < end && !ranges[1][Int(end) - 1].isEmpty ? end - 1 : nil
        }
    }
}
