/// The 64-bit xxHash of a stream of bytes.
///
/// It is no defence against forgery, but against damaged and mixed-up files, at memory speed.
/// `xxhsum -H1` prints the same digits.
public struct Checksum: Sendable {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9,
        0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5
    )
    private var lanes = SIMD4<UInt64>(
        primes.0 &+ primes.1, primes.1, 0, 0 &- primes.0)
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    /// Starts with no bytes.
    public init() { pending.reserveCapacity(32) }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var position = 0
        if !pending.isEmpty {
            let taken = min(32 - pending.count, bytes.count)
            pending.append(contentsOf: bytes[0..<taken])
            position = taken
            guard pending.count == 32 else { return }
            let full = pending
            full.withUnsafeBytes { absorb($0, from: 0) }
            pending.removeAll(keepingCapacity: true)
        }
        while position + 32 <= bytes.count {
            absorb(bytes, from: position)
            position += 32
        }
        pending.append(contentsOf: bytes[position...])
    }

    /// Adds a string's UTF-8 bytes.
    public mutating func update(_ string: String) {
        var copy = string
        copy.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// The digest of all bytes so far, as 16 hexadecimal digits after the algorithm's name.
    public var text: String {
        let digits = String(value, radix: 16)
        return "xxh64:" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The digest of all bytes so far.
    public var value: UInt64 {
        let prime = Self.primes
        guard length >= 32 else { return finish(prime.4 &+ length) }
        var hash =
            Self.rotate(lanes[0], 1) &+ Self.rotate(lanes[1], 7) &+ Self.rotate(lanes[2], 12)
            &+ Self.rotate(lanes[3], 18)
        for lane in 0..<4 {
            hash = (hash ^ Self.round(0, lanes[lane])) &* prime.0 &+ prime.3
        }
        return finish(hash &+ length)
    }

    private func finish(_ start: UInt64) -> UInt64 {
        let prime = Self.primes
        var hash = start
        var position = 0
        while position + 8 <= pending.count {
            hash ^= Self.round(0, word(at: position, bytes: 8))
            hash = Self.rotate(hash, 27) &* prime.0 &+ prime.3
            position += 8
        }
        if position + 4 <= pending.count {
            hash ^= word(at: position, bytes: 4) &* prime.0
            hash = Self.rotate(hash, 23) &* prime.1 &+ prime.2
            position += 4
        }
        while position < pending.count {
            hash = Self.rotate(hash ^ (UInt64(pending[position]) &* prime.4), 11) &* prime.0
            position += 1
        }
        hash = (hash ^ (hash >> 33)) &* prime.1
        hash = (hash ^ (hash >> 29)) &* prime.2
        return hash ^ (hash >> 32)
    }

    private mutating func absorb(_ bytes: UnsafeRawBufferPointer, from position: Int) {
        let block = SIMD4<UInt64>(
            bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: position + 16, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: position + 24, as: UInt64.self))
        let sum = lanes &+ block &* SIMD4(repeating: Self.primes.1)
        lanes = ((sum &<< 31) | (sum &>> 33)) &* SIMD4(repeating: Self.primes.0)
    }

    private func word(at position: Int, bytes count: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(pending[position + index]) << UInt64(8 * index) }
        return word
    }

    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        (value &<< bits) | (value &>> (64 &- bits))
    }

    private static func round(_ accumulator: UInt64, _ input: UInt64) -> UInt64 {
        rotate(accumulator &+ input &* primes.1, 31) &* primes.0
    }
}
