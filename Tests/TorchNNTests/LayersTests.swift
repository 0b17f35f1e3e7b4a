import Foundation
import Testing
import Torch
import TorchNN

/// Against PyTorch 2.13.0 where a fixture is named, by hand elsewhere.
struct LayersTests {
    private let normal = Initializer.normal(deviation: 0.5)

    @Test("linear: x Wᵀ + b, by hand")
    func linear() throws {
        let layer = Linear(2, 3, initializer: normal, random: .seeded(1))
        #expect(layer.bias?.value.elements() == [Float](repeating: 0, count: 3))
        try layer.load([
            "weight": Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]),
            "bias": Tensor([0.5, 0, -1] as [Float]),
        ])
        // (1, -1): 1-2+0.5, 3-4, 5-6-1; (2, 0): 2+0.5, 6, 10-1.
        let output = layer(Tensor([1, -1, 2, 0] as [Float], shape: [2, 2]))
        #expect(output.elements() == [-0.5, -1, -2, 2.5, 6, 9] as [Float])
        let plain = Linear(2, 3, bias: false, initializer: normal, random: .seeded(1))
        #expect(plain.parameters().map(\.name) == ["weight"])
    }

    @Test("embedding: rows by index, and the gradient counts how often a row was read")
    func embedding() throws {
        let layer = Embedding(4, 2, initializer: normal, random: .seeded(1))
        try layer.load(["weight": Tensor([0, 1, 2, 3, 4, 5, 6, 7] as [Float], shape: [4, 2])])
        #expect(layer([2, 0, 2]).elements() == [4, 5, 0, 1, 4, 5] as [Float])
        #expect(identical(layer(Tensor([3, 1] as [Int32])), layer([3, 1])))
        layer([2, 0, 2]).sum().backward()
        let gradient = try #require(layer.weight.value.gradient)
        #expect(gradient.elements() == [1, 1, 0, 0, 2, 2, 0, 0] as [Float])
    }

    @Test("layer norm and its gradients, where epsilon counts, too")
    func layerNorm() throws {
        let fixture = try Fixture("layers/layer_norm")
        let layer = LayerNorm(8)
        #expect(layer.weight.value.elements() == [Float](repeating: 1, count: 8))
        #expect(layer.bias.value.elements() == [Float](repeating: 0, count: 8))
        try layer.load(fixture.parameters)
        let leaf = try fixture.leaf("input.x")
        try fixture.compare(layer(leaf), of: layer, inputs: ["x": leaf])
        let other = LayerNorm(8, epsilon: 1e-3)
        try other.load(fixture.parameters)
        #expect(relativeError(other(leaf), layer(leaf)) > 1e-2)
    }

    @Test("SwiGLU and its gradients")
    func swiGLU() throws {
        let fixture = try Fixture("layers/swiglu")
        let layer = SwiGLU(8, inner: 12, initializer: normal, random: .seeded(1))
        try layer.load(fixture.parameters)
        let leaf = try fixture.leaf("input.x")
        try fixture.compare(layer(leaf), of: layer, inputs: ["x": leaf])
    }

    @Test("GELU is the exact one")
    func gelu() throws {
        let fixture = try Fixture("layers/gelu")
        let leaf = try fixture.leaf("input.x")
        try fixture.compare(Activation.gelu(leaf), of: nil, inputs: ["x": leaf])
        // The two differ by up to 5e-4, so the comparison above can tell them apart.
        let approximate = try Fixture("layers/gelu_tanh")
        #expect(try relativeError(Activation.gelu(leaf), approximate["output"]) > 5e-5)
    }

    @Test("every activation equals its formula", arguments: Activation.allCases)
    func activations(activation: Activation) {
        let points: [Double] = [-2, -0.5, 0, 0.5, 3]
        func formula(_ x: Double) -> Double {
            let logistic = 1 / (1 + exp(-x))
            switch activation {
            case .relu: return max(x, 0)
            case .gelu: return x * (1 + erf(x * 0.5.squareRoot())) / 2
            case .silu: return x * logistic
            case .sigmoid: return logistic
            case .tanh: return Foundation.tanh(x)
            }
        }
        let expected = points.map { Float(formula($0)) }
        #expect(relativeError(activation(Tensor(points.map(Float.init))), Tensor(expected)) < 1e-6)
    }

    @Test("feed-forward: second map of the activated first")
    func feedForward() {
        let layer = FeedForward(
            3, inner: 5, 2, activation: .relu, initializer: normal, random: .seeded(2))
        let input = Generator(seed: 1).normal([4, 3])
        #expect(identical(layer(input), layer.dense2(layer.dense1(input).relu())))
        #expect(layer(input).shape == [4, 2])
        #expect(
            layer.parameters().map(\.name) == [
                "dense_1.weight", "dense_1.bias", "dense_2.weight", "dense_2.bias",
            ])
    }

    @Test("LoRA starts at zero and is the product of its thin matrices")
    func loRA() throws {
        let layer = LoRA(6, rank: 2, random: .seeded(3))
        let input = Generator(seed: 2).normal([4, 6])
        #expect(layer(input).magnitude().maximum().item() == 0)
        #expect(layer.matA.value.magnitude().maximum().item() > 0)
        #expect(layer.parameters().map(\.name) == ["mat_A", "mat_B"])
        layer.matB.value.copy(from: Generator(seed: 3).normal([2, 6]))
        let full = layer.matA.value.matmul(layer.matB.value)
        #expect(relativeError(layer(input), input.matmul(full.transposed())) < 1e-6)
    }

    @Test("dropout acts in training alone; two modules can differ in that")
    func dropout() throws {
        let random = RandomSources.seeded(4)
        let active = Dropout(0.25, random: random)
        let resting = Dropout(0.25, random: random)
        resting.train(false)
        #expect(active.isTraining && !resting.isTraining)
        let ones = Tensor.ones([20_000])
        let dropped = active(ones).elements(as: Float.self)
        // Kept ones are scaled by 1 / 0.75; the share dropped deviates by 0.003.
        #expect(Set(dropped) == [0, 1 / Float(0.75)])
        let share = Double(dropped.count { $0 == 0 }) / 20_000
        #expect(abs(share - 0.25) < 0.015)
        #expect(identical(resting(ones), ones))
        #expect(identical(Dropout(0, random: random)(ones), ones))
        random.dropout.reseed(9)
        let first = active(ones)
        random.dropout.reseed(9)
        #expect(identical(active(ones), first))
        #expect(!identical(active(ones), first))
    }
}
