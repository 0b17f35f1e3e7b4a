public import Torch

/// Multi-head attention over jagged sequences with packed projections.
///
/// Vaswani et al., NIPS 2017.
/// Parameters carry the names of `torch.nn.MultiheadAttention`: `in_proj_weight` [3 width, width],
/// `in_proj_bias` [3 width], `out_proj.weight`, `out_proj.bias`.
public final class MultiHeadAttention: Module {
    /// Query, key and value projections, one below the other [3 width, width].
    public let inProjWeight: Parameter
    /// Their biases [3 width].
    public let inProjBias: Parameter
    /// The projection of the joined heads.
    public let outProj: Linear
    let heads: Int
    let width: Int
    private let dropout: Double
    private let generator: Generator

    /// Draws the packed projection by Glorot's uniform rule and the output by `initializer`; biases start at 0.
    ///
    /// `dropout` is that of attention weights in training.
    public init(
        _ width: Int, heads: Int, dropout: Double = 0, initializer: Initializer,
        random: RandomSources
    ) {
        precondition(
            heads > 0 && width % heads == 0,
            "MultiHeadAttention: width \(width) does not split into \(heads) heads")
        self.width = width
        self.heads = heads
        self.dropout = dropout
        generator = random.dropout
        inProjWeight = Parameter(
            Initializer.xavierUniform.draw([3 * width, width], from: random.initialization))
        inProjBias = Parameter(.zeros([3 * width]))
        outProj = Linear(width, width, initializer: initializer, random: random)
    }

    /// Causal self-attention: each token sees itself and what came before it in its row.
    ///
    /// `padding[t]` zero vectors in front of token t are attended to as well, if given: what a padded
    /// implementation without a key mask does.
    public func callAsFunction(_ tokens: JaggedTensor, padding: [Int32]? = nil) -> JaggedTensor {
        let joined = tokens.values.linear(inProjWeight.value, bias: inProjBias.value)
        let parts = (0..<3).map { joined.narrowed(1, $0 * width..<($0 + 1) * width) }
        let mixed = jaggedAttention(
            query: tokens.with(parts[0]), key: tokens.with(parts[1]), value: parts[2],
            keyLimits: tokens.layout.causalLimits, heads: heads, phantoms: phantoms(padding),
            dropout: isTraining ? dropout : 0, generator: generator)
        return tokens.with(outProj(mixed.values))
    }

    /// Cross-attention: query token t sees the first `keyLimits[t]` tokens of its row of `memory`.
    ///
    /// A query that sees none gets zeros, the output bias included. `padding[t]` zero vectors are seen as well, if given.
    public func callAsFunction(
        _ queries: JaggedTensor, memory: JaggedTensor, keyLimits: [Int32],
        padding: [Int32]? = nil
    ) -> JaggedTensor {
        let query = queries.values.linear(
            inProjWeight.value[0..<width], bias: inProjBias.value[0..<width])
        let joined = memory.values.linear(
            inProjWeight.value[width..<3 * width], bias: inProjBias.value[width..<3 * width])
        let mixed = jaggedAttention(
            query: queries.with(query), key: memory.with(joined.narrowed(1, 0..<width)),
            value: joined.narrowed(1, width..<2 * width), keyLimits: keyLimits, heads: heads,
            phantoms: phantoms(padding), dropout: isTraining ? dropout : 0, generator: generator)
        let seen = Tensor(
            keyLimits.indices.map { keyLimits[$0] + (padding?[$0] ?? 0) > 0 ? Float(1) : 0 },
            shape: [keyLimits.count, 1],
            device: query.device)
        return queries.with(outProj(mixed.values) * seen)
    }

    /// Zero vectors as keys: their projections are the biases alone.
    private func phantoms(_ counts: [Int32]?) -> PhantomKeys? {
        counts.map {
            PhantomKeys(
                key: inProjBias.value[width..<2 * width],
                value: inProjBias.value[2 * width..<3 * width], counts: $0)
        }
    }
}
