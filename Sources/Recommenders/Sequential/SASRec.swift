// SASRec: self-attentive sequential recommendation.
//
// W.-C. Kang, J. McAuley, ICDM 2018, arXiv 1808.09781.
// Reference code: RUCAIBox/RecBole, commit 7b02be5 (post-norm encoder, GELU, cross-entropy over all items).
//
// Differences from the reference: sequences are jagged; every prefix is predicted once in one pass instead of being a
// sample of its own; the padding row is no candidate (`scoresPadding` makes it one); `scope` chooses between one
// encoder over the mixed sequence and one for each domain over its own events, the single-domain twin; `softmax` can
// replace all items by samples; `gca` lets the domains' encoders hear of each other (GatedCrossAttention.swift), each
// state of all that the other domains had before what it predicts. Such threads are what LLM4CDSR has, a host of the GCA
// paper; that is inferred, and so are the stages' places.

public import Interactions
public import Torch
public import TorchNN

/// Settings of SASRec; the defaults are RecBole's.
public struct SASRecConfiguration: SequenceModelConfiguration {
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
    /// Which items of an encoder's table compete with a target.
    public var softmax = ItemSoftmax.full
    /// Items of each domain drawn for the sampled and the shared softmax.
    public var negatives = 128
    /// Whether the padding row takes part in the full softmax.
    public var scoresPadding = false
    /// Gated cross-attention between the encoders of the domains, for scope per-domain.
    public var gca = GCAConfiguration()

    /// RecBole's settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try requireHeads(heads, "heads", dividing: ("embeddingSize", embeddingSize))
        try require([("layers", layers)], in: SettingRange.depth)
        try require([("innerSize", innerSize)], in: SettingRange.width)
        try require(
            initializerRange >= 0, "initializerRange", expected: "at least 0",
            got: initializerRange)
        try require(
            layerNormEpsilon > 0, "layerNormEpsilon", expected: "above 0", got: layerNormEpsilon)
        try validateSequences()
        try requireShares([
            ("hiddenDropout", hiddenDropout), ("attentionDropout", attentionDropout),
        ])
    }

    /// Padding is among all items, and in no sample.
    public var idle: [IdleSetting] {
        guard softmax != .full else { return softmax.idle }
        return [IdleSetting("scoresPadding", "beside softmax: \(softmax)")]
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

    /// The newest token of each row alone; a row without tokens stays empty.
    func newest(of tokens: JaggedTensor) -> JaggedTensor {
        let lengths = (0..<tokens.layout.rowCount).map { tokens.layout.tokens(of: $0).count }
        let places = tokens.layout.offsets.dropFirst().enumerated()
            .filter { lengths[$0.offset] > 0 }.map { $0.element - 1 }
        let own = JaggedTensor(
            values: tokens.values.rows(Tensor(places, device: tokens.values.device)),
            layout: JaggedLayout(lengths: lengths.map { min($0, 1) }))
        let mixed = jaggedAttention(
            query: own.with(query(own.values)), key: tokens.with(key(tokens.values)),
            value: value(tokens.values), keyLimits: lengths.filter { $0 > 0 }.map(Int32.init),
            heads: settings.heads, dropout: isTraining ? settings.attentionDropout : 0,
            generator: generator)
        return own.with(layerNorm(dropout(dense(mixed.values)) + own.values))
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

    /// The newest token of each row alone.
    func newest(of tokens: JaggedTensor) -> JaggedTensor {
        feedForward(multiHeadAttention.newest(of: tokens))
    }
}

private final class TransformerEncoder: Module {
    let layer: [TransformerLayer]

    init(_ settings: SASRecConfiguration, random: RandomSources) {
        layer = (0..<settings.layers).map { _ in TransformerLayer(settings, random: random) }
    }
}

/// The net over one item table.
public final class SASRecEncoder: Module, StagedEncoder {
    /// The vectors of the items. [items + 1, width]
    public let itemEmbedding: Embedding
    private let positionEmbedding: Embedding
    private let trmEncoder: TransformerEncoder
    private let layerNorm: LayerNorm
    private let dropout: Dropout

    /// Draws fresh weights by the reference's rules.
    public init(_ configuration: SASRecConfiguration, items: Int, random: RandomSources) {
        let width = configuration.embeddingSize
        let normal = Initializer.normal(deviation: configuration.initializerRange)
        itemEmbedding = Embedding(items + 1, width, initializer: normal, random: random)
        positionEmbedding = Embedding(
            configuration.maximumLength, width, initializer: normal, random: random)
        trmEncoder = TransformerEncoder(configuration, random: random)
        layerNorm = LayerNorm(width, epsilon: configuration.layerNormEpsilon)
        dropout = Dropout(configuration.hiddenDropout, random: random)
    }

    /// RecBole's names.
    public override var renamedChildren: [String: String] { ["layerNorm": "LayerNorm"] }

    /// Items and positions, normalised. [tokens, width]
    public func embed(_ batch: SequenceBatch) -> JaggedTensor {
        let positions = (0..<batch.rows).flatMap { row in
            (0..<batch.tokens(ofRow: row).count).map(Int32.init)
        }
        let embedded = itemEmbedding(batch.items) + positionEmbedding(positions)
        return JaggedTensor(
            values: dropout(layerNorm(embedded)), layout: JaggedLayout(offsets: batch.offsets))
    }

    /// The layers.
    public var blocks: [(JaggedTensor) -> JaggedTensor] {
        trmEncoder.layer.map { layer in { layer($0) } }
    }

    /// The state after each token. [tokens, width]
    public func states(of batch: SequenceBatch) -> Tensor {
        trmEncoder.layer.reduce(embed(batch)) { $1($0) }.values
    }

    /// The state after the last token of each row that has one. [rows with tokens, width]
    public func newestStates(of batch: SequenceBatch) -> Tensor {
        let tokens = trmEncoder.layer.dropLast().reduce(embed(batch)) { $1($0) }
        // The last layer's other outputs are read by nobody.
        return trmEncoder.layer.suffix(1).reduce(tokens) { $1.newest(of: $0) }.values
    }
}

/// The model: one encoder over everything, or one a domain.
public typealias SASRec = SequenceModel<SASRecEncoder>
