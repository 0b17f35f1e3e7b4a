import Testing
import Torch

private struct LossCase {
    let hidden: Tensor
    let table: Tensor
    let targets: Tensor
    let negatives: Tensor
    let weights: Tensor

    init(seed: Int, tokens: Int, rows: Int, width: Int, negativeCount: Int) {
        var numbers = SeededNumbers(seed: seed)
        hidden = numbers.tensor([tokens, width])
        table = numbers.tensor([rows, width]) * 2
        targets = Tensor(numbers.integers(tokens, in: 0..<rows))
        negatives = Tensor(
            numbers.integers(tokens * negativeCount, in: 0..<rows), shape: [tokens, negativeCount])
        weights = numbers.tensor([tokens])
    }

    func sampled(_ arguments: [Tensor], temperature: Double = 1) -> Tensor {
        arguments[0].sampledSoftmaxLoss(
            table: arguments[1], targets: targets, negatives: negatives, temperature: temperature)
    }

    /// The same by ordinary operators.
    func composedSampled(_ arguments: [Tensor], temperature: Double = 1) -> Tensor {
        let tokens = hidden.size(0)
        let candidates = Tensor.concatenate(
            [targets.reshaped([tokens, 1]), negatives], dimension: 1)  // [tokens, 1 + n]
        let rows = arguments[1].rows(candidates.reshaped([-1]))
            .reshaped([tokens, candidates.size(1), hidden.size(1)])  // [tokens, 1 + n, width]
        let logits =
            rows.matmul(arguments[0].reshaped([tokens, hidden.size(1), 1]))
            .reshaped([tokens, candidates.size(1)]) / temperature  // [tokens, 1 + n]
        return -logits.logSoftmax().narrowed(1, 0..<1).reshaped([tokens])
    }

    /// The pool that all tokens share: the negatives without those that come again.
    var pool: [Int32] {
        Set(negatives.elements(as: Int32.self)).sorted()
    }

    func shared(_ arguments: [Tensor], temperature: Double = 1, chunk: Int = 1024) -> Tensor {
        arguments[0].sharedSoftmaxLoss(
            table: arguments[1], targets: targets, negatives: Tensor(pool),
            temperature: temperature, chunk: chunk)
    }

    /// The same by ordinary operators, each token's target beside the pool and removed from it.
    func composedShared(_ arguments: [Tensor], temperature: Double = 1) -> Tensor {
        let logits = arguments[0].matmul(arguments[1].transposed()) / temperature  // [tokens, rows]
        let rows = arguments[1].size(0)
        let members = Set(pool)
        let isIn = targets.elements(as: Int32.self).flatMap { target in
            (0..<Int32(rows)).map { members.contains($0) || $0 == target ? 0.0 : -1e9 }
        }
        return -(logits + Tensor(isIn, shape: [hidden.size(0), rows])).logSoftmax()
            .gathered(targets.to(.int64).reshaped([-1, 1]), dimension: 1).reshaped([-1])
    }

    func composedFull(_ arguments: [Tensor], temperature: Double) -> Tensor {
        let logits = arguments[0].matmul(arguments[1].transposed()) / temperature  // [tokens, rows]
        return -logits.logSoftmax()
            .gathered(targets.to(.int64).reshaped([-1, 1]), dimension: 1).reshaped([-1])
    }

    /// A float32 run of a loss against a float64 run of its composition, values and gradients.
    ///
    /// Logits grow as 1 / temperature, and the rounding errors of the float32 run with them.
    func expectAgreement(
        temperature: Double = 1, _ loss: ([Tensor]) -> Tensor, _ composition: ([Tensor]) -> Tensor
    ) throws {
        let rounding = 5e-6 / min(temperature, 1)
        let exact = try gradients(at: [hidden, table], weights: weights, of: composition)
        let double = try gradients(at: [hidden, table], weights: weights, of: loss)
        let single = try gradients(
            at: [hidden.to(.float32), table.to(.float32)], weights: weights.to(.float32), of: loss)
        #expect(single.result.dtype == .float32)
        #expect(double.result.dtype == .float64)
        expectClose(single.result, exact.result, within: rounding)
        expectClose(double.result, exact.result, within: 1e-12)
        for index in 0..<2 {
            expectClose(single.gradients[index], exact.gradients[index], within: rounding)
            expectClose(double.gradients[index], exact.gradients[index], within: 1e-12)
        }
    }
}

@Suite struct TensorLossTests {
    @Test func sampledSoftmaxByHand() {
        // Logits 1 (target), 2 and 0: loss log(e + e² + 1) - 1 = log(1 + e + e⁻¹) = 1.4076059644.
        let hidden = Tensor([1, 1] as [Float], shape: [1, 2])
        let table = Tensor([1, 0, 2, 0, 0, 0] as [Float], shape: [3, 2])
        let loss = hidden.sampledSoftmaxLoss(
            table: table, targets: Tensor([0] as [Int32]),
            negatives: Tensor([1, 2] as [Int32], shape: [1, 2]))
        expectClose(loss, [1.4076059644])
        let full = hidden.fullSoftmaxLoss(table: table, targets: Tensor([0] as [Int32]))
        expectClose(full, [1.4076059644])
    }

    /// Five rows for 20 and more draws: duplicates among negatives and negatives equal to the target.
    @Test(arguments: [(1, 7), (2, 1), (13, 20), (40, 33), (5, 0)], [1.0, 0.2, 3])
    func sampledSoftmaxAgreesWithItsComposition(size: (Int, Int), temperature: Double) throws {
        let problem = LossCase(
            seed: size.0, tokens: size.0, rows: 5, width: 11, negativeCount: size.1)
        try problem.expectAgreement(
            temperature: temperature,
            { problem.sampled($0, temperature: temperature) },
            { problem.composedSampled($0, temperature: temperature) })
    }

    @Test func sampledSoftmaxAgreesOnAWideProblem() throws {
        let problem = LossCase(seed: 3, tokens: 150, rows: 400, width: 64, negativeCount: 37)
        try problem.expectAgreement({ problem.sampled($0) }, { problem.composedSampled($0) })
    }

    /// From this size on products are packed, and added to what is there.
    @Test(arguments: [64, 1024])
    func softmaxOverMatricesAgreesOnAWideProblem(chunk: Int) throws {
        let problem = LossCase(seed: 12, tokens: 150, rows: 400, width: 64, negativeCount: 1)
        try problem.expectAgreement(
            { problem.shared($0, chunk: chunk) }, { problem.composedShared($0) })
        try problem.expectAgreement(
            { $0[0].fullSoftmaxLoss(table: $0[1], targets: problem.targets, chunk: chunk) },
            { problem.composedFull($0, temperature: 1) })
    }

    @Test func notANumberIsNotHidden() throws {
        let problem = LossCase(seed: 14, tokens: 1, rows: 40, width: 3, negativeCount: 30)
        // Every competitor of the target is not a number.
        let target = problem.targets.elements(as: Int32.self)[0]
        let rows = (0..<40).flatMap { row in
            [Float](repeating: row == Int(target) ? 1 : .nan, count: 3)
        }
        let arguments = [problem.hidden.to(.float32), Tensor(rows, shape: [40, 3])]
        for loss in [
            problem.sampled(arguments), problem.shared(arguments),
            arguments[0].fullSoftmaxLoss(table: arguments[1], targets: problem.targets),
        ] {
            #expect(doubles(loss)[0].isNaN)
        }
    }

    @Test func equalCandidatesShareTheProbability() {
        // Target and three negatives are one row: 1/4 each, loss log 4.
        let problem = LossCase(seed: 4, tokens: 1, rows: 1, width: 3, negativeCount: 3)
        expectClose(
            problem.sampled([problem.hidden.to(.float32), problem.table.to(.float32)]),
            [1.3862943611])
    }

    @Test func largeLogitsStayFinite() throws {
        let problem = LossCase(seed: 6, tokens: 6, rows: 9, width: 8, negativeCount: 5)
        let arguments = [problem.hidden.to(.float32) * 1e3, problem.table.to(.float32) * 1e3]
        let (result, slopes) = try gradients(at: arguments) { problem.sampled($0) }
        #expect(result.isFinite)
        #expect(slopes.count == 2)
        for slope in slopes { #expect(slope.isFinite) }
    }

    @Test func noTokensAreNoLoss() throws {
        let problem = LossCase(seed: 5, tokens: 0, rows: 4, width: 3, negativeCount: 2)
        let arguments = [problem.hidden.to(.float32), problem.table.to(.float32)]
        for loss in [
            { problem.sampled($0) },
            { problem.shared($0) },
            { $0[0].fullSoftmaxLoss(table: $0[1], targets: problem.targets) },
        ] as [([Tensor]) -> Tensor] {
            let (result, slopes) = try gradients(at: arguments, of: loss)
            #expect(result.shape == [0])
            #expect(slopes.map(\.shape) == [[0, 3], [4, 3]])
            #expect(doubles(slopes[1]).allSatisfy { $0 == 0 })
        }
    }

    /// Pools of few and of nearly all rows, so with the target and without.
    @Test(arguments: [(1, 7, 1), (9, 1, 4), (13, 4, 5), (40, 3, 1024), (5, 0, 2)], [1.0, 0.2])
    func sharedSoftmaxAgreesWithItsComposition(size: (Int, Int, Int), temperature: Double) throws {
        let problem = LossCase(
            seed: size.0, tokens: size.0, rows: 23, width: 11, negativeCount: size.1)
        try problem.expectAgreement(
            temperature: temperature,
            { problem.shared($0, temperature: temperature, chunk: size.2) },
            { problem.composedShared($0, temperature: temperature) })
    }

    @Test func aTargetInTheSharedPoolCountsOnce() {
        // The only negative is the target itself: probability 1, loss 0.
        let hidden = Tensor([1, 1] as [Float], shape: [1, 2])
        let table = Tensor([1, 0, 2, 0, 0, 0] as [Float], shape: [3, 2])
        let one = Tensor([1] as [Int32])
        expectClose(hidden.sharedSoftmaxLoss(table: table, targets: one, negatives: one), [0])
    }

    @Test(arguments: [1, 3, 13, 100], [1.0, 0.1])
    func fullSoftmaxAgreesWithItsCompositionInAnyChunk(chunk: Int, temperature: Double) throws {
        let problem = LossCase(seed: 8, tokens: 13, rows: 17, width: 6, negativeCount: 1)
        try problem.expectAgreement(
            temperature: temperature,
            {
                $0[0].fullSoftmaxLoss(
                    table: $0[1], targets: problem.targets, temperature: temperature, chunk: chunk)
            },
            { problem.composedFull($0, temperature: temperature) })
    }

    /// In a process of its own: the number of threads is the process's.
    @Test func lossesRepeatBitForBit() async {
        await #expect(processExitsWith: .success) {
            let problem = LossCase(seed: 9, tokens: 500, rows: 300, width: 33, negativeCount: 40)
            let arguments = [problem.hidden.to(.float32), problem.table.to(.float32)]
            func run(_ loss: ([Tensor]) -> Tensor, threads: Int) throws -> [[Float]] {
                Engine.threads = threads
                #expect(Engine.threads == threads)
                let (result, slopes) = try gradients(at: arguments, of: loss)
                return [result.elements()] + slopes.map { $0.elements() }
            }
            for loss in [
                { problem.sampled($0) }, { problem.shared($0, chunk: 128) },
                { $0[0].fullSoftmaxLoss(table: $0[1], targets: problem.targets, chunk: 128) },
            ] as [([Tensor]) -> Tensor] {
                let once = try run(loss, threads: 2)
                for _ in 0..<5 { #expect(try run(loss, threads: 2) == once) }
                #expect(try run(loss, threads: 3) == once)
                #expect(try run(loss, threads: 1) == once)
            }
        }
    }
}
