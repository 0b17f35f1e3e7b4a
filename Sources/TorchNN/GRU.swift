public import Torch

/// Gated recurrent units over jagged sequences, one layer or several.
///
/// Cho et al., EMNLP 2014.
/// Parameters carry the names of `torch.nn.GRU`: `weight_ih_l0` [3 hidden, input], `weight_hh_l0` [3 hidden, hidden],
/// `bias_ih_l0` and `bias_hh_l0` [3 hidden], if it has biases, and so on for `l1`.
public final class GRU: Module {
    private struct Layer {
        let inputWeight: Parameter
        let stateWeight: Parameter
        let inputBias: Parameter?
        let stateBias: Parameter?
    }

    private let layers: [Layer]

    /// Draws the weights by `initializer` and the biases, if it has any, by `biasInitializer`.
    public init(
        _ input: Int, hidden: Int, layers: Int = 1, bias: Bool = true, initializer: Initializer,
        biasInitializer: Initializer = .constant(0), random: RandomSources
    ) {
        let generator = random.initialization
        func drawnBias() -> Parameter? {
            bias ? Parameter(biasInitializer.draw([3 * hidden], from: generator)) : nil
        }
        self.layers = (0..<layers).map { index in
            Layer(
                inputWeight: Parameter(
                    initializer.draw([3 * hidden, index == 0 ? input : hidden], from: generator)),
                stateWeight: Parameter(initializer.draw([3 * hidden, hidden], from: generator)),
                inputBias: drawnBias(), stateBias: drawnBias())
        }
    }

    /// The names of `torch.nn.GRU`.
    public override var children: [(name: String, child: Any)] {
        layers.enumerated().flatMap { index, layer in
            [
                ("weight_ih_l\(index)", layer.inputWeight as Any),
                ("weight_hh_l\(index)", layer.stateWeight),
                ("bias_ih_l\(index)", layer.inputBias as Any),
                ("bias_hh_l\(index)", layer.stateBias as Any),
            ]
        }
    }

    /// The last layer's state after each token: [tokens, input] to [tokens, hidden].
    ///
    /// Rows start from `initial`, one tensor [rows, hidden] a layer, or from zeros.
    public func callAsFunction(_ tokens: JaggedTensor, initial: [Tensor]? = nil) -> JaggedTensor {
        precondition(
            (initial?.count ?? layers.count) == layers.count,
            "GRU: \(layers.count) layers, initial states for \(initial?.count ?? 0)")
        return layers.enumerated().reduce(tokens) { tokens, layer in
            jaggedGRU(
                tokens,
                weights: GRUWeights(
                    input: layer.element.inputWeight.value,
                    state: layer.element.stateWeight.value,
                    inputBias: layer.element.inputBias?.value,
                    stateBias: layer.element.stateBias?.value),
                initial: initial?[layer.offset])
        }
    }
}
