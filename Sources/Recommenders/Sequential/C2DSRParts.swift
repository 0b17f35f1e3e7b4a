internal import Torch
internal import TorchNN

/// A graph convolution without weights: its bias alone is trained.
final class GraphConvolution: Module {
    let bias: Parameter

    init(_ width: Int, random: RandomSources) {
        bias = Parameter(
            Initializer.pyTorch(inputs: width).draw([width], from: random.initialization))
    }
}

/// Whether a domain's summary and a summary of the others belong to one person: sᵀ W n + b.
final class Discriminator: Module {
    let weight: Parameter
    let bias: Parameter

    init(_ width: Int, random: RandomSources) {
        // Glorot's rule as PyTorch applies it to a weight [1, d, d]: fans of d² and d.
        let limit = (6 / Double(width * width + width)).squareRoot()
        weight = Parameter(
            Initializer.uniform(limit: limit).draw([1, width, width], from: random.initialization))
        bias = Parameter(.zeros([1]))
    }

    /// Logits of summaries [rows, d] of the others and of the domain. [rows]
    func callAsFunction(_ others: Tensor, _ own: Tensor) -> Tensor {
        let width = own.size(1)
        let map = weight.value.reshaped([width, width])
        return (own.linear(map) * others).sum(dimension: 1) + bias.value
    }
}

/// What a domain has for itself.
final class C2DSRDomain: Module {
    let itemEmbedding: Embedding
    let convolution: GraphConvolution
    let encoder: CausalEncoder
    let discriminator: Discriminator
    let head: Linear

    init(
        _ settings: C2DSRConfiguration, items: Int, own: Int, encoder: CausalEncoderSettings,
        random: RandomSources
    ) {
        let width = settings.embeddingSize
        itemEmbedding = Embedding(
            items, width, initializer: .normal(deviation: 1), random: random)
        convolution = GraphConvolution(width, random: random)
        self.encoder = CausalEncoder(encoder, random: random)
        discriminator = Discriminator(width, random: random)
        head = Linear(pyTorch: width, own, random: random)
    }
}

extension Linear {
    /// Weight and bias side by side, for inputs with a one at the end. [out, in + 1]
    var augmented: Tensor {
        let rows = weight.value.size(0)
        let shift = bias?.value ?? .zeros([rows], device: weight.value.device)
        return .concatenate([weight.value, shift.reshaped([rows, 1])], dimension: 1)
    }
}
