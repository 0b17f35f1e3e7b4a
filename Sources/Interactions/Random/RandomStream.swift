/// A named, independent stream of random numbers (xoshiro256++ seeded by SplitMix64).
///
/// Streams with another seed, name or index are independent, so that one part of a run drawing more
/// numbers changes nothing in the others. The state is `Codable`: a saved stream continues exactly.
public struct RandomStream: RandomNumberGenerator, Sendable, Codable, Equatable {
    private var first: UInt64
    private var second: UInt64
    private var third: UInt64
    private var fourth: UInt64

    /// The stream of this name and these indices (an epoch, a worker, a user) under a seed.
    public init(seed: UInt64, name: String, _ indices: UInt64...) {
        self.init(state: Self.derive(seed, name, indices))
    }

    private init(state: UInt64) {
        var counter = state
        func next() -> UInt64 {
            counter &+= 0x9E37_79B9_7F4A_7C15
            return Self.mix(counter)
        }
        first = next()
        second = next()
        third = next()
        fourth = next()
    }

    /// A seed of its own for the part of a run with this name and these indices.
    public static func deriveSeed(_ seed: UInt64, _ name: String, _ indices: UInt64...) -> UInt64 {
        derive(seed, name, indices)
    }

    private static func derive(_ seed: UInt64, _ name: String, _ indices: [UInt64]) -> UInt64 {
        var state = mix(seed &+ 0x9E37_79B9_7F4A_7C15)
        for byte in name.utf8 { state = mix((state ^ UInt64(byte)) &+ 0x9E37_79B9_7F4A_7C15) }
        // The length ends the name, so that ("a", 98) and ("ab") are different streams.
        state = mix(state &+ UInt64(name.utf8.count) &* 0xD134_2543_DE82_EF95)
        for index in indices { state = mix((state ^ mix(index)) &+ 0x9E37_79B9_7F4A_7C15) }
        return state
    }

    /// SplitMix64's last step, which carries each bit into all others.
    package static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The next 64 random bits.
    @inline(__always)
    public mutating func next() -> UInt64 {
        let sum = first &+ fourth
        let result = ((sum &<< 23) | (sum &>> 41)) &+ first
        let shifted = second &<< 17
        third ^= first
        fourth ^= second
        second ^= third
        first ^= fourth
        third ^= shifted
        fourth = (fourth &<< 45) | (fourth &>> 19)
        return result
    }

    /// A number in `0..<bound`, each equally likely; `bound` must be positive.
    @inline(__always)
    public mutating func uniform(below bound: Int) -> Int {
        precondition(bound > 0, "RandomStream: expected a bound above 0, got \(bound)")
        let limit = UInt64(bound)
        var product = next().multipliedFullWidth(by: limit)
        if product.low < limit {
            let threshold = (0 &- limit) % limit
            while product.low < threshold { product = next().multipliedFullWidth(by: limit) }
        }
        return Int(product.high)
    }

    /// A number in `0..<1` with 53 random bits.
    @inline(__always)
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Puts the elements in a random order that is the same on every platform.
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, uniform(below: last + 1))
        }
    }

    /// The numbers `0..<count` in a random order.
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        shuffle(&order)
        return order
    }
}
