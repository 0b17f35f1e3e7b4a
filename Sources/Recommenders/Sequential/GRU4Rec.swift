// GRU4Rec: session-based recommendations with recurrent neural networks.
//
// B. Hidasi, A. Karatzoglou, L. Baltrunas, D. Tikk, ICLR 2016, arXiv 1511.06939.
// Reference code: RUCAIBox/RecBole, commit 7b02be5 (Tan, Xu, Liu, DLRS 2016: dropout on the input, cross-entropy over all
// items instead of a ranking loss).
//
// Differences from the reference: sequences are jagged; every prefix is predicted once in one pass instead of being a
// sample of its own; the padding row is no candidate; all layers are drawn by Glorot's rule, where the reference leaves
// those after the first to PyTorch's; `scope` chooses between one encoder over the mixed sequence and one for each domain
// over its own events; `softmax` can replace all items by samples.

public import Interactions
public import Torch
public import TorchNN

/// Settings of GRU4Rec; the defaults are RecBole's.
public struct GRU4RecConfiguration: SequenceModelConfiguration {
    /// Width of item vectors and of states.
    public var embeddingSize = 64
    /// Width inside the recurrent layers.
    public var hiddenSize = 128
    /// Recurrent layers.
    public var layers = 1
    /// Dropout on item vectors.
    public var dropout = 0.3
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 50
    /// What an encoder reads.
    public var scope = SequenceScope.mixed
    /// Which items of an encoder's table compete with a target.
    public var softmax = ItemSoftmax.full
    /// Items of each domain drawn for the sampled and the shared softmax.
    public var negatives = 128

    /// RecBole's settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try validateSequences()
        try require([("hiddenSize", hiddenSize)], in: SettingRange.width)
        try require([("layers", layers)], in: SettingRange.depth)
        try requireShares([("dropout", dropout)])
    }
}

/// The net over one item table.
public final class GRU4RecEncoder: Module, SequenceEncoder {
    /// The vectors of the items. [items + 1, width]
    public let itemEmbedding: Embedding
    private let gruLayers: GRU
    private let dense: Linear
    private let dropout: Dropout

    /// Draws fresh weights by the reference's rules.
    public init(_ configuration: GRU4RecConfiguration, items: Int, random: RandomSources) {
        let (width, hidden) = (configuration.embeddingSize, configuration.hiddenSize)
        itemEmbedding = Embedding(items + 1, width, initializer: .xavierNormal, random: random)
        gruLayers = GRU(
            width, hidden: hidden, layers: configuration.layers, bias: false,
            initializer: .xavierUniform, random: random)
        // The reference leaves this map to PyTorch's default.
        dense = Linear(pyTorch: hidden, width, random: random)
        dropout = Dropout(configuration.dropout, random: random)
    }

    private func hidden(of batch: SequenceBatch) -> JaggedTensor {
        gruLayers(
            JaggedTensor(
                values: dropout(itemEmbedding(batch.items)),
                layout: JaggedLayout(offsets: batch.offsets)))
    }

    /// The state after each token. [tokens, width]
    public func states(of batch: SequenceBatch) -> Tensor { dense(hidden(of: batch).values) }

    /// The state after the last token of each row that has one. [rows with tokens, width]
    public func newestStates(of batch: SequenceBatch) -> Tensor {
        let last = (0..<batch.rows).compactMap { batch.tokens(ofRow: $0).last.map(Int32.init) }
        let hidden = hidden(of: batch).values
        return dense(hidden.rows(Tensor(last, device: hidden.device)))
    }
}

/// The model: one encoder over everything, or one a domain.
public typealias GRU4Rec = SequenceModel<GRU4RecEncoder>
