import Torch

/// Layers over ABXI's tokens: 5,400 of width 256.
enum DenseSuite {
    static let tokens = 5400
    static let width = 256

    static func benchmarks(_ effort: Effort) -> [Benchmark] {
        let random = Generator(seed: 2)
        let input = random.normal([tokens, width])
        return linear(input, random, effort) + layerNorm(input, effort)
            + dropout(input, random, effort) + residualNorm(input, random, effort)
            + gatedSiLU(random, effort)
    }

    private static func linear(
        _ input: Tensor, _ random: Generator, _ effort: Effort
    ) -> [Benchmark] {
        let inner = 680
        let weight = random.normal([inner, width], deviation: 0.02)
        let bias = Tensor.zeros([inner])
        let flops = 2 * Double(tokens * width * inner)
        let arrays = float32Bytes(tokens * width + inner * width + tokens * inner)
        return pair(
            "linear 256→680", forward: Work(flops: flops, bytes: arrays),
            // Gradients of input and weight; input, weight and the output's gradient are read again.
            backward: Work(
                flops: 2 * flops,
                bytes: arrays + float32Bytes(tokens * width + inner * width)),
            leaves: [input, weight, bias], effort
        ) { input.linear(weight, bias: bias) }
    }

    private static func layerNorm(_ input: Tensor, _ effort: Effort) -> [Benchmark] {
        let weight = Tensor.ones([width])
        let bias = Tensor.zeros([width])
        return pair(
            "layer norm", forward: Work(bytes: float32Bytes(2 * tokens * width)),
            backward: Work(bytes: float32Bytes(3 * tokens * width)),
            leaves: [input, weight, bias], effort
        ) { input.layerNorm(weight: weight, bias: bias) }
    }

    private static func dropout(
        _ input: Tensor, _ random: Generator, _ effort: Effort
    ) -> [Benchmark] {
        let work = Work(bytes: float32Bytes(2 * tokens * width))
        return pair("dropout", forward: work, backward: work, leaves: [input], effort) {
            random.dropout(input, probability: 0.5)
        }
    }

    /// A residual branch of ABXI: dropout, sum and LayerNorm.
    private static func residualNorm(
        _ input: Tensor, _ random: Generator, _ effort: Effort
    ) -> [Benchmark] {
        let branch = random.normal([tokens, width])
        let weight = Tensor.ones([width])
        let bias = Tensor.zeros([width])
        return pair(
            "residual dropout norm", forward: Work(bytes: float32Bytes(3 * tokens * width)),
            // The output's gradient and both inputs are read, the inputs' gradients written.
            backward: Work(bytes: float32Bytes(5 * tokens * width)),
            leaves: [input, branch, weight, bias], effort
        ) {
            input.residualLayerNorm(
                adding: [branch], weight: weight, bias: bias, dropout: 0.5, generator: random)
        }
    }

    /// The gate of ABXI's feed-forward net, inner width 680.
    private static func gatedSiLU(_ random: Generator, _ effort: Effort) -> [Benchmark] {
        let inner = 680
        let gate = random.normal([tokens, inner])
        let value = random.normal([tokens, inner])
        return pair(
            "SiLU gate", forward: Work(bytes: float32Bytes(3 * tokens * inner)),
            backward: Work(bytes: float32Bytes(5 * tokens * inner)), leaves: [gate, value], effort
        ) { value.siluGated(by: gate) }
    }

    /// The forward pass alone without recording, and both passes.
    private static func pair(
        _ name: String, forward: Work, backward: Work, leaves: [Tensor], _ effort: Effort,
        output: @escaping () -> Tensor
    ) -> [Benchmark] {
        [
            Benchmark(name, forward, handling: tokens, "tokens", effort: effort) {
                withoutGradients { _ = output() }
            },
            bothPasses(
                name, forward, backward, handling: tokens, "tokens", leaves: leaves, effort,
                output: output),
        ]
    }
}

/// A forward pass, the sum of what comes out, and the backward pass.
func bothPasses(
    _ name: String, _ forward: Work, _ backward: Work, handling count: Int, _ unit: String,
    leaves: [Tensor], _ effort: Effort, output: @escaping () -> Tensor
) -> Benchmark {
    Benchmark(
        name + " + backward", forward, backward, handling: count, unit, effort: effort
    ) {
        for leaf in leaves { leaf.requiresGradient = true }
        output().sum().backward()
        for leaf in leaves { leaf.clearGradient() }
    }
}
