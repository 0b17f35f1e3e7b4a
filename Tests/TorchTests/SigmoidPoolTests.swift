import Testing
import Torch

/// One pool of random numbers; every argument is float32.
private struct PoolCase {
    let layout: JaggedLayout
    let members: [Int32]
    /// Queries, keys, values, weight.
    let arguments: [Tensor]

    init(seed: Int, width: Int, lengths: [Int], members: [Int32], count: Int) {
        var numbers = SeededNumbers(seed: seed)
        layout = JaggedLayout(lengths: lengths)
        self.members = members
        arguments = [[lengths.count, width], [count, width], [count, width], [width]]
            .map { (numbers.tensor($0) * 2).to(.float32) }
    }

    func run(_ tensors: [Tensor]) -> Tensor {
        sigmoidPool(
            queries: tensors[0], keys: tensors[1], values: tensors[2], weight: tensors[3],
            layout: layout, members: members)
    }
}

struct SigmoidPoolTests {
    @Test func byHand() {
        // Keys and queries add up to 0 (σ = 1/2) or to ln 3 (σ = 3/4); the weight is (2, 4).
        let ln3 = Float(1.0986123)
        let pooled = sigmoidPool(
            queries: Tensor([0, 0, ln3, 0] as [Float], shape: [2, 2]),
            keys: Tensor([0, 0, 0, ln3] as [Float], shape: [2, 2]),
            values: Tensor([1, 10, 100, 1000] as [Float], shape: [2, 2]),
            weight: Tensor([2, 4] as [Float]), layout: JaggedLayout(lengths: [3, 1]),
            members: [0, 1, 0, 1])
        // Sum 0: twice member 0 with 2/2 + 4/2 = 3, once member 1 with 2/2 + 4 · 3/4 = 4.
        // Sum 1: member 1 with 2 · 3/4 + 4 · 3/4 = 4.5.
        expectClose(pooled, [6 + 400, 60 + 4000, 450, 4500], within: 1e-5)
    }

    @Test(arguments: 0..<16)
    func agreesWithTheComposition(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let lengths = (0..<Int.random(in: 1...60, using: &numbers)).map { _ in
            Int.random(in: 0...9, using: &numbers)
        }
        let count = Int.random(in: 1...30, using: &numbers)
        let total = lengths.reduce(0, +)
        // Half of the problems have runs of sums without members in common, as sessions have.
        let places = lengths.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
        let members =
            seed % 2 == 0
            ? numbers.integers(total, in: 0..<count)
            : places.map { Int32($0 * count / lengths.count) }
        let problem = PoolCase(
            seed: seed, width: Int.random(in: 1...70, using: &numbers), lengths: lengths,
            members: members, count: count)
        let kernel = try gradients(at: problem.arguments, of: problem.run)
        let composition = try gradients(
            at: problem.arguments.map { $0.to(.float64) }, of: problem.run)
        let results = [(kernel.result, composition.result)]
        for (index, pair) in (results + zip(kernel.gradients, composition.gradients)).enumerated() {
            let scale = max(1, pair.1.magnitude().maximum().item())
            expectClose(pair.0 / scale, pair.1 / scale, within: 4e-6, "\(index)")
        }
    }

    @Test func theCompositionsGradientsAgreeWithDifferences() throws {
        let problem = PoolCase(
            seed: 1, width: 3, lengths: [2, 0, 3], members: [0, 2, 2, 1, 2], count: 4)
        try expectGradients(at: problem.arguments.map { $0.to(.float64) }, of: problem.run)
    }

    @Test func threadsDoNotChangeABit() throws {
        // Sums that share members within runs of seven.
        let lengths = [Int](repeating: 6, count: 490)
        let members: [Int32] = (0..<490 * 6).map { (pair: Int) -> Int32 in
            Int32(pair / 42 * 3 + pair % 3)
        }
        let problem = PoolCase(
            seed: 5, width: 16, lengths: lengths, members: members, count: 210)
        try expectSameBitsOnAllThreads(at: problem.arguments, of: problem.run)
    }
}
