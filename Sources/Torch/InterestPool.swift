internal import CTorch

/// The weights of a net over pairs of a fact and a query: two non-linear layers and a score.
public struct PairNet {
    let outer: Tensor
    let inner: Tensor
    let bias: Tensor
    let last: Tensor
    let slopes: Tensor

    /// Takes the first layer's weight of products [h, d], the second layer [k, h] with its bias [k], the score [k], and
    /// what each of the two non-linearities multiplies negative numbers by [2].
    public init(outer: Tensor, inner: Tensor, bias: Tensor, last: Tensor, slopes: Tensor) {
        self.outer = outer
        self.inner = inner
        self.bias = bias
        self.last = last
        self.slopes = slopes
    }
}

/// Sums of facts, weighted for each query by a softmax over the scores of a net.
///
/// Query q [d] sees the facts of range q; one that sees none gets zeros. With `factTerms` [facts, h] and `queryTerms`
/// [queries, h], what the first layer makes of either alone, the score of fact f is
///
///     last · prelu(inner prelu(factTerms[f] + queryTerms[q] + outer (facts[f] * queries[q])) + bias)
///
/// On the CPU nothing of the size pairs × h is held. The result is [queries, d].
public func interestPool(
    facts: Tensor, factTerms: Tensor, queries: Tensor, queryTerms: Tensor, net: PairNet,
    ranges: [Range<Int32>]
) -> Tensor {
    make("interestPool of \(facts.shape) for \(queries.shape)") {
        ct_interest_pool(
            facts.pointer, factTerms.pointer, queries.pointer, queryTerms.pointer,
            net.outer.pointer, net.inner.pointer, net.bias.pointer, net.last.pointer,
            net.slopes.pointer, ranges.map(\.lowerBound), ranges.map(\.upperBound),
            Int32(ranges.count), $0)
    }
}
