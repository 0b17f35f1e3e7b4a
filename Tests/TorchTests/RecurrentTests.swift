import Testing
import Torch

/// One GRU problem with random numbers; every argument is float32.
private struct GRUCase {
    let layout: JaggedLayout
    let hasBiases: Bool
    let hasInitial: Bool
    /// Tokens, both weights, then the biases, then the initial states, as far as the problem has them.
    var arguments: [Tensor]

    init(
        seed: Int, input: Int, hidden: Int, lengths: [Int], hasBiases: Bool = true,
        hasInitial: Bool = true
    ) {
        var numbers = SeededNumbers(seed: seed)
        layout = JaggedLayout(lengths: lengths)
        self.hasBiases = hasBiases
        self.hasInitial = hasInitial
        let shapes: [[Int]] =
            [[layout.tokenCount, input], [3 * hidden, input], [3 * hidden, hidden]]
            + (hasBiases ? [[3 * hidden], [3 * hidden]] : [])
            + (hasInitial ? [[lengths.count, hidden]] : [])
        // Weights that neither shrink nor blow up what passes from step to step.
        let scales = [1, 1, 2 / Double(hidden).squareRoot(), 1, 1, 1]
        arguments = zip(shapes, scales).map { (numbers.tensor($0) * $1).to(.float32) }
    }

    func run(_ tensors: [Tensor]) -> Tensor {
        jaggedGRU(
            JaggedTensor(values: tensors[0], layout: layout),
            weights: GRUWeights(
                input: tensors[1], state: tensors[2], inputBias: hasBiases ? tensors[3] : nil,
                stateBias: hasBiases ? tensors[4] : nil),
            initial: hasInitial ? tensors.last : nil
        ).values
    }

    /// The kernel against the composition, in the result and in every gradient.
    func expectAgreement(location: SourceLocation = #_sourceLocation) throws {
        try expectKernel(at: arguments, agreesIn: run, location: location)
    }
}

struct RecurrentTests {
    /// One unit with weights 1, 0.5, 2 on the input and 0 on the state, state biases 0, 0, 1.
    ///
    /// By hand: reset σ(x), update σ(x / 2), candidate tanh(2 x + reset), state' = candidate + update · (state − candidate).
    @Test func oneUnitByHand() {
        // x = 0: reset 0.5, update 0.5, candidate tanh(0.5) = 0.46211716; from 0.25: 0.46211716 - 0.10605858.
        let first = 0.35605858
        // x = 1: reset 0.73105858, update 0.62245933, candidate tanh(2.73105858) = 0.99154960.
        let candidate = 0.99154960
        let second = candidate + 0.62245933 * (first - candidate)
        let states = jaggedGRU(
            JaggedTensor(
                values: Tensor([0, 1] as [Float], shape: [2, 1]),
                layout: JaggedLayout(lengths: [0, 2])),
            weights: GRUWeights(
                input: Tensor([1, 0.5, 2] as [Float], shape: [3, 1]), state: .zeros([3, 1]),
                inputBias: .zeros([3]), stateBias: Tensor([0, 0, 1] as [Float])),
            initial: Tensor([9, 0.25] as [Float], shape: [2, 1]))
        expectClose(states.values, [first, second], within: 1e-6)
    }

    @Test(
        arguments: [(1, 1), (3, 5), (7, 16), (20, 33), (64, 128)],
        [(false, false), (true, false), (false, true), (true, true)])
    func agreesWithTheComposition(widths: (Int, Int), parts: (Bool, Bool)) throws {
        try GRUCase(
            seed: widths.1, input: widths.0, hidden: widths.1, lengths: [5, 0, 1, 17, 1, 9, 4, 0],
            hasBiases: parts.0, hasInitial: parts.1
        ).expectAgreement()
    }

    @Test(arguments: 0..<20)
    func agreesOnRandomShapes(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let rows = Int.random(in: 1...90, using: &numbers)
        try GRUCase(
            seed: seed, input: Int.random(in: 1...20, using: &numbers),
            hidden: Int.random(in: 1...40, using: &numbers),
            lengths: (0..<rows).map { _ in Int.random(in: 0...11, using: &numbers) },
            hasBiases: seed % 2 == 0, hasInitial: seed % 3 == 0
        ).expectAgreement()
    }

    @Test(arguments: [DType.float32, .float64])
    func nothingToRead(dtype: DType) throws {
        for lengths in [[0, 0], []] {
            let problem = GRUCase(seed: 1, input: 2, hidden: 3, lengths: lengths)
            let (result, slopes) = try gradients(
                at: problem.arguments.map { $0.to(dtype) }
            ) { arguments in
                // The weights take part elsewhere as well, so that all have a gradient.
                arguments.dropFirst().reduce(problem.run(arguments).sum()) { $0 + $1.sum() }
            }
            #expect(result.shape == [])
            #expect(slopes[1].shape == [9, 2])
        }
    }

    @Test func theCompositionsGradientsAgreeWithDifferences() throws {
        let problem = GRUCase(seed: 3, input: 2, hidden: 3, lengths: [2, 0, 3, 1])
        try expectGradients(at: problem.arguments.map { $0.to(.float64) }, of: problem.run)
    }

    /// A not-a-number must show in the result: a training run stops on it.
    @Test func notANumberIsNotHidden() {
        var problem = GRUCase(seed: 4, input: 3, hidden: 4, lengths: [2])
        problem.arguments[0] = problem.arguments[0] * Double.nan
        #expect(doubles(problem.run(problem.arguments)).allSatisfy { $0.isNaN })
    }

    @Test func threadsDoNotChangeABit() throws {
        // Enough rows and work that the kernel takes all the threads it may.
        let problem = GRUCase(
            seed: 8, input: 24, hidden: 48, lengths: (0..<120).map { $0 * 7 % 23 })
        try expectSameBitsOnAllThreads(at: problem.arguments, of: problem.run)
    }
}
