import Testing
import Torch

private struct NormCase {
    /// Input, weight, bias and one or two branches.
    let arguments: [Tensor]
    let branches: Int

    init(seed: Int, rows: Int, width: Int, branches: Int) {
        var numbers = SeededNumbers(seed: seed)
        self.branches = branches
        arguments =
            [numbers.tensor([rows, width]), numbers.tensor([width]), numbers.tensor([width])]
            + (0..<branches).map { _ in numbers.tensor([rows, width]) * 3 }
    }

    var single: [Tensor] { arguments.map { $0.to(.float32) } }

    func fused(_ arguments: [Tensor], dropout: Double, seed: UInt64 = 1) -> Tensor {
        arguments[0].residualLayerNorm(
            adding: Array(arguments[3...]), weight: arguments[1], bias: arguments[2],
            dropout: dropout, generator: Generator(seed: seed))
    }

    /// The same by ordinary operators; masks come from float32 dropout whatever the arguments' type.
    func composed(_ arguments: [Tensor], dropout: Double, seed: UInt64 = 1) -> Tensor {
        let generator = Generator(seed: seed)
        let sum = arguments[3...].reduce(arguments[0]) { sum, branch in
            let factors = generator.dropout(.ones(branch.shape), probability: dropout)
            return sum + branch * factors.to(branch.dtype)
        }
        return sum.layerNorm(weight: arguments[1], bias: arguments[2])
    }
}

@Suite struct TensorFusedTests {
    /// Odd sizes, one row, no row, one column, more rows than a thread's part.
    @Test(
        arguments: [(1, 5), (7, 1), (13, 20), (0, 4), (150, 37), (65, 256)], [0, 1, 2])
    func residualLayerNormAgreesWithItsComposition(size: (Int, Int), branches: Int) throws {
        let problem = NormCase(
            seed: size.0 + branches, rows: size.0, width: size.1, branches: branches)
        for dropout in [0, 0.5, 0.1] {
            let exact = try gradients(at: problem.arguments) {
                problem.composed($0, dropout: dropout)
            }
            let found = try gradients(at: problem.single) { problem.fused($0, dropout: dropout) }
            #expect(found.result.dtype == .float32)
            // A width of 1 divides rounding errors by the square root of epsilon.
            let rounding = size.1 == 1 ? 1e-3 : 2e-5
            expectClose(found.result, exact.result, within: rounding)
            for (left, right) in zip(found.gradients, exact.gradients) {
                expectClose(left, right, within: rounding * 5)
            }
        }
    }

    @Test func residualLayerNormByHand() {
        // 1 + 2 and 3 - 4: 3 and -1, mean 1, deviation 2; scaled by 2 and shifted by 1.
        let norm = Tensor([1, 3] as [Float], shape: [1, 2]).residualLayerNorm(
            adding: [Tensor([2, -4] as [Float], shape: [1, 2])], weight: .full([2], value: 2),
            bias: .ones([2]), epsilon: 1e-12)
        expectClose(norm, [3, -1])
    }

    @Test func doublePrecisionKeepsTheComposition() throws {
        let problem = NormCase(seed: 3, rows: 4, width: 6, branches: 2)
        try expectGradients(at: problem.arguments, within: 1e-6) {
            problem.fused($0, dropout: 0.5)
        }
    }

    @Test func branchesThatAreViewsOrTheInputItselfAreFine() throws {
        var numbers = SeededNumbers(seed: 4)
        let arguments = [numbers.tensor([6, 9]), numbers.tensor([6]), numbers.tensor([6])]
        let exact = try gradients(at: arguments) {
            let input = $0[0].transposed()
            return (input * 2).layerNorm(weight: $0[1], bias: $0[2])
        }
        let found = try gradients(at: arguments.map { $0.to(.float32) }) {
            let input = $0[0].transposed()
            return input.residualLayerNorm(adding: [input], weight: $0[1], bias: $0[2])
        }
        expectClose(found.result, exact.result, within: 1e-5)
        for (left, right) in zip(found.gradients, exact.gradients) {
            expectClose(left, right, within: 1e-4)
        }
    }

    @Test(arguments: [[1, 1], [3, 7], [40, 33], [0, 5], [120, 680]])
    func siluGateAgreesWithItsComposition(shape: [Int]) throws {
        var numbers = SeededNumbers(seed: 5)
        let arguments = [numbers.tensor(shape) * 20, numbers.tensor(shape)]
        let exact = try gradients(at: arguments) { $0[0].silu() * $0[1] }
        let double = try gradients(at: arguments) { $0[1].siluGated(by: $0[0]) }
        let single = try gradients(at: arguments.map { $0.to(.float32) }) {
            $0[1].siluGated(by: $0[0])
        }
        expectClose(single.result, exact.result, within: 2e-6)
        expectClose(double.result, exact.result, within: 1e-12)
        for index in 0..<2 {
            expectClose(single.gradients[index], exact.gradients[index], within: 2e-6)
            expectClose(double.gradients[index], exact.gradients[index], within: 1e-12)
        }
    }

    @Test func siluGateSaturatesWithoutOverflow() throws {
        let gate: [Float] = [-1e30, -200, -88, 0, 88, 200, 1e30]
        let found = try gradients(at: [Tensor(gate), .ones([7])], weights: .ones([7])) {
            $0[1].siluGated(by: $0[0])
        }
        expectClose(found.result, [0, 0, 0, 0, 88, 200, 1e30])
        expectClose(found.gradients[0], [0, 0, 0, 0.5, 1, 1, 1])
    }

    /// In a process of its own: the number of threads is the process's.
    @Test func anyNumberOfThreadsGivesTheSameBits() async {
        await #expect(processExitsWith: .success) {
            let problem = NormCase(seed: 6, rows: 700, width: 130, branches: 2)
            func run(threads: Int) throws -> [[Float]] {
                Engine.threads = threads
                let (result, slopes) = try gradients(at: problem.single) {
                    problem.fused($0, dropout: 0.5)
                }
                return [result.elements()] + slopes.map { $0.elements() }
            }
            let once = try run(threads: 1)
            for threads in 2..<5 { #expect(try run(threads: threads) == once) }
        }
    }
}
