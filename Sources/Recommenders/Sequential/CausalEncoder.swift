// The encoder of the original SASRec (Kang and McAuley, ICDM 2018), as C2DSR, Tri-CDR, IFCDSR and others use it.
//
// The query alone is normalised before the attention, and the residual is that normalised query; so it is in
// kang205/SASRec and in its ports to PyTorch. RecBole's encoder, which ``SASRec`` follows, normalises after each residual.

internal import Interactions
internal import Torch
internal import TorchNN

/// The sizes of an encoder.
struct CausalEncoderSettings {
    /// Width of the tokens.
    let width: Int
    /// Blocks, one above the other.
    let blocks: Int
    /// Heads of each attention.
    let heads: Int
    /// Dropout on attention weights and in the feed-forward nets.
    let dropout: Double
}

/// Attention and a position-wise net.
private final class CausalBlock: Module {
    let attentionNorm: LayerNorm
    let attention: MultiHeadAttention
    let forwardNorm: LayerNorm
    let forward: FeedForward
    private let dropout: Dropout

    init(_ settings: CausalEncoderSettings, random: RandomSources) {
        attentionNorm = LayerNorm(settings.width, epsilon: 1e-8)
        attention = MultiHeadAttention(
            settings.width, heads: settings.heads, dropout: settings.dropout,
            initializer: .xavierUniform, random: random)
        forwardNorm = LayerNorm(settings.width, epsilon: 1e-8)
        forward = FeedForward(
            settings.width, inner: settings.width, settings.width, activation: .relu,
            initializer: .xavierUniform, random: random)
        dropout = Dropout(settings.dropout, random: random)
    }

    func callAsFunction(_ tokens: JaggedTensor) -> JaggedTensor {
        let query = tokens.with(attentionNorm(tokens.values))
        let attended = attention(
            query, memory: tokens, keyLimits: tokens.layout.causalLimits)
        let normed = forwardNorm(query.values + attended.values)
        return tokens.with(normed + dropout(forward.dense2(dropout(forward.dense1(normed).relu()))))
    }
}

/// Causal self-attention over sequences with learned positions, counted from the newest token.
final class CausalEncoder: Module {
    let positions: Embedding
    private let blocks: [CausalBlock]
    let lastNorm: LayerNorm
    private let dropout: Dropout
    private let scale: Double

    /// `maximumLength` is that of the longest sequence.
    init(_ settings: CausalEncoderSettings, maximumLength: Int, random: RandomSources) {
        positions = Embedding(
            maximumLength, settings.width, initializer: .normal(deviation: 0.02), random: random)
        blocks = (0..<settings.blocks).map { _ in CausalBlock(settings, random: random) }
        lastNorm = LayerNorm(settings.width, epsilon: 1e-8)
        dropout = Dropout(settings.dropout, random: random)
        scale = Double(settings.width).squareRoot()
    }

    /// The state after each token of rows that fit the maximum length. values: [tokens, width]
    func callAsFunction(_ values: Tensor, of batch: SequenceBatch) -> Tensor {
        let places = positions(batch.distancesFromEnd.map { $0 - 1 })
        let embedded = JaggedTensor(
            values: dropout(values * scale + places), layout: JaggedLayout(offsets: batch.offsets))
        return lastNorm(blocks.reduce(embedded) { $1($0) }.values)
    }
}
