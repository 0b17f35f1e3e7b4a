internal import CTorch

/// Means of each row's tokens, weighted by the softmax of `scale` times their inner products with the row's queries.
///
/// `queries` [rows, heads · width] holds a query of the tokens' own width for each head, and so does the result.
/// `zeros[r]` zero vectors take part as well, if given. A row without tokens gets zeros.
public func attentionPool(
    queries: Tensor, tokens: JaggedTensor, heads: Int, scale: Double, zeros: [Int32]? = nil
) -> Tensor {
    let rows = tokens.layout.rowCount
    require(
        (zeros?.count ?? rows) == rows,
        "attentionPool: zero vectors for \(zeros?.count ?? 0) rows, \(rows) rows of tokens")
    return make("attentionPool of \(queries.shape) and \(tokens.values.shape)") {
        ct_attention_pool(
            queries.pointer, tokens.values.pointer, tokens.layout.offsets, Int32(rows),
            Int32(heads), scale, zeros, $0)
    }
}
