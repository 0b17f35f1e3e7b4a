internal import CTorch

/// The states of a shared-account filter after each token of each row; Ma et al., SIGIR 2019.
///
/// The values of `tokens` [T, 2h] are what gate and candidate take of the tokens, `weight` [h, 2h] what they take of the
/// state, `shifts` [K, 2h] what each of K members adds to both. A member keeps σ(gate) of the state and takes the rest
/// of tanh(candidate); the new state is the mean over members. Rows start from zeros; the result is [T, h].
public func accountFilter(
    _ tokens: JaggedTensor, weight: Tensor, shifts: Tensor
) -> JaggedTensor {
    let states = make("accountFilter of \(tokens.values.shape) by \(weight.shape)") {
        ct_account_filter(
            tokens.values.pointer, weight.pointer, shifts.pointer, tokens.layout.offsets,
            Int32(tokens.layout.rowCount), $0)
    }
    return tokens.with(states)
}
