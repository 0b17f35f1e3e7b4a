import Testing
import Torch

/// One problem of random numbers; every argument is float32.
private struct InterestCase {
    let ranges: [Range<Int32>]
    /// Facts, their terms, queries, theirs, then the net's weights.
    let arguments: [Tensor]

    init(seed: Int, width: Int, sizes: (Int, Int), facts: Int, ranges: [Range<Int32>]) {
        var numbers = SeededNumbers(seed: seed)
        self.ranges = ranges
        let (outer, inner) = sizes
        arguments = [
            [facts, width], [facts, outer], [ranges.count, width], [ranges.count, outer],
            [outer, width], [inner, outer], [inner], [inner], [2],
        ].map { numbers.tensor($0).to(.float32) }
    }

    /// Rows of facts with causal queries, some without any fact.
    static func rows(_ lengths: [Int], seed: Int, width: Int, sizes: (Int, Int)) -> InterestCase {
        var ranges: [Range<Int32>] = []
        var begin: Int32 = 0
        for length in lengths {
            for end in 0...Int32(length) { ranges.append(begin..<begin + end) }
            begin += Int32(length)
        }
        return InterestCase(
            seed: seed, width: width, sizes: sizes, facts: Int(begin), ranges: ranges)
    }

    func run(_ tensors: [Tensor]) -> Tensor {
        interestPool(
            facts: tensors[0], factTerms: tensors[1], queries: tensors[2], queryTerms: tensors[3],
            net: PairNet(
                outer: tensors[4], inner: tensors[5], bias: tensors[6], last: tensors[7],
                slopes: tensors[8]),
            ranges: ranges)
    }
}

struct InterestPoolTests {
    @Test func byHand() {
        // Width and both layers 1; slopes 1/2 and 1/4; the inner layer triples and adds 1; the score doubles.
        func tensor(_ numbers: [Float]) -> Tensor { Tensor(numbers, shape: [numbers.count, 1]) }
        let net = PairNet(
            outer: tensor([2]), inner: tensor([3]), bias: Tensor([1] as [Float]),
            last: Tensor([2] as [Float]), slopes: Tensor([0.5, 0.25] as [Float]))
        // Query 1 with facts 1 and −2: first layer 0 + 0 + 2·1 = 2 and −1 + 0 + 2·(−2) = −5, which becomes −2.5; inner 7
        // and −6.5, which becomes −1.625; scores 14 and −3.25.
        let pooled = interestPool(
            facts: tensor([1, -2]), factTerms: tensor([0, -1]), queries: tensor([1, 5, 0]),
            queryTerms: tensor([0, 1, 1]), net: net, ranges: [0..<2, 0..<0, 1..<2])
        // e to the power of −17.25: the weight of the second fact is 3.2242e-8. A query without facts gets zero, one
        // with one fact that fact.
        expectClose(pooled, [1 - 3 * 3.2242e-8, 0, -2], within: 1e-6)
        let even = interestPool(
            facts: tensor([1, -2]), factTerms: tensor([0, 3]), queries: tensor([0]),
            queryTerms: tensor([0]), net: net, ranges: [0..<2])
        // Scores 2 · 1 = 2 and 2 · (3 · 3 + 1) = 20.
        expectClose(even, [-2 + 3 * 1.523e-8], within: 1e-6)
    }

    @Test(arguments: 0..<12)
    func agreesWithTheComposition(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let lengths = (0..<Int.random(in: 1...12, using: &numbers)).map { _ in
            Int.random(in: 0...(seed % 4 == 0 ? 40 : 8), using: &numbers)
        }
        let sizes = (
            Int.random(in: 1...20, using: &numbers), Int.random(in: 1...12, using: &numbers)
        )
        let problem = InterestCase.rows(
            lengths, seed: seed, width: Int.random(in: 1...20, using: &numbers), sizes: sizes)
        let kernel = try gradients(at: problem.arguments, of: problem.run)
        let composition = try gradients(
            at: problem.arguments.map { $0.to(.float64) }, of: problem.run)
        let results = [(kernel.result, composition.result)]
        for (index, pair) in (results + zip(kernel.gradients, composition.gradients)).enumerated()
        where pair.1.count > 0 {
            let scale = max(1, pair.1.magnitude().maximum().item())
            expectClose(pair.0 / scale, pair.1 / scale, within: 4e-6, "\(index)")
        }
    }

    @Test func theCompositionsGradientsAgreeWithDifferences() throws {
        let problem = InterestCase(
            seed: 3, width: 3, sizes: (4, 2), facts: 5, ranges: [0..<3, 1..<4, 2..<2, 3..<5])
        try expectGradients(at: problem.arguments.map { $0.to(.float64) }, of: problem.run)
    }

    /// More than 4,096 pairs, so that there are several blocks.
    @Test func threadsDoNotChangeABit() throws {
        let problem = InterestCase.rows(
            [30, 90, 60, 0, 100, 5, 80], seed: 5, width: 8, sizes: (9, 5))
        try expectSameBitsOnAllThreads(at: problem.arguments, of: problem.run)
    }
}
