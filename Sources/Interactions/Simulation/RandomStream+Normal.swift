import Foundation

extension RandomStream {
    /// Fills a buffer with independent numbers of the standard normal distribution (Box and Muller).
    mutating func fillNormal(_ buffer: UnsafeMutableBufferPointer<Float>) {
        var index = 0
        while index < buffer.count {
            let (first, second) = normalPair()
            buffer[index] = Float(first)
            if index + 1 < buffer.count { buffer[index + 1] = Float(second) }
            index += 2
        }
    }

    /// Independent numbers of the standard normal distribution.
    mutating func normals(_ count: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            fillNormal(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
            filled = count
        }
    }

    /// Two independent numbers of the standard normal distribution.
    mutating func normalPair() -> (Double, Double) {
        // 1 - u is in (0, 1], so that the logarithm is finite.
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        return (radius * cos(angle), radius * sin(angle))
    }

    /// A number of the exponential distribution of mean 1.
    @inline(__always)
    mutating func exponential() -> Double { -log(1 - uniform()) }

    /// Whether something of this chance happens.
    @inline(__always)
    mutating func happens(_ chance: Double) -> Bool { uniform() < chance }
}
