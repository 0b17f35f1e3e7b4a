internal import CTorch

/// Sums of members' values, each weighted by the inner product of `weight` with sigmoid(query + the member's key).
///
/// `queries` [P, d], `keys` and `values` [M, d], `weight` [d]. Sum p is over `members` of row p of the layout: indices
/// of keys and values, of which one may occur several times. The result is [P, d]. Nothing of the size pairs × d is
/// held. The backward pass is spread over threads where runs of sums have no members in common.
public func sigmoidPool(
    queries: Tensor, keys: Tensor, values: Tensor, weight: Tensor, layout: JaggedLayout,
    members: [Int32]
) -> Tensor {
    require(
        members.count == layout.tokenCount,
        "sigmoidPool: \(layout.tokenCount) members by the layout, \(members.count) came")
    return make("sigmoidPool of \(queries.shape) over \(keys.shape)") {
        ct_sigmoid_pool(
            queries.pointer, keys.pointer, values.pointer, weight.pointer, layout.offsets, members,
            Int32(layout.rowCount), $0)
    }
}
