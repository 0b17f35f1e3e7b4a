import Interactions
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

    /// Row 0: queries that know the places up to 1, 2, 5 and memory at 0, 2, 2, 6; row 1: a query at 0, no memory; row 2:
    /// no query.
    @Test("a token sees the other thread's memory up to its bound on its row's axis")
    func keyLimits() {
        func tokens(_ lengths: [Int]) -> JaggedTensor {
            JaggedTensor(
                values: .zeros([lengths.reduce(0, +), 2]), layout: JaggedLayout(lengths: lengths))
        }
        let left = DomainThread(tokens([3, 1, 0]), places: [1, 2, 4, 0], steps: [1, 2, 5, 0])
        let right = DomainThread(
            tokens([4, 0, 1]), places: [0, 2, 2, 6, 0], steps: [1, 1, 5, 7, 0])
        #expect(left.queryLimits(in: right) == [1, 3, 3, 0])
        #expect(left.memoryLimits(in: right) == [1, 3, 3, 0])
        #expect(right.queryLimits(in: left) == [1, 1, 3, 3, 0])
        #expect(right.memoryLimits(in: left) == [0, 2, 2, 3, 0])
    }

    /// Row 0 holds a b b a a: the a's at 0, 3, 4, the b's at 1, 2.
    ///
    /// Row 1 holds an a.
    @Test("an event predicts at the place before its domain's next, the newest at the row's end")
    func steps() {
        let batch = SequenceBatch.histories([[1, 7, 8, 2, 3], [], [4]])
        func steps(_ places: [Int32], _ offsets: [Int32]) -> [Int32] {
            DomainThread.steps(of: places, offsets: offsets, in: batch)
        }
        #expect(steps([0, 3, 4, 0], [0, 3, 3, 4]) == [2, 3, 4, 0])
        #expect(steps([1, 2], [0, 2, 2, 2]) == [1, 4])
    }

    /// a at 0 and 3, b at 1 and 2: a's first token knows of b only as it predicts, and b's memory knows a's first alone.
    @Test("queries and memory each follow the formula with their own limits", arguments: 1...2)
    func twoVersions(depth: Int) throws {
        var configuration = GCAConfiguration.stages(0)
        configuration.depth = depth
        let stack = try stack(configuration, ["a", "b"])
        var queries = (0..<2).map { Generator(seed: UInt64($0)).normal([2, 8]) }
        var memory = queries
        let layout = JaggedLayout(lengths: [2])
        let threads = [([0, 3], [2, 3]), ([1, 2], [1, 3])].enumerated().map { index, axes in
            DomainThread(
                JaggedTensor(values: queries[index], layout: layout), places: axes.0,
                steps: axes.1)
        }
        let limits: (queries: [[Int32]], memory: [[Int32]]) = (
            [[2, 2], [1, 2]], [[0, 2], [1, 1]]
        )
        let modules = modules(of: stack)
        for step in 0..<depth {
            let before = memory
            func crossed(_ own: Int, _ tokens: Tensor, _ limits: [Int32]) throws -> Tensor {
                let name = "0.\(step)." + ["a_from_b", "b_from_a"][own]
                let module = try #require(modules[name])
                return module(
                    JaggedTensor(values: tokens, layout: layout),
                    memory: JaggedTensor(values: before[1 - own], layout: layout),
                    keyLimits: limits, records: false
                ).values
            }
            for own in 0..<2 {
                queries[own] = try crossed(own, queries[own], limits.queries[own])
                memory[own] = try crossed(own, memory[own], limits.memory[own])
            }
        }
        let found = stack.align(threads, stage: 0, keepsMemory: true)
        for own in 0..<2 {
            #expect(identical(found[own].queries.values, queries[own]))
            #expect(identical(found[own].memory.values, memory[own]))
        }
    }

    private func stack(_ configuration: GCAConfiguration, _ domains: [String]) throws -> GCAStack {
        let stack = try #require(
            try GCAStack(
                configuration, host: ABXI.self, width: 8, domains: domains,
                initializer: .normal(deviation: 0.02), random: .seeded(5)))
        stack.randomize(seed: 6)
        return stack
    }

    private func modules(of stack: GCAStack) -> [String: GatedCrossAttention] {
        Dictionary(
            uniqueKeysWithValues: stack.children.compactMap { name, child in
                (child as? GatedCrossAttention).map { (name, $0) }
            })
    }

    /// The queries of a at 0 and 3 see one and two tokens of b's; b's own, at 1 and 2, the first of a's.
    @Test("cosines are those of X and X' of the queries in evaluation", arguments: [false, true])
    func cosines(keepsMemory: Bool) throws {
        let stack = try stack(.stages(0), ["a", "b"])
        let layout = JaggedLayout(lengths: [2])
        let values = (0..<2).map { Generator(seed: UInt64($0 + 3)).normal([2, 8]) }
        let tokens = values.map { JaggedTensor(values: $0, layout: layout) }
        let threads = [
            DomainThread(tokens[0], places: [0, 3], steps: [1, 3]),
            DomainThread(tokens[1], places: [1, 2], steps: [1, 2]),
        ]
        let limits: [[Int32]] = [[1, 2], [1, 1]]
        _ = stack.align(threads, stage: 0, keepsMemory: keepsMemory)
        #expect(stack.diagnostics().isEmpty)
        stack.train(false)
        _ = stack.align(threads, stage: 0, keepsMemory: keepsMemory)
        let found = stack.diagnostics()
        let modules = modules(of: stack)
        for (own, name) in ["a", "b"].enumerated() {
            let module = try #require(modules["0.0.\(name)_from_\(["b", "a"][own])"])
            let crossed = module.attention(
                tokens[own], memory: tokens[1 - own], keyLimits: limits[own])
            let left: [Float] = values[own].elements()
            let right: [Float] = crossed.values.elements()
            let cosines = [0..<8, 8..<16].map { token -> Double in
                func product(_ x: [Float], _ y: [Float]) -> Double {
                    token.reduce(0) { $0 + Double(x[$1]) * Double(y[$1]) }
                }
                return product(left, right)
                    / (product(left, left) * product(right, right)).squareRoot()
            }
            let expected = cosines.map(abs).reduce(0, +) / 2
            #expect(abs(try #require(found["mean |cos| \(name)"]) - expected) < 1e-6)
            let mean = abs(cosines.reduce(0, +) / 2)
            #expect(abs(try #require(found["|mean cos| \(name)"]) - mean) < 1e-6)
        }
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
        let stack = try stack(configuration, ["a", "b", "c"])
        let threads = (0..<3).map { index in
            DomainThread(
                JaggedTensor(
                    values: Generator(seed: UInt64(index)).normal([3, 8]),
                    layout: JaggedLayout(lengths: [3])),
                places: [0, 1, 2], steps: [0, 1, 2])
        }
        let modules = modules(of: stack)
        let updated = stack.align(threads, stage: 0)
        #expect(modules.count == 6)
        for (index, own) in ["a", "b", "c"].enumerated() {
            var expected = threads[index].queries.values
            for (other, name) in ["a", "b", "c"].enumerated() where other != index {
                let module = try #require(modules["0.0.\(own)_from_\(name)"])
                let output = module(
                    threads[index].queries, memory: threads[other].memory, keyLimits: [1, 2, 3])
                expected = expected + output.values - threads[index].queries.values
            }
            #expect(relativeError(updated[index].queries.values, expected) < 1e-6)
        }
        #expect(
            identical(stack.align(threads, stage: 1)[0].queries.values, threads[0].queries.values))
    }
}
