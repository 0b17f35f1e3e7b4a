/// SHA-256 of a stream of bytes, FIPS 180-4: what publishers' checksums are made with.
struct SHA256 {
    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = primes(64).map { fraction($0, isCubeRoot: true) }
    private var state: [UInt32] = primes(8).map { fraction($0, isCubeRoot: false) }
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    /// Adds bytes.
    mutating func update(_ bytes: some Collection<UInt8>) {
        length += UInt64(bytes.count)
        pending.append(contentsOf: bytes)
        let whole = pending.count / 64 * 64
        pending.withUnsafeBufferPointer { buffer in
            for start in stride(from: 0, to: whole, by: 64) {
                Self.absorb(UnsafeBufferPointer(rebasing: buffer[start..<start + 64]), into: &state)
            }
        }
        pending.removeFirst(whole)
    }

    /// The digest of all bytes so far in hexadecimal digits.
    func hexadecimal() -> String {
        var last = self
        let bits = length * 8
        let zeros = (119 - Int(length % 64)) % 64
        last.update([0x80] + [UInt8](repeating: 0, count: zeros))
        last.update((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) })
        return last.state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private static func absorb(_ block: UnsafeBufferPointer<UInt8>, into state: inout [UInt32]) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
            for index in 0..<16 {
                words[index] =
                    UInt32(block[4 * index]) << 24 | UInt32(block[4 * index + 1]) << 16
                    | UInt32(block[4 * index + 2]) << 8 | UInt32(block[4 * index + 3])
            }
            for index in 16..<64 {
                let (early, late) = (words[index - 15], words[index - 2])
                let first = rotate(early, 7) ^ rotate(early, 18) ^ (early >> 3)
                let second = rotate(late, 17) ^ rotate(late, 19) ^ (late >> 10)
                words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
            }
            mix(words, into: &state)
        }
    }

    private static func mix(_ words: UnsafeMutableBufferPointer<UInt32>, into state: inout [UInt32])
    {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        constants.withUnsafeBufferPointer { constants in
            for round in 0..<64 {
                let choice = (e & f) ^ (~e & g)
                let sum = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
                let first = h &+ sum &+ choice &+ constants[round] &+ words[round]
                let majority = (a & b) ^ (a & c) ^ (b & c)
                let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
                (h, g, f, e) = (g, f, e, d &+ first)
                (d, c, b, a) = (c, b, a, first &+ second)
            }
        }
        for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
    }

    private static func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 {
        (value >> bits) | (value << (32 - bits))
    }

    private static func primes(_ count: Int) -> [UInt64] {
        var found: [UInt64] = []
        var candidate: UInt64 = 2
        while found.count < count {
            if found.allSatisfy({ candidate % $0 != 0 }) { found.append(candidate) }
            candidate += 1
        }
        return found
    }

    /// The first 32 bits behind the point of a prime's root: the largest x with x^k ≤ prime · 2^(32k).
    private static func fraction(_ prime: UInt64, isCubeRoot: Bool) -> UInt32 {
        var root: UInt64 = 0
        for bit in (0..<37).reversed() {
            let trial = root | 1 << UInt64(bit)
            if isAtMost(trial, prime, isCubeRoot: isCubeRoot) { root = trial }
        }
        return UInt32(truncatingIfNeeded: root)
    }

    /// Whether trial² ≤ prime · 2⁶⁴, or trial³ ≤ prime · 2⁹⁶, in 128-bit arithmetic.
    private static func isAtMost(_ trial: UInt64, _ prime: UInt64, isCubeRoot: Bool) -> Bool {
        let wide = UInt128(trial)
        return isCubeRoot
            ? wide * wide * wide <= UInt128(prime) << 96 : wide * wide <= UInt128(prime) << 64
    }
}
