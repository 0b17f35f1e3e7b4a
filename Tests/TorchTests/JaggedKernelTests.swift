import Testing
import Torch

/// A random problem that the float32 kernel and the float64 composition both solve.
private struct KernelCase {
    var queryLayout: JaggedLayout
    var keyLayout: JaggedLayout
    var limits: [Int32]
    var counts: [Int32]?
    var heads: Int
    var width: Int
    /// Query, key, value, phantom key and value, in float32.
    var arguments: [Tensor]

    init(
        seed: Int, headWidth: Int, heads: Int, queryLengths: [Int], keyLengths: [Int]? = nil,
        hasPhantoms: Bool = false
    ) {
        var numbers = SeededNumbers(seed: seed)
        self.heads = heads
        let width = heads * headWidth
        self.width = width
        let queryLayout = JaggedLayout(lengths: queryLengths)
        let keyLayout = JaggedLayout(lengths: keyLengths ?? queryLengths)
        self.queryLayout = queryLayout
        self.keyLayout = keyLayout
        // Without lengths of its own the key side is the query side: causal self-attention.
        limits =
            keyLengths == nil
            ? queryLayout.causalLimits
            : zip(queryLengths, keyLengths ?? []).flatMap { count, most in
                (0..<count).map { _ in Int32(Int.random(in: 0...most, using: &numbers)) }
            }
        counts = hasPhantoms ? numbers.integers(queryLayout.tokenCount, in: 0..<4) : nil
        let shapes =
            [[queryLayout.tokenCount, width]]
            + Array(repeating: [keyLayout.tokenCount, width], count: 2)
            + Array(repeating: [width], count: 2)
        arguments = shapes.map { (numbers.tensor($0) * 2).to(.float32) }
    }

    /// The arguments that the problem uses.
    var used: [Tensor] { counts == nil ? Array(arguments.prefix(3)) : arguments }

    func attend(_ tensors: [Tensor], dropout: Double = 0, seed: UInt64 = 1) -> Tensor {
        jaggedAttention(
            query: JaggedTensor(values: tensors[0], layout: queryLayout),
            key: JaggedTensor(values: tensors[1], layout: keyLayout), value: tensors[2],
            keyLimits: limits, heads: heads,
            phantoms: counts.map { PhantomKeys(key: tensors[3], value: tensors[4], counts: $0) },
            dropout: dropout, generator: Generator(seed: seed)
        ).values
    }

    /// The kernel against the composition, in the result and in every gradient.
    func expectAgreement(location: SourceLocation = #_sourceLocation) throws {
        let kernel = try gradients(at: used) { attend($0) }
        let composition = try gradients(at: used.map { $0.to(.float64) }) { attend($0) }
        #expect(kernel.result.dtype == .float32 && composition.result.dtype == .float64)
        expectClose(kernel.result, composition.result, within: 1e-5, "result", at: location)
        for (index, pair) in zip(kernel.gradients, composition.gradients).enumerated() {
            expectClose(pair.0, pair.1, within: 2e-5, "gradient \(index)", at: location)
        }
    }
}

private func inner(_ left: Tensor, _ right: Tensor) -> Double {
    (left.to(.float64) * right.to(.float64)).sum().item()
}

@Suite struct JaggedKernelTests {
    @Test(arguments: [1, 3, 7, 16, 32, 48, 128], [false, true])
    func agreesWithTheComposition(headWidth: Int, hasPhantoms: Bool) throws {
        let lengths = [5, 0, 1, 17, 1, 33, 4]
        try KernelCase(
            seed: headWidth, headWidth: headWidth, heads: 2, queryLengths: lengths,
            hasPhantoms: hasPhantoms
        ).expectAgreement()
        // Cross-attention: rows without queries, rows without keys, limits from 0 up.
        try KernelCase(
            seed: headWidth + 1, headWidth: headWidth, heads: 3, queryLengths: lengths,
            keyLengths: [0, 3, 1, 40, 6, 2, 9], hasPhantoms: hasPhantoms
        ).expectAgreement()
    }

    @Test(arguments: 0..<24)
    func agreesOnRandomShapes(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let rows = Int.random(in: 1...5, using: &numbers)
        func lengths() -> [Int] { (0..<rows).map { _ in Int.random(in: 0...21, using: &numbers) } }
        try KernelCase(
            seed: seed, headWidth: Int.random(in: 1...40, using: &numbers), heads: 1 + seed % 3,
            queryLengths: lengths(), keyLengths: seed % 2 == 0 ? nil : lengths(),
            hasPhantoms: seed % 4 > 1
        ).expectAgreement()
    }

    /// Rows of several blocks of queries and keys, whose number is no multiple of a block's.
    @Test(arguments: [false, true])
    func agreesOnRowsOfManyBlocks(hasPhantoms: Bool) throws {
        try KernelCase(
            seed: 5, headWidth: 9, heads: 1, queryLengths: [3, 530], hasPhantoms: hasPhantoms
        ).expectAgreement()
        try KernelCase(
            seed: 6, headWidth: 16, heads: 1, queryLengths: [70, 2], keyLengths: [777, 513],
            hasPhantoms: hasPhantoms
        ).expectAgreement()
    }

    @Test func noKeysAtAllYieldZeros() throws {
        let problem = KernelCase(
            seed: 2, headWidth: 5, heads: 2, queryLengths: [2, 3], keyLengths: [0, 0])
        let (result, slopes) = try gradients(at: problem.used) { problem.attend($0) }
        #expect(doubles(result) == Array(repeating: 0, count: 50))
        #expect(doubles(slopes[0]) == Array(repeating: 0, count: 50))
        #expect(slopes[1].shape == [0, 10])
    }

    /// Scores of some thousands: exponentials of them alone would overflow.
    @Test func largeScoresStayFinite() throws {
        var problem = KernelCase(seed: 3, headWidth: 8, heads: 1, queryLengths: [20, 300])
        problem.arguments[0] = problem.arguments[0] * 1000
        let (result, slopes) = try gradients(at: problem.used) { problem.attend($0) }
        expectClose(result, problem.attend(problem.used.map { $0.to(.float64) }), within: 1e-3)
        for slope in slopes { #expect(doubles(slope).allSatisfy { $0.isFinite }) }
    }

    /// A not-a-number must show in the result: a training run stops on it.
    @Test func notANumberIsNotHidden() {
        var problem = KernelCase(seed: 3, headWidth: 8, heads: 1, queryLengths: [4])
        problem.arguments[1] = problem.arguments[1] * Double.nan
        #expect(doubles(problem.attend(problem.used)).allSatisfy { $0.isNaN })
    }

    @Test(arguments: [4, 16])
    func readsColumnsOfAJoinedProjection(headWidth: Int) throws {
        let problem = KernelCase(
            seed: 4, headWidth: headWidth, heads: 2, queryLengths: [3, 0, 18])
        let width = problem.width
        let separate = try gradients(at: problem.used) { problem.attend($0) }
        let joined = Tensor.concatenate(problem.used, dimension: 1)
        let together = try gradients(at: [joined]) { joined in
            problem.attend((0..<3).map { joined[0].narrowed(1, $0 * width..<($0 + 1) * width) })
        }
        #expect(doubles(together.result) == doubles(separate.result))
        #expect(
            doubles(together.gradients[0])
                == doubles(Tensor.concatenate(separate.gradients, dimension: 1)))
    }

    @Test(arguments: [false, true])
    func threadsDoNotChangeABit(hasPhantoms: Bool) throws {
        // Enough work that the kernel takes all the threads it may.
        let problem = KernelCase(
            seed: 8, headWidth: 32, heads: 2, queryLengths: (0..<60).map { 1 + $0 * 7 % 40 },
            hasPhantoms: hasPhantoms)
        let before = Engine.threads
        defer { Engine.threads = before }
        let runs = try [1, 2, 3].map { threads in
            Engine.threads = threads
            return try gradients(at: problem.used) { problem.attend($0, dropout: 0.3, seed: 5) }
        }
        for run in runs.dropFirst() {
            #expect(doubles(run.result) == doubles(runs[0].result))
            for (left, right) in zip(run.gradients, runs[0].gradients) {
                #expect(doubles(left) == doubles(right))
            }
        }
    }
}

@Suite struct JaggedKernelDropoutTests {
    @Test func keepsTheShareAndScalesIt() {
        // Equal keys and one-hot values: the result is the row of weights, each 1/8 before dropout.
        let layout = JaggedLayout(lengths: Array(repeating: 8, count: 300))
        let tokens = layout.tokenCount
        let hot = (0..<8).flatMap { row in (0..<8).map { $0 == row ? Float(1) : 0 } }
        let value = Tensor(
            Array(repeating: hot, count: layout.rowCount).flatMap(\.self), shape: [tokens, 8])
        let zeros = JaggedTensor(values: .zeros([tokens, 8]), layout: layout)
        func attend(seed: UInt64) -> [Double] {
            doubles(
                jaggedAttention(
                    query: zeros, key: zeros, value: value,
                    keyLimits: Array(repeating: 8, count: tokens), heads: 1, dropout: 0.25,
                    generator: Generator(seed: seed)
                ).values)
        }
        let weights = attend(seed: 1)
        #expect(weights.allSatisfy { $0 == 0 || abs($0 - 1 / (8 * 0.75)) < 1e-7 })
        // The standard error of the share over 19,200 weights is 0.0031.
        let share = Double(weights.count { $0 == 0 }) / Double(weights.count)
        #expect(abs(share - 0.25) < 0.016)
        #expect(attend(seed: 1) == weights)
        #expect(attend(seed: 2) != weights)
        // Neighbours in token or key are dropped together as often as independence says: 1/16.
        for step in [1, 8] {
            let pairs = zip(weights, weights.dropFirst(step))
            let both = Double(pairs.count { $0 == 0 && $1 == 0 }) / Double(weights.count - step)
            #expect(abs(both - 1.0 / 16) < 0.01)
        }
    }

    /// The result is linear in the values, W v, so their gradient is the transpose's, Wᵀ g, of the same W.
    @Test(arguments: [[30, 2, 0, 21], [300]], [false, true])
    func backwardDropsWhatForwardDropped(lengths: [Int], hasPhantoms: Bool) throws {
        let problem = KernelCase(
            seed: 9, headWidth: 6, heads: 2, queryLengths: lengths, hasPhantoms: hasPhantoms)
        let (result, slopes) = try gradients(at: problem.used) {
            problem.attend($0, dropout: 0.4, seed: 7)
        }
        let forward = inner(outputWeights(result), result)
        var backward = inner(slopes[2], problem.arguments[2])
        if hasPhantoms { backward += inner(slopes[4], problem.arguments[4]) }
        #expect(abs(forward - backward) < 1e-4 * (1 + abs(forward)))
    }

    /// Central differences along random directions, through queries, keys and phantom keys.
    @Test(arguments: [0, 1, 3])
    func gradientsAgreeWithDifferences(argument: Int) throws {
        let problem = KernelCase(
            seed: 10, headWidth: 5, heads: 2, queryLengths: [9, 1, 14], hasPhantoms: true)
        func attend(_ tensors: [Tensor]) -> Tensor {
            problem.attend(tensors, dropout: 0.4, seed: 7)
        }
        let (result, slopes) = try gradients(at: problem.used, of: attend)
        var numbers = SeededNumbers(seed: 12)
        let direction = numbers.tensor(problem.used[argument].shape).to(.float32)
        let ends = [0.01, -0.01].map { step in
            var moved = problem.used
            moved[argument] = moved[argument] + direction * step
            return inner(outputWeights(result), attend(moved))
        }
        let slope = inner(slopes[argument], direction)
        #expect(abs((ends[0] - ends[1]) / 0.02 - slope) < 2e-3 * (1 + abs(slope)))
        #expect(abs(slope) > 0.05)
    }
}
