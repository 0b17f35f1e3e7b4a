/// Eight numbers at once.
enum VectorMath {
    typealias Lane = SIMD8<Float>

    /// A length rounded up to whole lanes.
    static func padded(_ count: Int) -> Int { (count + 7) & ~7 }

    /// The inner product of two vectors of whole lanes.
    @inline(__always)
    static func innerProduct(
        _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, count: Int
    ) -> Float {
        var sum = Lane.zero
        var index = 0
        while index < count {
            sum +=
                lane(UnsafeRawPointer(left + index)) * lane(UnsafeRawPointer(right + index))
            index &+= 8
        }
        let half = sum.lowHalf + sum.highHalf
        let quarter = half.lowHalf + half.highHalf
        return quarter[0] + quarter[1]
    }

    @inline(__always)
    private static func lane(_ pointer: UnsafeRawPointer) -> Lane {
        pointer.loadUnaligned(as: Lane.self)
    }

    /// The exponential of numbers up to 0, to about six digits; numbers below -80 count as -80.
    ///
    /// x = n·ln 2 + r with a whole n and |r| ≤ ln 2 / 2; 2ⁿ is made of its bits, eʳ is a Taylor polynomial.
    @inline(__always)
    static func exponential(_ value: Lane) -> Lane {
        let limited = value.replacing(with: -80, where: value .< -80)
        // Adding and taking away 1.5 · 2²³ rounds to a whole number, which stands in the lowest bits.
        let shifted = limited * 1.442_695_04 + 12_582_912
        let whole = shifted - 12_582_912
        let rest = limited - whole * 0.693_145_75 - whole * 1.428_606_8e-6
        var power = rest * (1 / 720) + 1 / 120
        power = power * rest + 1 / 24
        power = power * rest + 1 / 6
        power = power * rest + 0.5
        power = power * rest + 1
        power = power * rest + 1
        let bits = unsafeBitCast(shifted, to: SIMD8<UInt32>.self)
        let scale = (bits &<< 23) &+ SIMD8(repeating: 127 << 23)
        return power * unsafeBitCast(scale, to: Lane.self)
    }
}
