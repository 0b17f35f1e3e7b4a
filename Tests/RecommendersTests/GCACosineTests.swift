import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What the orthogonality results are made of: the cosines of a query's token X and of what attention brings it, X'.
struct GCACosineTests {
    /// An attention whose last map is a bias of (0, 2) alone, so that X' is (0, 2) wherever a key is seen.
    private func module(_ normalization: GCANormalization) throws -> GatedCrossAttention {
        var configuration = GCAConfiguration()
        configuration.normalization = normalization
        let module = GatedCrossAttention(
            width: 2, configuration: configuration, initializer: .normal(deviation: 0.5),
            random: .seeded(3))
        module.randomize(seed: 4)
        module.attention.outProj.weight.value.copy(from: .zeros([2, 2]))
        try #require(module.attention.outProj.bias).value.copy(from: Tensor([0, 2] as [Float]))
        module.train(false)
        return module
    }

    /// At (1, 0), (0, 3), (0, −1) and (−3, −3) the cosines are 0, 1, −1 and −1/√2; the last token sees no key.
    private let query = JaggedTensor(
        values: Tensor([1, 0, 0, 3, 0, -1, -3, -3, 5, 5] as [Float], shape: [5, 2]),
        layout: JaggedLayout(lengths: [4, 1]))
    private let memory = JaggedTensor(
        values: Generator(seed: 2).normal([2, 2]), layout: JaggedLayout(lengths: [2, 0]))

    @Test("cosines are those of X and X', by hand", arguments: GCANormalization.allCases)
    func cosines(normalization: GCANormalization) throws {
        let module = try module(normalization)
        _ = module(query, memory: memory, keyLimits: [1, 2, 2, 1, 0])
        let record = module.takeCosines()
        let root = 0.707_106_781
        #expect(record.count == 4)
        #expect(abs(record.sum + root) < 1e-6)
        #expect(abs(record.magnitudes - (2 + root)) < 1e-6)
        #expect(module.takeCosines().count == 0)
    }
}
