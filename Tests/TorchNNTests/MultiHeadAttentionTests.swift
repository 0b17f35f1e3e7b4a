import Testing
import Torch
import TorchNN

/// Against `torch.nn.MultiheadAttention` 2.13.0; see Fixtures/manifest.json.
struct MultiHeadAttentionTests {
    private func module(_ parameters: [String: Tensor]) throws -> MultiHeadAttention {
        let module = MultiHeadAttention(
            8, heads: 2, initializer: .normal(deviation: 0.02), random: .seeded(1))
        try module.load(parameters)
        return module
    }

    private func random() throws -> MultiHeadAttention {
        try module(Fixture("layers/self_attention").parameters)
    }

    @Test("causal self-attention and its gradients")
    func selfAttention() throws {
        let fixture = try Fixture("layers/self_attention")
        let module = try module(fixture.parameters)
        let leaf = try fixture.leaf("input.x")
        let tokens = JaggedTensor(
            values: leaf.reshaped([15, 8]), layout: JaggedLayout(lengths: [5, 5, 5]))
        try fixture.compare(
            module(tokens).values.reshaped([3, 5, 8]), of: module, inputs: ["x": leaf])
    }

    @Test("attention over its own sequence as memory is self-attention, with the same gradients")
    func memoryOfItself() throws {
        let fixture = try Fixture("layers/self_attention")
        let module = try module(fixture.parameters)
        let leaf = try fixture.leaf("input.x")
        let tokens = JaggedTensor(
            values: leaf.reshaped([15, 8]), layout: JaggedLayout(lengths: [5, 5, 5]))
        let output = module(tokens, memory: tokens, keyLimits: tokens.layout.causalLimits)
        try fixture.compare(output.values.reshaped([3, 5, 8]), of: module, inputs: ["x": leaf])
    }

    @Test("rows of different lengths equal a padded batch with masked padding")
    func jaggedRows() throws {
        let fixture = try Fixture("layers/padded_attention")
        let module = try module(fixture.parameters)
        let leaf = try fixture.leaf("input.x")
        let offsets = try fixture["offsets"].elements(as: Int64.self).map(Int32.init)
        let tokens = JaggedTensor(values: leaf, layout: JaggedLayout(offsets: offsets))
        try fixture.compare(module(tokens).values, of: module, inputs: ["x": leaf])
    }

    @Test("the packed projections are query, key and value, in this order")
    func packedProjections() throws {
        let fixture = try Fixture("layers/cross_attention")
        let module = try module(fixture.parameters)
        let inputs = try ["query", "key", "value"].map { try fixture.leaf("input.\($0)") }
        let projected = (0..<3).map { part in
            inputs[part].reshaped([-1, 8]).linear(
                module.inProjWeight.value[part * 8..<part * 8 + 8],
                bias: module.inProjBias.value[part * 8..<part * 8 + 8])
        }
        let queries = JaggedTensor(
            values: projected[0], layout: JaggedLayout(lengths: [4, 4, 4]))
        let keys = JaggedTensor(values: projected[1], layout: JaggedLayout(lengths: [6, 6, 6]))
        let mixed = jaggedAttention(
            query: queries, key: keys, value: projected[2],
            keyLimits: [Int32](repeating: 6, count: 12), heads: 2)
        try fixture.compare(
            module.outProj(mixed.values).reshaped([3, 4, 8]), of: module,
            inputs: ["query": inputs[0], "key": inputs[1], "value": inputs[2]])
    }

    @Test("counted padding equals zero vectors that stand in front of the row")
    func padding() throws {
        let module = try random()
        let values = Generator(seed: 3).normal([5, 8])
        let tokens = JaggedTensor(values: values, layout: JaggedLayout(lengths: [3, 2]))
        let got = module(tokens, padding: [2, 2, 2, 4, 4]).values
        let zeros = Tensor.zeros([4, 8])
        let padded = JaggedTensor(
            values: .concatenate([zeros[0..<2], values[0..<3], zeros, values[3..<5]]),
            layout: JaggedLayout(lengths: [5, 6]))
        let whole = module(padded).values
        let expected = Tensor.concatenate([whole[2..<5], whole[9..<11]])
        #expect(relativeError(got, expected) < 1e-6)
        #expect(relativeError(module(tokens).values, expected) > 1e-3)
        #expect(
            relativeError(module(tokens, padding: [0, 0, 0, 0, 0]).values, module(tokens).values)
                < 1e-6)
    }

    @Test("the newest tokens alone are those of the whole rows")
    func newest() throws {
        let module = try random()
        let tokens = JaggedTensor(
            values: Generator(seed: 6).normal([9, 8]), layout: JaggedLayout(lengths: [3, 1, 5]))
        let last = Tensor([2, 3, 8] as [Int32])
        #expect(
            relativeError(module.newest(of: tokens), module(tokens).values.rows(last)) < 1e-6)
        let padding: [Int32] = [2, 0, 7]
        let each = zip(padding, [3, 1, 5]).flatMap { [Int32](repeating: $0, count: $1) }
        let padded = module(tokens, padding: each).values.rows(last)
        // Recorded by autograd, it is the composition that computes; without, the kernel.
        #expect(relativeError(module.newest(of: tokens, padding: padding), padded) < 1e-6)
        withoutGradients {
            #expect(relativeError(module.newest(of: tokens, padding: padding), padded) < 1e-6)
        }
    }

    @Test("attention weights are dropped in training alone")
    func dropoutInTrainingAlone() throws {
        func module(_ dropout: Double) throws -> MultiHeadAttention {
            let module = MultiHeadAttention(
                8, heads: 2, dropout: dropout, initializer: .normal(deviation: 1),
                random: .seeded(1))
            module.train(false)
            return module
        }
        let (active, plain) = (try module(0.5), try module(0))
        let tokens = JaggedTensor(
            values: Generator(seed: 3).normal([7, 8]), layout: JaggedLayout(lengths: [4, 3]))
        let limits = tokens.layout.causalLimits
        func outputs(_ module: MultiHeadAttention) -> [Tensor] {
            [
                module(tokens).values,
                module(tokens, memory: tokens, keyLimits: limits).values,
            ]
        }
        for (own, expected) in zip(outputs(active), outputs(plain)) {
            #expect(identical(own, expected))
        }
        active.train()
        plain.train()
        for (own, expected) in zip(outputs(active), outputs(plain)) {
            #expect(relativeError(own, expected) > 1e-2)
        }
    }

    @Test("a query that sees no key gets zeros, without the output's bias")
    func noKeys() throws {
        let module = try random()
        let queries = JaggedTensor(
            values: Generator(seed: 4).normal([3, 8]), layout: JaggedLayout(lengths: [2, 1]))
        let memory = JaggedTensor(
            values: Generator(seed: 5).normal([2, 8]), layout: JaggedLayout(lengths: [2, 0]))
        let output = module(queries, memory: memory, keyLimits: [0, 2, 0]).values
        #expect(output[0].elements() == [Float](repeating: 0, count: 8))
        #expect(output[2].elements() == [Float](repeating: 0, count: 8))
        // Both keys of the second query are seen: the same as attention over the row alone.
        let alone = module(
            JaggedTensor(values: queries.values[1..<2], layout: JaggedLayout(lengths: [1])),
            memory: JaggedTensor(values: memory.values, layout: JaggedLayout(lengths: [2])),
            keyLimits: [2]
        ).values
        #expect(relativeError(output[1..<2], alone) < 1e-6)
        output.sum().backward()
        let gradients = module.parameters().compactMap(\.parameter.value.gradient)
        #expect(gradients.count == 4 && gradients.allSatisfy { $0.isFinite })
    }
}
