import Testing
import Torch
import TorchNN

@testable import Recommenders

/// The module alone, against its formula X + g ⊙ X', X' = MHA(X, Y, Y), g = act(FFN([X; X'])).
struct GatedCrossAttentionTests {
    private let query = JaggedTensor(
        values: Generator(seed: 1).normal([5, 8]), layout: JaggedLayout(lengths: [3, 2]))
    private let memory = JaggedTensor(
        values: Generator(seed: 2).normal([4, 8]), layout: JaggedLayout(lengths: [4, 0]))
    private let limits: [Int32] = [0, 2, 4, 0, 0]

    private func module(
        _ normalization: GCANormalization, _ activation: Activation = .sigmoid
    ) -> GatedCrossAttention {
        var configuration = GCAConfiguration()
        configuration.normalization = normalization
        configuration.activation = activation
        let module = GatedCrossAttention(
            width: 8, configuration: configuration, initializer: .normal(deviation: 0.02),
            random: .seeded(3))
        module.randomize(seed: 4)
        return module
    }

    @Test(
        "the output follows the formula", arguments: GCANormalization.allCases,
        [
            Activation.sigmoid, .tanh,
        ])
    func formula(normalization: GCANormalization, activation: Activation) {
        let module = module(normalization, activation)
        let isPre = normalization == .pre
        let x = isPre ? module.norms[0](query.values) : query.values
        let y = isPre ? module.norms[1](memory.values) : memory.values
        let crossed = module.attention(
            query.with(x), memory: memory.with(y), keyLimits: limits
        ).values
        let gate = activation(module.gate(.concatenate([x, crossed], dimension: 1)))
        var expected = query.values + gate * crossed
        if normalization == .post { expected = module.norms[0](expected) }
        #expect(module.norms.count == [.none: 0, .pre: 2, .post: 1][normalization])
        let got = module(query, memory: memory, keyLimits: limits).values
        #expect(relativeError(got, expected) < 1e-6)
    }

    @Test(
        "tokens without a key stay as they are, with finite gradients",
        arguments: [GCANormalization.none, .pre])
    func withoutKeys(normalization: GCANormalization) {
        let module = module(normalization)
        let leaf = query.values.copied()
        leaf.requiresGradient = true
        let output = module(query.with(leaf), memory: memory, keyLimits: limits).values
        for (token, limit) in limits.enumerated() {
            #expect(identical(output[token], query.values[token]) == (limit == 0))
        }
        output.squared().sum().backward()
        let gradients =
            [leaf.gradient].compactMap(\.self)
            + module.parameters().compactMap(\.parameter.value.gradient)
        #expect(gradients.count == 1 + module.parameters().count)
        #expect(gradients.allSatisfy { $0.isFinite })
    }

    @Test("a token sees the other thread's tokens that stand no later on its row's axis")
    func keyLimits() {
        // Row 0: queries at 1, 2, 5 and keys at 0, 2, 2, 6; row 1: a query at 0, no key; row 2: no query.
        let left = DomainThread(
            tokens: JaggedTensor(
                values: .zeros([4, 2]), layout: JaggedLayout(lengths: [3, 1, 0])),
            axis: [1, 2, 5, 0])
        let right = DomainThread(
            tokens: JaggedTensor(
                values: .zeros([5, 2]), layout: JaggedLayout(lengths: [4, 0, 1])),
            axis: [0, 2, 2, 6, 0])
        #expect(left.limits(in: right) == [1, 3, 3, 0])
        #expect(right.limits(in: left) == [0, 2, 2, 3, 0])
    }

    @Test("a norm after the sum is refused where there are several sums")
    func normAfterSeveralSums() throws {
        var configuration = GCAConfiguration.stages(0)
        configuration.normalization = .post
        for (domains, isRefused) in [(["a", "b"], false), (["a", "b", "c"], true)] {
            let stack = {
                try GCAStack(
                    configuration, host: ABXI.self, width: 8, domains: domains,
                    initializer: .normal(deviation: 0.02), random: .seeded(5))
            }
            if isRefused {
                #expect(throws: ConfigurationError.self) { try stack() }
            } else {
                _ = try stack()
            }
        }
    }

    @Test("with three domains the gated outputs of both others are added")
    func threeDomains() throws {
        var configuration = GCAConfiguration.stages(0)
        configuration.activation = .tanh
        let stack = try #require(
            try GCAStack(
                configuration, host: ABXI.self, width: 8, domains: ["a", "b", "c"],
                initializer: .normal(deviation: 0.02), random: .seeded(5)))
        stack.randomize(seed: 6)
        let threads = (0..<3).map { index in
            DomainThread(
                tokens: JaggedTensor(
                    values: Generator(seed: UInt64(index)).normal([3, 8]),
                    layout: JaggedLayout(lengths: [3])),
                axis: [0, 1, 2])
        }
        let modules = Dictionary(
            uniqueKeysWithValues: stack.children.compactMap { name, child in
                (child as? GatedCrossAttention).map { (name, $0) }
            })
        let updated = stack.align(threads, stage: 0)
        #expect(modules.count == 6)
        for (index, own) in ["a", "b", "c"].enumerated() {
            var expected = threads[index].tokens.values
            for (other, name) in ["a", "b", "c"].enumerated() where other != index {
                let module = try #require(modules["0.0.\(own)_from_\(name)"])
                let output = module(
                    threads[index].tokens, memory: threads[other].tokens, keyLimits: [1, 2, 3])
                expected = expected + output.values - threads[index].tokens.values
            }
            #expect(relativeError(updated[index].tokens.values, expected) < 1e-6)
        }
        #expect(
            identical(stack.align(threads, stage: 1)[0].tokens.values, threads[0].tokens.values))
    }
}
