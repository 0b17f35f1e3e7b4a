import Testing
import Torch

/// Masks as bits: whether each of `count` positions is kept.
private func mask(seed: UInt64, _ count: Int, probability: Double = 0.5) -> [Bool] {
    let values: [Float] = Generator(seed: seed)
        .dropout(.ones([count]), probability: probability).elements()
    return values.map { $0 != 0 }
}

/// How many deviations the share of agreements lies from one half, for two independent fair masks.
private func agreement(_ left: some Sequence<Bool>, _ right: some Sequence<Bool>) -> Double {
    let pairs = Array(zip(left, right))
    let same = Double(pairs.count { $0 == $1 })
    return (same - Double(pairs.count) / 2) / (Double(pairs.count) / 4).squareRoot()
}

// Bounds of 5 deviations: one false alarm in 1.7 million, and the seeds are fixed.
@Suite struct DropoutTests {
    private let count = 1 << 16

    @Test(arguments: [0.01, 0.1, 0.3, 0.5, 0.9])
    func theShareKeptIsTheOneAskedFor(probability: Double) {
        let kept = Double(mask(seed: 11, count, probability: probability).count { $0 })
        let size = Double(count)
        let deviation = (size * probability * (1 - probability)).squareRoot()
        #expect(abs(kept - size * (1 - probability)) < 5 * deviation)
    }

    @Test(arguments: [1, 2, 3, 4, 8, 16, 31, 64, 255, 256, 257, 680, 4096])
    func positionsAreIndependent(distance: Int) {
        let mask = mask(seed: 12, count)
        #expect(abs(agreement(mask, mask.dropFirst(distance))) < 5)
    }

    @Test(arguments: UInt64(0)..<8)
    func neighbouringSeedsAreIndependent(seed: UInt64) {
        #expect(abs(agreement(mask(seed: seed, count), mask(seed: seed + 1, count))) < 5)
    }

    @Test func successiveMasksOfOneGeneratorAreIndependent() {
        let generator = Generator(seed: 13)
        let masks = (0..<2).map { _ in
            doubles(generator.dropout(.ones([count]), probability: 0.5)).map { $0 != 0 }
        }
        #expect(abs(agreement(masks[0], masks[1])) < 5)
    }

    // Eight neighbours are one of 256 patterns. Chi-square has 255 degrees of freedom: mean 255, deviation 22.6.
    @Test(arguments: [1, 256])
    func patternsOfEightAreEquallyLikely(distance: Int) {
        let mask = mask(seed: 14, count * 8)
        var counts = [Double](repeating: 0, count: 256)
        for block in 0..<count {
            let start =
                distance == 1
                ? block * 8 : block / distance * distance * 8 + block % distance
            counts[(0..<8).reduce(0) { $0 * 2 + (mask[start + $1 * distance] ? 1 : 0) }] += 1
        }
        #expect(counts.reduce(0, +) == Double(count))
        let expected = Double(count) / 256
        let chiSquare = counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        #expect(abs(chiSquare - 255) < 5 * 22.6)
    }

    @Test func theGradientIsTheMask() throws {
        var numbers = SeededNumbers(seed: 15)
        for shape in [[1], [3, 7], [40, 33], [0, 4], [90, 1000]] {
            let input = numbers.tensor(shape).to(.float32)
            let weights = numbers.tensor(shape).to(.float32)
            let found = try gradients(at: [input], weights: weights) {
                Generator(seed: 16).dropout($0[0], probability: 0.25)
            }
            let factors = Generator(seed: 16).dropout(.ones(shape), probability: 0.25)
            #expect(Set(factors.elements(as: Float.self)).isSubset(of: [0, 1 / Float(0.75)]))
            expectClose(found.result, input * factors, within: 1e-7)
            expectClose(found.gradients[0], weights * factors, within: 1e-7)
        }
    }

    @Test func aTransposedTensorIsDroppedByItsOwnRowMajorPositions() throws {
        var numbers = SeededNumbers(seed: 17)
        let input = numbers.tensor([5, 9]).to(.float32)
        let weights = numbers.tensor([9, 5]).to(.float32)
        let found = try gradients(at: [input], weights: weights) {
            Generator(seed: 18).dropout($0[0].transposed(), probability: 0.5)
        }
        let factors = Generator(seed: 18).dropout(.ones([9, 5]), probability: 0.5)
        expectClose(found.result, input.transposed() * factors)
        expectClose(found.gradients[0], (weights * factors).transposed())
    }

    @Test func doublePrecisionIsDroppedToo() throws {
        let values = doubles(
            Generator(seed: 19).dropout(.full([count], value: 2, dtype: .float64), probability: 0.3)
        )
        #expect(values.allSatisfy { $0 == 0 || abs($0 - 2 / 0.7) < 1e-12 })
        #expect(abs(Double(values.count { $0 == 0 }) / Double(count) - 0.3) < 0.01)
    }

    /// In a process of its own: the number of threads is the process's.
    @Test func anyNumberOfThreadsDrawsTheSameMask() async {
        await #expect(processExitsWith: .success) {
            func run(threads: Int) -> [Float] {
                Engine.threads = threads
                return Generator(seed: 20).dropout(.ones([300_001]), probability: 0.5).elements()
            }
            let once = run(threads: 1)
            for threads in 2..<6 { #expect(run(threads: threads) == once) }
        }
    }
}
