internal import CTorch

/// The weights of one layer of gated recurrent units, with the names and the layout of `torch.nn.GRU`.
///
/// Reset gate, update gate and candidate stand one below the other.
public struct GRUWeights {
    let input: Tensor
    let state: Tensor
    let inputBias: Tensor?
    let stateBias: Tensor?

    /// Maps of the input [3h, in] and of the state [3h, h], and their biases [3h], if there are any.
    public init(
        input: Tensor, state: Tensor, inputBias: Tensor? = nil, stateBias: Tensor? = nil
    ) {
        self.input = input
        self.state = state
        self.inputBias = inputBias
        self.stateBias = stateBias
    }
}

/// The states of gated recurrent units after each token of each row; Cho et al., EMNLP 2014.
///
/// The values of `tokens` are [T, in], the result is [T, h]. Rows start from `initial` [rows, h], or from zeros.
public func jaggedGRU(
    _ tokens: JaggedTensor, weights: GRUWeights, initial: Tensor? = nil
) -> JaggedTensor {
    let states = make("jaggedGRU of \(tokens.values.shape) by \(weights.state.shape)") {
        ct_jagged_gru(
            tokens.values.pointer, weights.input.pointer, weights.state.pointer,
            weights.inputBias?.pointer, weights.stateBias?.pointer, initial?.pointer,
            tokens.layout.offsets, Int32(tokens.layout.rowCount), $0)
    }
    return tokens.with(states)
}
