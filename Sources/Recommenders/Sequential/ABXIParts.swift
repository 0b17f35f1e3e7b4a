internal import Torch
internal import TorchNN

/// Self-attention with residual and LayerNorm after it.
final class ABXIAttention: Module {
    let mha: MultiHeadAttention
    let normMha: LayerNorm
    private let dropout: Dropout

    init(_ settings: ABXIConfiguration, initializer: Initializer, random: RandomSources) {
        mha = MultiHeadAttention(
            settings.embeddingSize, heads: settings.heads, initializer: initializer,
            random: random)
        normMha = LayerNorm(settings.embeddingSize)
        dropout = Dropout(settings.dropout, random: random)
    }

    func callAsFunction(_ tokens: JaggedTensor, padding: [Int32]?) -> JaggedTensor {
        tokens.with(
            normMha(
                tokens.values, adding: mha(tokens, padding: padding).values, dropout: dropout))
    }

    /// The newest token of each row alone; zeros in a row without tokens. [rows, d]
    func newest(of tokens: JaggedTensor, padding: [Int32]?) -> Tensor {
        let offsets = tokens.layout.offsets
        let device = tokens.values.device
        guard tokens.layout.tokenCount > 0 else {
            return .zeros([tokens.layout.rowCount, tokens.values.size(1)], device: device)
        }
        let newest = Tensor(offsets.dropFirst().map { max($0 - 1, 0) }, device: device)
        let updated = normMha(
            tokens.values.rows(newest) + dropout(mha.newest(of: tokens, padding: padding)))
        let seen = zip(offsets, offsets.dropFirst()).map { $0 < $1 ? Float(1) : 0 }
        guard seen.contains(0) else { return updated }
        return updated * Tensor(seen, shape: [seen.count, 1], device: device)
    }
}

/// What a domain has for itself: its adapters, projector and norms.
final class ABXIDomain: Module {
    let dlora: LoRA
    let normSa: LayerNorm
    let ilora: LoRA
    let proj: SwiGLU
    let normI2: LayerNorm
    let norm2: LayerNorm

    init(_ settings: ABXIConfiguration, initializer: Initializer, random: RandomSources) {
        let width = settings.embeddingSize
        dlora = LoRA(width, rank: settings.domainRank, random: random)
        normSa = LayerNorm(width)
        ilora = LoRA(width, rank: settings.invariantRank, random: random)
        proj = SwiGLU(width, inner: settings.innerSize, initializer: initializer, random: random)
        normI2 = LayerNorm(width)
        norm2 = LayerNorm(width)
    }
}
