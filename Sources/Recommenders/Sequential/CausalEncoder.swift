// The encoder of the original SASRec (Kang and McAuley, ICDM 2018), as C2DSR, Tri-CDR, IFCDSR and others use it.
//
// The query alone is normalised before the attention, and the residual is that normalised query; so it is in
// kang205/SASRec and in its ports to PyTorch. RecBole's encoder, which ``SASRec`` follows, normalises after each residual.
// Parameter names are those of C2DSR's port.

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
    /// Dropout of the input, of attention weights and in the feed-forward nets.
    let dropout: Double
    /// Rows of the table of positions.
    let positions: Int
}

/// A position-wise net with residual; its maps are convolutions of width 1 in the reference.
private final class PointWiseFeedForward: Module {
    let conv1: Linear
    let conv2: Linear
    private let dropout: Dropout

    init(_ settings: CausalEncoderSettings, random: RandomSources) {
        let width = settings.width
        conv1 = Linear(width, width, initializer: .xavierUniform, random: random)
        conv2 = Linear(width, width, initializer: .xavierUniform, random: random)
        dropout = Dropout(settings.dropout, random: random)
    }

    func callAsFunction(_ input: Tensor) -> Tensor {
        input + dropout(conv2(dropout(conv1(input)).relu()))
    }
}

/// Where the tokens of a sequence stand.
struct TokenPlaces {
    /// Where each row begins.
    let offsets: [Int32]
    /// Each token's row of the table of positions.
    let positions: [Int32]
    /// For each token, how many zero vectors before it are attended to: what a padded implementation without a key mask
    /// does.
    var padding: [Int32]?
}

/// Causal self-attention over sequences with learned positions.
final class CausalEncoder: Module {
    let posEmb: Embedding
    let attentionLayernorms: [LayerNorm]
    let attentionLayers: [MultiHeadAttention]
    let forwardLayernorms: [LayerNorm]
    private let forwardLayers: [PointWiseFeedForward]
    let lastLayernorm: LayerNorm
    private let dropout: Dropout

    /// Draws fresh weights.
    init(_ settings: CausalEncoderSettings, random: RandomSources) {
        let width = settings.width
        let blocks = 0..<settings.blocks
        posEmb = Embedding(
            settings.positions, width, initializer: .normal(deviation: 0.02), random: random)
        attentionLayernorms = blocks.map { _ in LayerNorm(width, epsilon: 1e-8) }
        attentionLayers = blocks.map { _ in
            MultiHeadAttention(
                width, heads: settings.heads, dropout: settings.dropout,
                initializer: .xavierUniform, random: random)
        }
        forwardLayernorms = blocks.map { _ in LayerNorm(width, epsilon: 1e-8) }
        forwardLayers = blocks.map { _ in PointWiseFeedForward(settings, random: random) }
        lastLayernorm = LayerNorm(width, epsilon: 1e-8)
        dropout = Dropout(settings.dropout, random: random)
    }

    /// The state after each token. values: [tokens, width], already scaled
    func callAsFunction(_ values: Tensor, at places: TokenPlaces) -> Tensor {
        var tokens = JaggedTensor(
            values: dropout(values + posEmb(places.positions)),
            layout: JaggedLayout(offsets: places.offsets))
        let limits = tokens.layout.causalLimits
        for block in attentionLayers.indices {
            let query = attentionLayernorms[block](tokens.values)
            let attended = attentionLayers[block](
                tokens.with(query), memory: tokens, keyLimits: limits, padding: places.padding)
            let normed = forwardLayernorms[block](query + attended.values)
            tokens.values = forwardLayers[block](normed)
        }
        return lastLayernorm(tokens.values)
    }
}
