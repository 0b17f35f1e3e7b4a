import Testing
import Torch
import TorchNN

struct RandomSourcesTests {
    private func draw(_ initializer: Initializer, _ shape: [Int], seed: UInt64 = 1) -> [Float] {
        initializer.draw(shape, from: Generator(seed: seed)).elements()
    }

    private func moments(_ numbers: [Float]) -> (mean: Double, deviation: Double) {
        let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(numbers.count)
        let squares = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return (mean, (squares / Double(numbers.count)).squareRoot())
    }

    @Test("constant and normal")
    func constantAndNormal() {
        #expect(draw(.constant(2.5), [2, 2]) == [2.5, 2.5, 2.5, 2.5])
        let (mean, deviation) = moments(draw(.normal(deviation: 0.5), [100, 200]))
        // 20,000 numbers: the mean deviates by 0.0035, the deviation by 0.0025.
        #expect(abs(mean) < 0.015 && abs(deviation - 0.5) < 0.0125)
    }

    @Test("the truncated normal stays inside its limit and has the truncated deviation")
    func truncated() {
        let numbers = draw(.truncatedNormal(deviation: 0.02, limit: 0.04), [100, 200])
        #expect(numbers.allSatisfy { abs($0) <= 0.04 })
        // A standard normal cut at ±2 has the variance 1 - 4 φ(2) / (Φ(2) - Φ(-2)) = 0.77413.
        let (mean, deviation) = moments(numbers)
        #expect(abs(mean) < 6e-4 && abs(deviation - 0.02 * 0.87985) < 4e-4)
        // Redrawing must not pile numbers up at the limit: about 0.6 % lie in the last twentieth.
        #expect(numbers.count { abs($0) > 0.038 } < 400)
    }

    @Test("uniform and Glorot's rules")
    func uniformAndGlorot() {
        let uniform = draw(.uniform(limit: 0.3), [100, 200])
        #expect(uniform.allSatisfy { abs($0) <= 0.3 })
        #expect(abs(moments(uniform).deviation - 0.3 / 3.0.squareRoot()) < 0.003)
        // [50, 100]: the limit is sqrt(6 / 150) = 0.2, the normal's deviation sqrt(2 / 150) = 0.11547.
        let glorot = draw(.xavierUniform, [50, 100])
        #expect(glorot.allSatisfy { abs($0) <= 0.2 } && glorot.contains { abs($0) > 0.19 })
        #expect(abs(moments(draw(.xavierNormal, [50, 100])).deviation - 0.11547) < 0.006)
    }

    @Test("weights depend on the seed of initial weights alone")
    func streams() {
        func weight(_ initialization: UInt64, _ dropout: UInt64) -> Tensor {
            let random = RandomSources(initializationSeed: initialization, dropoutSeed: dropout)
            _ = random.dropout.uniform([7])
            return Linear(4, 4, initializer: .normal(deviation: 1), random: random).weight.value
        }
        #expect(identical(weight(1, 2), weight(1, 3)))
        #expect(!identical(weight(1, 2), weight(2, 2)))
    }
}
