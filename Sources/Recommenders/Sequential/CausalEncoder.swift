// The encoder of the original SASRec (Kang and McAuley, ICDM 2018), as C2DSR, Tri-CDR, IFCDSR and others use it.
//
// The query alone is normalised before the attention, and the residual is that normalised query; so it is in
// kang205/SASRec and in its ports to PyTorch. RecBole's encoder, which ``SASRec`` follows, normalises after each residual.
// Parameter names are those of C2DSR's port.

internal import Torch
internal import TorchNN

/// How the weights of an encoder are drawn: references share the architecture, not this.
enum CausalEncoderWeights {
    /// PyTorch's defaults, positions from N(0, 1).
    case pyTorch
    /// Glorot's normal rule for positions and maps, his uniform one for the attention's packed map; biases start at 0.
    case glorot
    /// Positions from N(0, 0.02), Glorot's uniform rule for maps; biases start at 0.
    case small

    fileprivate func positions(_ rows: Int, _ width: Int, random: RandomSources) -> Embedding {
        let rule: Initializer =
            switch self {
            case .pyTorch: .normal(deviation: 1)
            case .glorot: .xavierNormal
            case .small: .normal(deviation: 0.02)
            }
        return Embedding(rows, width, initializer: rule, random: random)
    }

    /// The rule of a square map's weight.
    fileprivate func map(_ width: Int) -> Initializer {
        switch self {
        case .pyTorch: .pyTorch(inputs: width)
        case .glorot: .xavierNormal
        case .small: .xavierUniform
        }
    }

    /// The rule of a convolution's bias.
    fileprivate func bias(_ width: Int) -> Initializer {
        self == .pyTorch ? map(width) : .constant(0)
    }
}

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
    /// How weights are drawn.
    let weights: CausalEncoderWeights
}

/// A position-wise net with residual; its maps are convolutions of width 1 in the reference.
private final class PointWiseFeedForward: Module {
    let conv1: Linear
    let conv2: Linear
    private let dropout: Dropout

    init(_ settings: CausalEncoderSettings, random: RandomSources) {
        let width = settings.width
        func map() -> Linear {
            Linear(
                width, width, initializer: settings.weights.map(width),
                biasInitializer: settings.weights.bias(width), random: random)
        }
        conv1 = map()
        conv2 = map()
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
    /// Whether tokens attend to their whole row, what comes after them included.
    var seesFuture = false

    /// For each token, how many tokens of its row it attends to.
    fileprivate var limits: [Int32] {
        let layout = JaggedLayout(offsets: offsets)
        guard seesFuture else { return layout.causalLimits }
        return (0..<layout.rowCount).flatMap { row in
            let count = layout.tokens(of: row).count
            return [Int32](repeating: Int32(count), count: count)
        }
    }
}

/// The blocks of an encoder, without its positions.
final class CausalBackbone: Module {
    let attentionLayernorms: [LayerNorm]
    let attentionLayers: [MultiHeadAttention]
    let forwardLayernorms: [LayerNorm]
    private let forwardLayers: [PointWiseFeedForward]
    let lastLayernorm: LayerNorm

    /// Draws fresh weights.
    init(_ settings: CausalEncoderSettings, random: RandomSources) {
        let width = settings.width
        let blocks = 0..<settings.blocks
        attentionLayernorms = blocks.map { _ in LayerNorm(width, epsilon: 1e-8) }
        attentionLayers = blocks.map { _ in
            MultiHeadAttention(
                width, heads: settings.heads, dropout: settings.dropout,
                initializer: settings.weights.map(width), random: random)
        }
        forwardLayernorms = blocks.map { _ in LayerNorm(width, epsilon: 1e-8) }
        forwardLayers = blocks.map { _ in PointWiseFeedForward(settings, random: random) }
        lastLayernorm = LayerNorm(width, epsilon: 1e-8)
    }

    /// Some of the blocks, one after another.
    func callAsFunction(
        _ embedded: JaggedTensor, blocks: Range<Int>, at places: TokenPlaces
    ) -> JaggedTensor {
        var tokens = embedded
        let limits = places.limits
        for block in blocks {
            let query = attentionLayernorms[block](tokens.values)
            let attended = attentionLayers[block](
                tokens.with(query), memory: tokens, keyLimits: limits, padding: places.padding)
            let normed = forwardLayernorms[block](query + attended.values)
            tokens.values = forwardLayers[block](normed)
        }
        return tokens
    }
}

/// Causal self-attention over sequences with learned positions.
final class CausalEncoder: Module {
    let posEmb: Embedding
    let backbone: CausalBackbone
    let dropout: Dropout

    /// Draws fresh weights.
    init(_ settings: CausalEncoderSettings, random: RandomSources) {
        posEmb = settings.weights.positions(
            settings.positions, settings.width, random: random)
        backbone = CausalBackbone(settings, random: random)
        dropout = Dropout(settings.dropout, random: random)
    }

    /// The names of C2DSR's port.
    override var renamedChildren: [String: String] { ["backbone": ""] }

    /// What the blocks read. values: [tokens, width], already scaled
    func embedded(_ values: Tensor, at places: TokenPlaces) -> JaggedTensor {
        JaggedTensor(
            values: dropout(values + posEmb(places.positions)),
            layout: JaggedLayout(offsets: places.offsets))
    }

    /// The state after each token. values: [tokens, width], already scaled
    func callAsFunction(_ values: Tensor, at places: TokenPlaces) -> Tensor {
        let blocks = backbone.attentionLayers.indices
        return backbone.lastLayernorm(
            backbone(embedded(values, at: places), blocks: blocks, at: places).values)
    }
}
