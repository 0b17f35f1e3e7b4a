import Foundation
import Testing

@testable import RankingMetrics

@Suite("Paired bootstrap")
struct PairedBootstrapTests {
    /// Roughly normal values: the sum of twelve uniform ones less six.
    static func values(_ count: Int, _ generator: inout SplitMix64) -> [Double] {
        (0..<count).map { _ in
            (0..<12).reduce(-6) { sum, _ in
                sum + Double(generator.next() >> 11) * 0x1p-53
            }
        }
    }

    @Test func identicalSystems() throws {
        let values = [0.0, 1, 0.5, 0.25, 1]
        let result = try #require(PairedBootstrap(samples: 500, seed: 1).compare(values, values))
        #expect(
            result == PairedComparison(difference: 0, low: 0, high: 0, pValue: 1, cases: 5))
    }

    // Every pair differs by 0.25, so each drawn mean does: p = 2 · (0 + 1) / (999 + 1).
    @Test func constantShift() throws {
        let values = (0..<64).map { Double($0) }
        let bootstrap = PairedBootstrap(samples: 999, seed: 1)
        let result = try #require(bootstrap.compare(values.map { $0 + 0.25 }, values))
        #expect(
            result
                == PairedComparison(
                    difference: 0.25, low: 0.25, high: 0.25, pValue: 0.002, cases: 64))
    }

    // 200 pairs of deviation √2 shifted by 0.5: standard error 0.1, five of them from zero.
    @Test func clearShift() throws {
        var generator = SplitMix64(state: 17)
        let first = Self.values(200, &generator).map { $0 + 0.5 }
        let second = Self.values(200, &generator)
        let bootstrap = PairedBootstrap(samples: 1000, seed: 2)
        let result = try #require(bootstrap.compare(first, second))
        #expect(result.pValue < 0.01)
        #expect(result.low > 0 && result.low < result.difference)
        #expect(result.difference < result.high)
        // The percentile interval is near difference ± 1.96 standard errors.
        let differences = zip(first, second).map { $0 - $1 }
        let deviation = try #require(meanAndDeviation(differences)?.deviation)
        let halfWidth = 1.96 * deviation / Double(200).squareRoot()
        #expect(isClose((result.high - result.low) / 2, halfWidth, tolerance: 0.02))
    }

    // The draws do not see the sign of the values, so swapping the systems mirrors the result.
    @Test func swappingMirrors() throws {
        var generator = SplitMix64(state: 23)
        let first = Self.values(60, &generator)
        let second = Self.values(60, &generator)
        let bootstrap = PairedBootstrap(samples: 999, seed: 4)
        let forward = try #require(bootstrap.compare(first, second))
        let backward = try #require(bootstrap.compare(second, first))
        #expect(isClose(backward.difference, -forward.difference))
        #expect(isClose(backward.low, -forward.high))
        #expect(isClose(backward.high, -forward.low))
        #expect(backward.pValue == forward.pValue)
    }

    @Test func seedDecides() {
        var generator = SplitMix64(state: 29)
        let first = Self.values(50, &generator)
        let second = Self.values(50, &generator)
        let result = PairedBootstrap(samples: 200, seed: 1).compare(first, second)
        #expect(result != nil)
        #expect(PairedBootstrap(samples: 200, seed: 1).compare(first, second) == result)
        #expect(PairedBootstrap(samples: 200, seed: 2).compare(first, second) != result)
    }

    // Two systems without a difference, 200 times: about 5 % (10) fall below 0.05 by chance, with a
    // standard deviation of 3.1. Outside 2...22 the test would be deaf or rash. The interval leaves
    // out zero just where p is below 0.05, up to rounding at the edge.
    @Test func falseAlarmsAreAboutAsRareAsTheySay() {
        var generator = SplitMix64(state: 31)
        var alarms = 0
        var disagreements = 0
        for seed in 0..<200 {
            let first = Self.values(60, &generator)
            let second = Self.values(60, &generator)
            let bootstrap = PairedBootstrap(samples: 400, seed: UInt64(seed))
            guard let result = bootstrap.compare(first, second) else { continue }
            let excludesZero = result.low > 0 || result.high < 0
            alarms += result.pValue < 0.05 ? 1 : 0
            disagreements += excludesZero == (result.pValue < 0.05) ? 0 : 1
        }
        #expect((2...22).contains(alarms))
        #expect(disagreements <= 2)
    }

    @Test func tooFewCases() {
        let bootstrap = PairedBootstrap(seed: 1)
        #expect(bootstrap.compare([], []) == nil)
        #expect(bootstrap.compare([1], [0]) == nil)
    }

    @Test func unpairedValuesTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = PairedBootstrap(samples: 10, seed: 1).compare([1, 2], [1])
        }
    }

    // The published first outputs of SplitMix64 for the seed 1234567.
    @Test func generatorHasItsPublishedOutputs() {
        var generator = SplitMix64(state: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
        #expect(generator.next() == 9_817_491_932_198_370_423)
    }
}
