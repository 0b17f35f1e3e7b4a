import Testing
import Torch

@Suite struct GeneratorTests {
    @Test func theSeedDeterminesTheStream() {
        let first = Generator(seed: 5)
        let numbers = doubles(first.normal([100]))
        #expect(doubles(Generator(seed: 5).normal([100])) == numbers)
        #expect(doubles(Generator(seed: 6).normal([100])) != numbers)
        #expect(doubles(first.normal([100])) != numbers)
        first.reseed(5)
        #expect(doubles(first.normal([100])) == numbers)
        #expect(first.device == .cpu)
    }

    private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        return (mean, variance.squareRoot())
    }

    // The standard error of the mean of 40,000 numbers is 1/200 of their deviation; 5 of them are allowed.
    @Test func normalNumbersHaveTheMomentsAskedFor() {
        let tensor = Generator(seed: 1).normal([200, 200], mean: 2, deviation: 3)
        #expect(tensor.shape == [200, 200])
        let (mean, deviation) = moments(doubles(tensor))
        #expect(abs(mean - 2) < 0.075)
        #expect(abs(deviation - 3) < 0.055)
    }

    @Test func uniformNumbersFillTheirRange() {
        let values = doubles(Generator(seed: 2).uniform([40_000], low: -1, high: 3))
        #expect(values.allSatisfy { (-1..<3).contains($0) })
        let (mean, deviation) = moments(values)
        #expect(abs(mean - 1) < 0.03)
        // (high - low) / √12.
        #expect(abs(deviation - 4 / 12.0.squareRoot()) < 0.02)
    }

    @Test func dropoutZeroesItsShareAndScalesTheRest() throws {
        let leaf = Tensor.full([40_000], value: 2)
        leaf.requiresGradient = true
        let dropped = Generator(seed: 3).dropout(leaf, probability: 0.3)
        let values = doubles(dropped)
        let zeros = values.count { $0 == 0 }
        #expect(abs(Double(zeros) / 40_000 - 0.3) < 0.012)
        #expect(values.allSatisfy { $0 == 0 || abs($0 - 2 / 0.7) < 1e-6 })
        dropped.sum().backward()
        expectClose(try #require(leaf.gradient), values.map { $0 / 2 })
    }

    @Test func dropoutWithProbabilityZeroIsTheIdentity() {
        let values: [Float] = [1, -2, 0.5]
        #expect(Generator(seed: 4).dropout(Tensor(values), probability: 0).elements() == values)
    }
}
