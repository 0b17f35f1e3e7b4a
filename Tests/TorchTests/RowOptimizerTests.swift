import Testing
import Torch

@Suite struct RowOptimizerTests {
    private static let width = 7
    /// The elements of a sparse gradient one by one.
    private func dense(_ gradient: Tensor) -> Tensor { .zeros(gradient.shape) + gradient }

    private func options(decoupled: Bool, decay: Double = 0.3) -> AdamOptions {
        var options = AdamOptions(learningRate: 0.05)
        options.weightDecay = decay
        options.isDecoupled = decoupled
        return options
    }

    private func moments(_ rows: Int) -> RowMoments {
        RowMoments(
            first: .zeros([rows, Self.width]), second: .zeros([rows, Self.width]),
            steps: Tensor([Int32](repeating: 0, count: rows)))
    }

    /// A table's gradient when rows are looked up and weighted.
    private func gradient(of table: Tensor, rows: [Int32], weights: Tensor) throws -> Tensor {
        table.clearGradient()
        withSparseTableGradients { (table.rows(Tensor(rows)) * weights).sum() }.backward()
        let gradient = try #require(table.gradient)
        #expect(gradient.isSparse)
        return gradient
    }

    private func table(_ rows: Int, seed: Int) -> Tensor {
        var numbers = SeededNumbers(seed: seed)
        let table = numbers.tensor([rows, Self.width]).to(.float32).detached()
        table.requiresGradient = true
        return table
    }

    @Test(arguments: [true, false])
    func rowsThatAlwaysComeTakeTheStepsOfAdam(decoupled: Bool) throws {
        let rows = 9
        let table = table(rows, seed: 3)
        let dense = table.copied()
        let own = moments(rows)
        let first = Tensor.zeros(dense.shape)
        let second = Tensor.zeros(dense.shape)
        let counter = Tensor.zeros([])
        var numbers = SeededNumbers(seed: 4)
        for step in 1...6 {
            // Every row once, three rows twice.
            let looked = (0..<Int32(rows)).shuffled(using: &numbers) + [1, 4, 8]
            let weights = numbers.tensor([looked.count, Self.width]).to(.float32)
            let sparse = try gradient(of: table, rows: looked, weights: weights)
            adamStep(
                parameters: [dense], gradients: [self.dense(sparse)],
                firstMoments: [first], secondMoments: [second], steps: [counter],
                options: options(decoupled: decoupled))
            rowAdamStep(
                table, gradient: sparse, moments: own, step: step,
                options: options(decoupled: decoupled))
            expectClose(table.detached(), doubles(dense), within: 1e-5)
        }
        expectClose(own.second, doubles(second), within: 1e-5)
    }

    /// Row 0 comes at steps 1 and 4, row 1 never.
    ///
    /// Without momentum (beta1 = 0) and with the decay of two steps left out, row 0 moves as two steps of Adam at
    /// the counts 1 and 4, its second moment decayed thrice between them.
    @Test func rowsLeftOutDecayAndDoNotMove() throws {
        var options = options(decoupled: true)
        options.beta1 = 0
        options.beta2 = 0.5
        options.epsilon = 0
        let table = table(2, seed: 5)
        let begin = doubles(table.detached())
        let own = moments(2)
        let ones = Tensor.ones([1, Self.width])
        let sparse = try gradient(of: table, rows: [0], weights: ones)
        rowAdamStep(table, gradient: sparse, moments: own, step: 1, options: options)
        let again = try gradient(of: table, rows: [0], weights: ones * 2)
        rowAdamStep(table, gradient: again, moments: own, step: 4, options: options)
        settleRows(table, moments: own, step: 5, options: options)

        // Decay per step 1 - 0.05 · 0.3 = 0.985. Step 1: v = 0.5, corrected 1, so the move is 0.05.
        // Step 4: v = 0.5 · 0.5³ + 0.5 · 4 = 2.0625, corrected by 1 - 0.5⁴ to 2.2; the move is 0.05 · 2 / √2.2.
        let keep = 0.985
        let expected = begin.enumerated().map { index, weight -> Double in
            guard index < Self.width else { return weight * 0.92721653 }  // 0.985⁵
            let once = weight * keep - 0.05
            return (once * keep * keep * keep - 0.0674199862) * keep
        }
        expectClose(table.detached(), expected, within: 1e-6)
        #expect(own.steps.elements(as: Int32.self) == [5, 5])
    }

    /// In a process of its own: the number of threads is the process's.
    @Test func anyNumberOfThreadsTakesTheSameSteps() async {
        await #expect(processExitsWith: .success) {
            func run(threads: Int) throws -> [[Float]] {
                Engine.threads = threads
                let tests = RowOptimizerTests()
                let table = tests.table(3000, seed: 11)
                let own = tests.moments(3000)
                var numbers = SeededNumbers(seed: 12)
                for step in 1...3 {
                    let looked = numbers.integers(2000, in: 0..<3000)
                    let weights = numbers.tensor([2000, Self.width]).to(.float32)
                    let sparse = try tests.gradient(of: table, rows: looked, weights: weights)
                    rowAdamStep(
                        table, gradient: sparse, moments: own, step: step,
                        options: tests.options(decoupled: true))
                }
                settleRows(
                    table, moments: own, step: 3, options: tests.options(decoupled: true))
                return [table, own.first, own.second].map { $0.detached().elements() }
            }
            let once = try run(threads: 1)
            for threads in 2..<4 { #expect(try run(threads: threads) == once) }
        }
    }

    /// What the losses and look-ups record of a table, against the same computation with dense gradients.
    @Test func sparseGradientsAreTheDenseOnes() throws {
        var numbers = SeededNumbers(seed: 6)
        let table = table(12, seed: 7)
        let states = numbers.tensor([5, Self.width]).to(.float32)
        let targets = Tensor([3, 3, 0, 11, 5] as [Int32])
        let negatives = Tensor([2, 5, 7] as [Int32])
        let own = Tensor(numbers.integers(10, in: 0..<12), shape: [5, 2])
        let losses: [() -> Tensor] = [
            { (table.rows(targets) * states).sum() },
            {
                states.sharedSoftmaxLoss(table: table, targets: targets, negatives: negatives)
                    .sum() + table.rows(negatives).sum()
            },
            { states.sampledSoftmaxLoss(table: table, targets: targets, negatives: own).sum() },
        ]
        for loss in losses {
            table.clearGradient()
            loss().backward()
            let dense = try #require(table.gradient)
            #expect(!dense.isSparse)
            table.clearGradient()
            withSparseTableGradients(loss).backward()
            let sparse = try #require(table.gradient)
            #expect(sparse.isSparse)
            expectClose(self.dense(sparse), doubles(dense), within: 1e-6)
        }
    }

    /// √(2 · 7 · (1 + 4)) for two rows of ones and two of twos; clipped to a tenth.
    @Test func sparseGradientsAreClipped() throws {
        let table = table(6, seed: 8)
        let weights = Tensor.concatenate([
            .ones([2, Self.width]), .full([2, Self.width], value: 2),
        ])
        _ = try gradient(of: table, rows: [1, 4, 5, 2], weights: weights)
        let norm = clipGradients(of: [table], toNorm: 0.1)
        #expect(abs(norm - 70.0.squareRoot()) < 1e-5)
        let clipped = dense(try #require(table.gradient))
        #expect(abs((clipped * clipped).sum().item() - 0.01) < 1e-6)
    }
}
