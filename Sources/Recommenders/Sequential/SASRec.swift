// SASRec: self-attentive sequential recommendation.
//
// W.-C. Kang, J. McAuley, ICDM 2018, arXiv 1808.09781.
// Reference code: RUCAIBox/RecBole, commit 7b02be5 (post-norm encoder, GELU, cross-entropy over all items).
//
// Differences from the reference: sequences are jagged; every prefix is predicted once in one pass instead of being a
// sample of its own; the padding row is no candidate (`scoresPadding` makes it one); `scope` chooses between one
// encoder over the mixed sequence and one for each domain over its own events, the single-domain twin.

public import Interactions
public import Torch
public import TorchNN

/// What an encoder reads.
public enum SequenceScope: String, Codable, Sendable, CaseIterable {
    /// One encoder reads all domains' events in order.
    case mixed
    /// Each domain has its own encoder, which reads and predicts that domain alone.
    case perDomain = "per-domain"
}

/// Settings of SASRec; the defaults are RecBole's.
public struct SASRecConfiguration: ModelConfiguration {
    /// Width of all vectors.
    public var embeddingSize = 64
    /// Encoder layers.
    public var layers = 2
    /// Attention heads.
    public var heads = 2
    /// Inner width of the feed-forward nets.
    public var innerSize = 256
    /// Dropout on embeddings and residual branches.
    public var hiddenDropout = 0.5
    /// Dropout on attention weights.
    public var attentionDropout = 0.5
    /// Non-linearity of the feed-forward nets.
    public var activation = Activation.gelu
    /// Added to variances in LayerNorm.
    public var layerNormEpsilon = 1e-12
    /// Deviation of initial weights.
    public var initializerRange = 0.02
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 50
    /// What an encoder reads.
    public var scope = SequenceScope.mixed
    /// Whether the padding row takes part in the softmax.
    public var scoresPadding = false

    /// RecBole's settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try requireHeads(heads, "heads", dividing: embeddingSize)
        try require(layers > 0, "layers", expected: "at least 1", got: layers)
        try require(innerSize > 0, "innerSize", expected: "above 0", got: innerSize)
        try require(
            initializerRange >= 0, "initializerRange", expected: "at least 0",
            got: initializerRange)
        try require(
            layerNormEpsilon > 0, "layerNormEpsilon", expected: "above 0", got: layerNormEpsilon)
        try require(maximumLength > 0, "maximumLength", expected: "above 0", got: maximumLength)
        for (name, value) in [
            ("hiddenDropout", hiddenDropout), ("attentionDropout", attentionDropout),
        ] {
            try require(
                (0..<1).contains(value), name, expected: "at least 0, below 1", got: value)
        }
    }
}

/// Self-attention with separate projections, residual and norm.
private final class SelfAttention: Module {
    let query: Linear
    let key: Linear
    let value: Linear
    let dense: Linear
    let layerNorm: LayerNorm
    private let dropout: Dropout
    private let settings: SASRecConfiguration
    private let generator: Generator

    init(_ settings: SASRecConfiguration, random: RandomSources) {
        let width = settings.embeddingSize
        let normal = Initializer.normal(deviation: settings.initializerRange)
        query = Linear(width, width, initializer: normal, random: random)
        key = Linear(width, width, initializer: normal, random: random)
        value = Linear(width, width, initializer: normal, random: random)
        dense = Linear(width, width, initializer: normal, random: random)
        layerNorm = LayerNorm(width, epsilon: settings.layerNormEpsilon)
        dropout = Dropout(settings.hiddenDropout, random: random)
        generator = random.dropout
        self.settings = settings
    }

    override var renamedChildren: [String: String] { ["layerNorm": "LayerNorm"] }

    func callAsFunction(_ tokens: JaggedTensor) -> JaggedTensor {
        let mixed = jaggedAttention(
            query: tokens.with(query(tokens.values)), key: tokens.with(key(tokens.values)),
            value: value(tokens.values), keyLimits: tokens.layout.causalLimits,
            heads: settings.heads, dropout: isTraining ? settings.attentionDropout : 0,
            generator: generator)
        return tokens.with(
            layerNorm(tokens.values, adding: dense(mixed.values), dropout: dropout))
    }
}

/// A feed-forward net with residual and norm.
private final class PointwiseFeedForward: Module {
    let net: FeedForward
    let layerNorm: LayerNorm
    private let dropout: Dropout

    init(_ settings: SASRecConfiguration, random: RandomSources) {
        net = FeedForward(
            settings.embeddingSize, inner: settings.innerSize, settings.embeddingSize,
            activation: settings.activation,
            initializer: .normal(deviation: settings.initializerRange), random: random)
        layerNorm = LayerNorm(settings.embeddingSize, epsilon: settings.layerNormEpsilon)
        dropout = Dropout(settings.hiddenDropout, random: random)
    }

    override var renamedChildren: [String: String] { ["net": "", "layerNorm": "LayerNorm"] }

    func callAsFunction(_ tokens: JaggedTensor) -> JaggedTensor {
        tokens.with(layerNorm(tokens.values, adding: net(tokens.values), dropout: dropout))
    }
}

private final class TransformerLayer: Module {
    let multiHeadAttention: SelfAttention
    let feedForward: PointwiseFeedForward

    init(_ settings: SASRecConfiguration, random: RandomSources) {
        multiHeadAttention = SelfAttention(settings, random: random)
        feedForward = PointwiseFeedForward(settings, random: random)
    }

    func callAsFunction(_ tokens: JaggedTensor) -> JaggedTensor {
        feedForward(multiHeadAttention(tokens))
    }
}

private final class TransformerEncoder: Module {
    let layer: [TransformerLayer]

    init(_ settings: SASRecConfiguration, random: RandomSources) {
        layer = (0..<settings.layers).map { _ in TransformerLayer(settings, random: random) }
    }
}

/// One encoder with its own item table over a range of items.
private final class SequenceEncoder: Module {
    let itemEmbedding: Embedding
    let positionEmbedding: Embedding
    let trmEncoder: TransformerEncoder
    let layerNorm: LayerNorm
    private let dropout: Dropout
    private let settings: SASRecConfiguration
    private let items: Range<Int32>

    init(_ settings: SASRecConfiguration, items: Range<Int32>, random: RandomSources) {
        let width = settings.embeddingSize
        let normal = Initializer.normal(deviation: settings.initializerRange)
        itemEmbedding = Embedding(items.count + 1, width, initializer: normal, random: random)
        positionEmbedding = Embedding(
            settings.maximumLength, width, initializer: normal, random: random)
        trmEncoder = TransformerEncoder(settings, random: random)
        layerNorm = LayerNorm(width, epsilon: settings.layerNormEpsilon)
        dropout = Dropout(settings.hiddenDropout, random: random)
        self.settings = settings
        self.items = items
    }

    override var renamedChildren: [String: String] { ["layerNorm": "LayerNorm"] }

    /// Ids of this table: 0 is padding.
    private func local(_ ids: [Int32]) -> [Int32] { ids.map { $0 - items.lowerBound + 1 } }

    /// The state after each token. [tokens, width]
    func callAsFunction(_ batch: SequenceBatch) -> Tensor {
        let positions = (0..<batch.rows).flatMap { row in
            (0..<batch.tokens(ofRow: row).count).map(Int32.init)
        }
        let embedded = itemEmbedding(local(batch.items)) + positionEmbedding(positions)
        var tokens = JaggedTensor(
            values: dropout(layerNorm(embedded)), layout: JaggedLayout(offsets: batch.offsets))
        for layer in trmEncoder.layer { tokens = layer(tokens) }
        return tokens.values
    }

    /// Mean cross-entropy over all targets.
    func loss(_ batch: SequenceBatch) -> Tensor {
        let table = itemEmbedding.weight.value
        let first = settings.scoresPadding ? 0 : 1
        let targets = local(batch.targets).map { $0 - Int32(first) }
        return self(batch).fullSoftmaxLoss(
            table: table[first..<items.count + 1],
            targets: Tensor(targets, device: table.device)
        ).mean()
    }

    /// The vectors of a range of items. [items, width]
    func vectors(of range: Range<Int32>) -> Tensor {
        let first = Int(range.lowerBound - items.lowerBound) + 1
        return itemEmbedding.weight.value[first..<first + range.count]
    }
}

/// The model: one encoder over everything, or one a domain.
public final class SASRec: Module, ItemRanker {
    /// Settings.
    public typealias Configuration = SASRecConfiguration

    private let settings: SASRecConfiguration
    private let shape: DataShape
    private let encoders: [SequenceEncoder]

    /// Draws fresh weights by the reference's rules.
    public init(
        _ configuration: SASRecConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        settings = configuration
        self.shape = shape
        let ranges =
            configuration.scope == .mixed
            ? [1..<Int32(shape.itemCount) + 1] : shape.domains.map(\.items)
        encoders = ranges.map { SequenceEncoder(configuration, items: $0, random: random) }
    }

    /// RecBole's names; with one encoder a domain, behind the domain's letter.
    public override var children: [(name: String, child: Any)] {
        settings.scope == .mixed
            ? [("", encoders[0])] : encoders.enumerated().map { (letter($0), $1) }
    }

    /// One phase over the sequences; the softmax needs no negatives.
    public var phases: [TrainingPhase] {
        [TrainingPhase(name: "train", examples: .sequences(.none))]
    }

    /// Cross-entropy over the encoder's items, averaged over targets; summed over encoders.
    public func loss(of batch: TrainingBatch, in phase: TrainingPhase) -> Loss {
        guard case .sequences(let sequences, _) = batch else {
            preconditionFailure("sasrec: expected sequences")
        }
        guard settings.scope == .perDomain else {
            let loss = encoders[0].loss(sequences.keepingLast(settings.maximumLength))
            return Loss(loss)
        }
        let parts: [(name: String, value: Tensor)] = zip(shape.domains, encoders).compactMap {
            domain, encoder in
            let own = sequences.restricted(to: domain.items).keepingLast(settings.maximumLength)
            return own.tokens == 0 ? nil : (domain.name, encoder.loss(own))
        }
        // A batch can leave no domain a pair; its loss is a zero that autograd can still follow.
        let zero = encoders[0].itemEmbedding.weight.value[0..<0].sum()
        return Loss(parts.reduce(zero) { $0 + $1.value }, parts: parts)
    }

    /// The state after the last event of each row; zeros where the encoder has read nothing. [rows, width]
    public func states(of histories: SequenceBatch, in domains: [DomainID]) -> Tensor {
        let perEncoder = encoders.indices.map { index -> Tensor in
            let range = settings.scope == .mixed ? nil : shape.domains[index].items
            let own = (range.map { histories.restricted(to: $0) } ?? histories)
                .keepingLast(settings.maximumLength)
            let states = encoders[index](own)
            let absent = Int32(own.tokens)
            let last = (0..<own.rows).map { row in
                own.tokens(ofRow: row).isEmpty ? absent : own.offsets[row + 1] - 1
            }
            let zero = Tensor.zeros([1, settings.embeddingSize], device: states.device)
            return Tensor.concatenate([states, zero]).rows(Tensor(last, device: states.device))
        }
        guard settings.scope == .perDomain else { return perEncoder[0] }
        let rows = domains.enumerated().map { row, domain in
            Int32(domain.rawValue * histories.rows + row)
        }
        return Tensor.concatenate(perEncoder).rows(Tensor(rows, device: perEncoder[0].device))
    }

    /// Item embeddings. [items, width]
    public func itemVectors(of domain: DomainID) -> Tensor {
        encoders[settings.scope == .mixed ? 0 : domain.rawValue]
            .vectors(of: shape.domains[domain.rawValue].items)
    }
}
