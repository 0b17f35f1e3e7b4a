/// What a paired comparison of two systems found.
public struct PairedComparison: Codable, Sendable, Equatable {
    /// The mean of the first system's values less that of the second's.
    public let difference: Double

    /// The lower end of the difference's percentile interval.
    public let low: Double

    /// The upper end of the difference's percentile interval.
    public let high: Double

    /// The two-sided probability of so clear a sign by resampling alone, at least 2 / (samples + 1).
    public let pValue: Double

    /// The number of cases compared.
    public let cases: Int

    /// Creates a comparison from its parts.
    public init(difference: Double, low: Double, high: Double, pValue: Double, cases: Int) {
        self.difference = difference
        self.low = low
        self.high = high
        self.pValue = pValue
        self.cases = cases
    }
}

/// A paired bootstrap test between two systems measured on the same cases.
///
/// The differences of the pairs are drawn with replacement, as many as there are, `samples` times.
/// The interval is the percentile interval of the drawn means. The p-value is twice the smaller
/// share of drawn means on either side of zero, zero itself on both, so that it is below
/// 1 − `confidence` where the interval leaves out zero. It wants some dozens of cases: with a
/// handful, such as one value a seed, resampling understates what chance can do.
public struct PairedBootstrap: Sendable {
    /// How many times the cases are drawn.
    public let samples: Int

    /// The seed of the draws: same seed and values, same result.
    public let seed: UInt64

    /// The share of the drawn means inside the interval.
    public let confidence: Double

    /// Creates a test.
    public init(samples: Int = 10_000, seed: UInt64, confidence: Double = 0.95) {
        precondition(samples >= 1, "PairedBootstrap: expected at least 1 sample, got \(samples)")
        precondition(
            confidence > 0 && confidence < 1,
            "PairedBootstrap: expected a confidence between 0 and 1, got \(confidence)")
        self.samples = samples
        self.seed = seed
        self.confidence = confidence
    }

    /// Compares the values of two systems, the same case at the same index.
    ///
    /// Nil with fewer than two cases, where resampling has nothing to vary.
    public func compare(_ first: [Double], _ second: [Double]) -> PairedComparison? {
        precondition(
            first.count == second.count,
            "PairedBootstrap.compare: expected \(first.count) paired values, got \(second.count)")
        let differences = zip(first, second).map { $0 - $1 }
        precondition(
            differences.allSatisfy(\.isFinite),
            "PairedBootstrap.compare: expected finite values, got one that is not")
        guard differences.count >= 2 else { return nil }
        let means = resampledMeans(differences).sorted()
        let atMostZero = means.count { $0 <= 0 }
        let atLeastZero = means.count { $0 >= 0 }
        let tail = Double(min(atMostZero, atLeastZero) + 1) / Double(samples + 1)
        return PairedComparison(
            difference: differences.reduce(0, +) / Double(differences.count),
            low: quantile((1 - confidence) / 2, ofSorted: means),
            high: quantile((1 + confidence) / 2, ofSorted: means),
            pValue: min(1, 2 * tail), cases: differences.count)
    }

    private func resampledMeans(_ differences: [Double]) -> [Double] {
        var generator = SplitMix64(state: seed)
        let count = UInt64(differences.count)
        return differences.withUnsafeBufferPointer { values in
            (0..<samples).map { _ in
                var sum = 0.0
                for _ in 0..<values.count {
                    // The high half of the product is uniform below `count` up to count / 2^64.
                    let index = generator.next().multipliedFullWidth(by: count).high
                    sum += values[Int(truncatingIfNeeded: index)]
                }
                return sum / Double(values.count)
            }
        }
    }

    /// The quantile with linear interpolation between neighbours.
    private func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
        let position = share * Double(values.count - 1)
        let lower = Int(position)
        let upper = min(lower + 1, values.count - 1)
        return values[lower] + (position - Double(lower)) * (values[upper] - values[lower])
    }
}

/// The SplitMix64 generator: a counter and a mixing function, so draws need not wait for each other.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
