public import Torch

/// An affine map x Wᵀ + b of the last dimension.
public final class Linear: Module {
    /// [out, in].
    public let weight: Parameter
    /// [out], if the layer has one.
    public let bias: Parameter?

    /// Draws the weight; the bias starts at 0 unless it is drawn too.
    public init(
        _ input: Int, _ output: Int, bias: Bool = true, initializer: Initializer,
        biasInitializer: Initializer = .constant(0), random: RandomSources
    ) {
        weight = Parameter(initializer.draw([output, input], from: random.initialization))
        self.bias =
            bias ? Parameter(biasInitializer.draw([output], from: random.initialization)) : nil
    }

    /// Draws weight and bias as `torch.nn.Linear` does.
    public convenience init(pyTorch input: Int, _ output: Int, random: RandomSources) {
        let rule = Initializer.pyTorch(inputs: input)
        self.init(input, output, initializer: rule, biasInitializer: rule, random: random)
    }

    /// [..., in] to [..., out].
    public func callAsFunction(_ input: Tensor) -> Tensor {
        input.linear(weight.value, bias: bias?.value)
    }
}

/// A table of vectors, one row an index.
public final class Embedding: Module {
    /// [rows, width].
    public let weight: Parameter

    /// Draws the table.
    public init(_ rows: Int, _ width: Int, initializer: Initializer, random: RandomSources) {
        weight = Parameter(initializer.draw([rows, width], from: random.initialization))
    }

    /// Rows by index: [tokens] to [tokens, width].
    public func callAsFunction(_ indices: Tensor) -> Tensor { weight.value.rows(indices) }

    /// Rows by index: [tokens, width].
    public func callAsFunction(_ indices: [Int32]) -> Tensor {
        weight.value.rows(Tensor(indices, device: weight.value.device))
    }
}

/// Normalisation of the last dimension to mean 0 and variance 1, with trained scale and shift.
public final class LayerNorm: Module {
    /// Scale [width].
    public let weight: Parameter
    /// Shift [width].
    public let bias: Parameter
    private let epsilon: Double

    /// Scale starts at 1, shift at 0.
    public init(_ width: Int, epsilon: Double = 1e-5) {
        weight = Parameter(.ones([width]))
        bias = Parameter(.zeros([width]))
        self.epsilon = epsilon
    }

    /// The shape stays.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        input.layerNorm(weight: weight.value, bias: bias.value, epsilon: epsilon)
    }

    /// The norm of an input plus up to two residual branches, each behind its own dropout.
    public func callAsFunction(
        _ input: Tensor, adding branches: Tensor..., dropout: Dropout? = nil
    ) -> Tensor {
        input.residualLayerNorm(
            adding: branches, weight: weight.value, bias: bias.value, epsilon: epsilon,
            dropout: dropout?.activeProbability ?? 0, generator: dropout?.generator)
    }
}

/// Zeroes elements at random in training and scales the rest; nothing in evaluation.
public final class Dropout: Module {
    private let probability: Double
    let generator: Generator

    /// The share it zeroes now: none in evaluation.
    var activeProbability: Double { isTraining ? probability : 0 }

    /// Takes the share to zero, in [0, 1).
    public init(_ probability: Double, random: RandomSources) {
        precondition(
            (0..<1).contains(probability), "Dropout: expected [0, 1), got \(probability)")
        self.probability = probability
        generator = random.dropout
    }

    /// The shape stays.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        activeProbability > 0
            ? generator.dropout(input, probability: activeProbability) : input
    }
}

/// A non-linearity by name.
public enum Activation: String, Codable, Sendable, CaseIterable {
    /// max(x, 0).
    case relu
    /// x · Φ(x).
    case gelu
    /// x · sigmoid(x).
    case silu
    /// The logistic function.
    case sigmoid
    /// The hyperbolic tangent.
    case tanh

    /// Applies it element-wise.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        switch self {
        case .relu: input.relu()
        case .gelu: input.gelu()
        case .silu: input.silu()
        case .sigmoid: input.sigmoid()
        case .tanh: input.tanh()
        }
    }
}

/// Two affine maps with a non-linearity between them.
public final class FeedForward: Module {
    /// [inner, in].
    public let dense1: Linear
    /// [out, inner].
    public let dense2: Linear
    private let activation: Activation

    /// Draws both maps; names are `dense_1` and `dense_2`.
    public init(
        _ input: Int, inner: Int, _ output: Int, activation: Activation, initializer: Initializer,
        random: RandomSources
    ) {
        dense1 = Linear(input, inner, initializer: initializer, random: random)
        dense2 = Linear(inner, output, initializer: initializer, random: random)
        self.activation = activation
    }

    /// Names of the reference implementations.
    public override var renamedChildren: [String: String] {
        ["dense1": "dense_1", "dense2": "dense_2"]
    }

    /// [..., in] to [..., out].
    public func callAsFunction(_ input: Tensor) -> Tensor { dense2(activation(dense1(input))) }
}

/// The gated feed-forward net W3(silu(W2 x) ⊙ W1 x) without biases; Shazeer 2020.
public final class SwiGLU: Module {
    /// The linear branch [inner, width].
    public let fc1: Linear
    /// The gate [inner, width].
    public let fc2: Linear
    /// Back to the width [width, inner].
    public let fc3: Linear

    /// Draws the three maps; names are `fc_1`, `fc_2`, `fc_3`.
    public init(_ width: Int, inner: Int, initializer: Initializer, random: RandomSources) {
        fc1 = Linear(width, inner, bias: false, initializer: initializer, random: random)
        fc2 = Linear(width, inner, bias: false, initializer: initializer, random: random)
        fc3 = Linear(inner, width, bias: false, initializer: initializer, random: random)
    }

    /// Names of the reference implementation.
    public override var renamedChildren: [String: String] {
        ["fc1": "fc_1", "fc2": "fc_2", "fc3": "fc_3"]
    }

    /// [..., width] to [..., width].
    public func callAsFunction(_ input: Tensor) -> Tensor {
        fc3(fc1(input).siluGated(by: fc2(input)))
    }
}

/// A low-rank map x (A B)ᵀ with A [width, rank] and B [rank, width], which starts at zero.
///
/// Hu et al., ICLR 2022.
public final class LoRA: Module {
    /// [width, rank].
    public let matA: Parameter
    /// [rank, width].
    public let matB: Parameter

    /// Draws A with deviation 1/50; B starts at 0, so the map does.
    public init(_ width: Int, rank: Int, random: RandomSources) {
        matA = Parameter(
            Initializer.normal(deviation: 0.02).draw([width, rank], from: random.initialization))
        matB = Parameter(.zeros([rank, width]))
    }

    /// Names of the reference implementation.
    public override var renamedChildren: [String: String] { ["matA": "mat_A", "matB": "mat_B"] }

    /// [tokens, width] to [tokens, width]; two thin products, never the full matrix.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        input.linear(matB.value).linear(matA.value)
    }
}
