import Testing
import Torch

/// One filter with random numbers; every argument is float32.
private struct FilterCase {
    let layout: JaggedLayout
    /// What gate and candidate take of the tokens, the weight of the state, the members' shifts.
    var arguments: [Tensor]

    init(seed: Int, hidden: Int, members: Int, lengths: [Int]) {
        var numbers = SeededNumbers(seed: seed)
        layout = JaggedLayout(lengths: lengths)
        let shapes = [
            [layout.tokenCount, 2 * hidden], [hidden, 2 * hidden], [members, 2 * hidden],
        ]
        // A weight that neither shrinks nor blows up what passes from step to step.
        let scales = [1, 2 / Double(hidden).squareRoot(), 1]
        arguments = zip(shapes, scales).map { (numbers.tensor($0) * $1).to(.float32) }
    }

    func run(_ tensors: [Tensor]) -> Tensor {
        accountFilter(
            JaggedTensor(values: tensors[0], layout: layout), weight: tensors[1],
            shifts: tensors[2]
        ).values
    }

    /// The kernel against the composition, in the result and in every gradient.
    func expectAgreement(location: SourceLocation = #_sourceLocation) throws {
        try expectKernel(at: arguments, agreesIn: run, location: location)
    }
}

struct AccountFilterTests {
    /// One unit and two members, the first without shifts, the second with 1 on the gate and -1 on the candidate; the
    /// state counts half in the gate and fully in the candidate.
    ///
    /// By hand, from 0 with gate 0 and candidate 1: tanh(1) / 2 = 0.38079708, and tanh(0) = 0: the mean is 0.19039854.
    @Test func oneUnitByHand() {
        let first = 0.19039854
        // Gate 0.5 · first = 0.09519927: σ = 0.52378186 and, with the shift, 0.74935951. Candidate 0 + first:
        // tanh = 0.18813067 and, with the shift, tanh(-0.80960146) = -0.66937035.
        let kept = 0.52378186 * first + (1 - 0.52378186) * 0.18813067
        let other = 0.74935951 * first + (1 - 0.74935951) * -0.66937035
        let states = accountFilter(
            JaggedTensor(
                values: Tensor([0, 1, 0, 0] as [Float], shape: [2, 2]),
                layout: JaggedLayout(lengths: [0, 2])),
            weight: Tensor([0.5, 1] as [Float], shape: [1, 2]),
            shifts: Tensor([0, 0, 1, -1] as [Float], shape: [2, 2]))
        expectClose(states.values, [first, (kept + other) / 2], within: 1e-6)
    }

    @Test(arguments: [1, 3, 16, 33, 64], [1, 2, 4])
    func agreesWithTheComposition(hidden: Int, members: Int) throws {
        try FilterCase(
            seed: hidden, hidden: hidden, members: members, lengths: [5, 0, 1, 17, 1, 9, 4, 0]
        ).expectAgreement()
    }

    @Test(arguments: 0..<20)
    func agreesOnRandomShapes(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let rows = Int.random(in: 1...90, using: &numbers)
        try FilterCase(
            seed: seed, hidden: Int.random(in: 1...40, using: &numbers),
            members: Int.random(in: 1...5, using: &numbers),
            lengths: (0..<rows).map { _ in Int.random(in: 0...11, using: &numbers) }
        ).expectAgreement()
    }

    @Test(arguments: [DType.float32, .float64])
    func nothingToRead(dtype: DType) throws {
        for lengths in [[0, 0], []] {
            let problem = FilterCase(seed: 1, hidden: 3, members: 2, lengths: lengths)
            let (result, slopes) = try gradients(
                at: problem.arguments.map { $0.to(dtype) }
            ) { arguments in
                // The weights take part elsewhere as well, so that all have a gradient.
                arguments.dropFirst().reduce(problem.run(arguments).sum()) { $0 + $1.sum() }
            }
            #expect(result.shape == [])
            #expect(slopes[1].shape == [3, 6])
        }
    }

    @Test func theCompositionsGradientsAgreeWithDifferences() throws {
        let problem = FilterCase(seed: 3, hidden: 2, members: 3, lengths: [2, 0, 3, 1])
        try expectGradients(at: problem.arguments.map { $0.to(.float64) }, of: problem.run)
    }

    /// Members without shifts are one member.
    @Test func equalMembersAreOne() throws {
        let problem = FilterCase(seed: 5, hidden: 7, members: 3, lengths: [4, 6])
        let (input, weight) = (problem.arguments[0], problem.arguments[1])
        let many = problem.run([input, weight, .zeros([3, 14])])
        expectClose(many, doubles(problem.run([input, weight, .zeros([1, 14])])), within: 1e-6)
    }

    /// A not-a-number must show in the result: a training run stops on it.
    @Test func notANumberIsNotHidden() {
        var problem = FilterCase(seed: 4, hidden: 4, members: 2, lengths: [2])
        problem.arguments[0] = problem.arguments[0] * Double.nan
        #expect(doubles(problem.run(problem.arguments)).allSatisfy { $0.isNaN })
    }

    @Test func threadsDoNotChangeABit() throws {
        // Enough rows and work that the kernel takes all the threads it may.
        let problem = FilterCase(
            seed: 8, hidden: 48, members: 4, lengths: (0..<120).map { $0 * 7 % 23 })
        try expectSameBitsOnAllThreads(at: problem.arguments, of: problem.run)
    }
}
