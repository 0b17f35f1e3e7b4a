public import Torch

extension MultiHeadAttention {
    /// Causal self-attention of each row's newest token alone, which sees its whole row. [rows, width]
    ///
    /// The same as the last tokens' outputs of ``callAsFunction(_:padding:)``, up to rounding, with work that does not
    /// grow with tokens × width²: keys and values are never projected. A query q meets a token x as q · W x = (Wᵀ q) · x,
    /// and a weighted mean of W x is W times the weighted mean of x; biases of keys cancel in the softmax.
    /// `padding` counts the zero vectors in front of each row. Rows without tokens are undefined.
    public func newest(of tokens: JaggedTensor, padding: [Int32]? = nil) -> Tensor {
        let newest = tokens.layout.offsets.dropFirst().map { max($0 - 1, 0) }
        let part = width / heads
        let query = tokens.values.rows(Tensor(newest, device: tokens.values.device))
            .linear(inProjWeight.value[0..<width], bias: inProjBias.value[0..<width])
        let absorbed = Tensor.concatenate(
            (0..<heads).map { head in
                let own = head * part..<(head + 1) * part
                return query.narrowed(1, own).matmul(
                    inProjWeight.value[width + own.lowerBound..<width + own.upperBound])
            }, dimension: 1)  // [rows, heads · width]
        let pooled = attentionPool(
            queries: absorbed, tokens: tokens, heads: heads,
            scale: 1 / Double(part).squareRoot(), zeros: padding)
        // Zero vectors have the value bias alone, and weights sum to 1.
        let mixed = Tensor.concatenate(
            (0..<heads).map { head in
                let own = 2 * width + head * part..<2 * width + (head + 1) * part
                return pooled.narrowed(1, head * width..<(head + 1) * width)
                    .linear(inProjWeight.value[own], bias: inProjBias.value[own])
            }, dimension: 1)
        return outProj(mixed)
    }
}
