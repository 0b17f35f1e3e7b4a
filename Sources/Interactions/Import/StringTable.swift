import Foundation

/// Numbers distinct byte strings from 0: one arena of bytes and an open-addressing table.
///
/// A slot holds a string's first 16 bytes, so that looking up an id of usual length waits for memory
/// once. A string costs its bytes and 45 to 85 more.
final class StringTable {
    private struct Slot {
        /// The upper 24 bits of the hash, and the length up to 255.
        var tag: UInt32 = 0
        /// The string's number plus one; 0 for a free slot.
        var number: UInt32 = 0
        /// The first 16 bytes, zeros behind a shorter string.
        var low: UInt64 = 0
        var high: UInt64 = 0
    }

    private var arena: UnsafeMutableRawPointer
    private var arenaCapacity = 1 << 12
    private var ends: [UInt32] = []
    private var slots: UnsafeMutablePointer<Slot>
    private var mask: Int

    init() {
        guard let start = malloc(arenaCapacity) else {
            preconditionFailure("StringTable: expected \(arenaCapacity) bytes of memory, got none")
        }
        arena = start
        mask = (1 << 8) - 1
        slots = Self.freeSlots(mask + 1)
    }

    deinit {
        free(arena)
        slots.deallocate()
    }

    private static func freeSlots(_ count: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: count)
        slots.initialize(repeating: Slot(), count: count)
        return slots
    }

    /// The number of distinct strings.
    var count: Int { ends.count }

    /// The number of bytes of all strings.
    var byteCount: Int { Int(ends.last ?? 0) }

    /// The bytes of a string; valid until the next insertion.
    @inline(__always)
    func bytes(_ index: Int) -> UnsafeRawBufferPointer {
        let start = index == 0 ? 0 : Int(ends[index - 1])
        return UnsafeRawBufferPointer(start: arena + start, count: Int(ends[index]) - start)
    }

    /// A string, with U+FFFD for bytes that are not UTF-8.
    func string(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

    /// The number of a string, or nil when it is not in the table.
    func find(_ key: UnsafeRawBufferPointer) -> Int? {
        let number = slots[slot(of: key, hash: Self.hash(key))].number
        return number == 0 ? nil : Int(number) - 1
    }

    /// The number of a string, which is added when it is new and valid UTF-8.
    func insert(_ key: UnsafeRawBufferPointer) throws(LineProblem) -> Int {
        guard Self.isUTF8(key) else {
            throw LineProblem(reason: "an id is not UTF-8: \(Numbers.quoted(key))")
        }
        return try insert(key, hash: Self.hash(key))
    }

    /// The same for valid UTF-8 whose hash is known.
    @inline(__always)
    func insert(_ key: UnsafeRawBufferPointer, hash: UInt64) throws(LineProblem) -> Int {
        let slot = slot(of: key, hash: hash)
        let number = slots[slot].number
        return number != 0 ? Int(number) - 1 : try add(key, hash: hash, slot: slot)
    }

    /// What is in the first slot for a hash; read for many keys in a row, the waits for memory
    /// overlap instead of following one another.
    @inline(__always)
    func firstNumber(hash: UInt64) -> UInt32 {
        slots[Int(truncatingIfNeeded: hash) & mask].number
    }

    /// The number of a Swift string, which is added when it is new.
    func insert(_ string: String) throws(LineProblem) -> Int {
        var result = Result<Int, LineProblem>.success(0)
        ByteOrder.withBytes(of: string) { bytes in
            do throws(LineProblem) {
                result = .success(try insert(bytes))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    /// The strings' numbers in ascending order of their bytes.
    func sortedOrder(of indices: [UInt32]) -> [UInt32] {
        // Sixteen leading bytes decide most comparisons without touching the arena.
        var keys = indices.map { index in
            let bytes = bytes(Int(index))
            return (
                high: Self.prefix(bytes, from: 0), low: Self.prefix(bytes, from: 8), index: index
            )
        }
        keys.sort { left, right in
            if left.high != right.high { return left.high < right.high }
            if left.low != right.low { return left.low < right.low }
            return ByteOrder.compare(bytes(Int(left.index)), bytes(Int(right.index))) < 0
        }
        return keys.map(\.index)
    }

    /// Eight bytes from `start` on, the first one the highest; zeros behind the end.
    @inline(__always)
    private static func prefix(_ bytes: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        if start + 8 <= bytes.count {
            return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
        var prefix: UInt64 = 0
        for position in start..<start + 8 {
            prefix = prefix << 8 | (position < bytes.count ? UInt64(bytes[position]) : 0)
        }
        return prefix
    }

    @inline(__always)
    private func slot(of key: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        let wanted = Self.slot(key, hash: hash, number: 0)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let found = slots[slot]
            if found.number == 0 { return slot }
            if found.tag == wanted.tag, found.low == wanted.low, found.high == wanted.high,
                key.count <= 16 || Self.areEqual(bytes(Int(found.number) - 1), key)
            {
                return slot
            }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always)
    private static func slot(_ key: UnsafeRawBufferPointer, hash: UInt64, number: Int) -> Slot {
        Slot(
            tag: UInt32(truncatingIfNeeded: hash >> 32) & 0xFFFF_FF00
                | UInt32(truncatingIfNeeded: min(key.count, 255)),
            number: UInt32(truncatingIfNeeded: number), low: word(key, from: 0),
            high: word(key, from: 8))
    }

    /// Up to eight bytes from a position as a number.
    @inline(__always)
    private static func word(_ key: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        if start + 8 <= key.count {
            return key.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        }
        var word: UInt64 = 0
        var position = start
        while position < key.count {
            word = word << 8 | UInt64(key[position])
            position += 1
        }
        return word
    }

    private func add(_ key: UnsafeRawBufferPointer, hash: UInt64, slot: Int)
        throws(LineProblem) -> Int
    {
        let length = byteCount + key.count
        guard length <= Int(UInt32.max), ends.count < Int(Int32.max) - 1 else {
            throw LineProblem(reason: "more than \(UInt32.max) bytes of ids")
        }
        if length > arenaCapacity {
            while length > arenaCapacity { arenaCapacity *= 2 }
            // realloc moves large blocks by remapping pages, without a second copy.
            guard let larger = realloc(arena, arenaCapacity) else {
                throw LineProblem(reason: "no memory for \(arenaCapacity) bytes of ids")
            }
            arena = larger
        }
        if let start = key.baseAddress { memcpy(arena + byteCount, start, key.count) }
        ends.append(UInt32(length))
        slots[slot] = Self.slot(key, hash: hash, number: ends.count)
        if ends.count * 5 > (mask + 1) * 3 { grow() }
        return ends.count - 1
    }

    private func grow() {
        slots.deallocate()
        mask = mask * 2 + 1
        slots = Self.freeSlots(mask + 1)
        for index in ends.indices {
            let key = bytes(index)
            let hash = Self.hash(key)
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot].number != 0 { slot = (slot + 1) & mask }
            slots[slot] = Self.slot(key, hash: hash, number: index + 1)
        }
    }

    @inline(__always)
    private static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer)
        -> Bool
    {
        guard left.count == right.count else { return false }
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return memcmp(first, second, left.count) == 0
    }

    /// Whether the bytes are valid UTF-8.
    @inline(__always)
    static func isUTF8(_ key: UnsafeRawBufferPointer) -> Bool {
        var union: UInt8 = 0
        for byte in key { union |= byte }
        return union < 0x80 || String(validating: key, as: UTF8.self) != nil
    }

    /// The hash by which a string is found.
    @inline(__always)
    static func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        var hash = 0x9E37_79B9_7F4A_7C15 ^ UInt64(key.count)
        var position = 0
        while position < key.count {
            hash = fold(hash ^ word(key, from: position))
            position += 8
        }
        return fold(hash)
    }

    @inline(__always)
    private static func fold(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
