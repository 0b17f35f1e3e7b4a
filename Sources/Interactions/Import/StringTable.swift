import Foundation

/// Numbers distinct byte strings from 0: one arena of bytes and an open-addressing table, so that a
/// string costs its bytes and about 20 more.
final class StringTable {
    private var arena: UnsafeMutableRawPointer
    private var arenaCapacity = 1 << 12
    private var ends: [UInt32] = []
    /// The hash's upper half and the string's number plus one; 0 is a free slot.
    private var slots: [UInt64]
    private var mask: Int

    init() {
        guard let start = malloc(arenaCapacity) else {
            preconditionFailure("StringTable: expected \(arenaCapacity) bytes of memory, got none")
        }
        arena = start
        slots = [UInt64](repeating: 0, count: 1 << 8)
        mask = slots.count - 1
    }

    deinit { free(arena) }

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
        let hash = Self.hash(key)
        let slot = slot(of: key, hash: hash)
        let entry = slots[slot]
        return entry == 0 ? nil : Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
    }

    /// The number of a string, which is added when it is new and valid UTF-8.
    @inline(__always)
    func insert(_ key: UnsafeRawBufferPointer) throws(LineProblem) -> Int {
        let hash = Self.hash(key)
        let slot = slot(of: key, hash: hash)
        let entry = slots[slot]
        if entry != 0 { return Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1 }
        return try add(key, hash: hash, slot: slot)
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
        // Eight leading bytes decide most comparisons without touching the arena.
        var keys = indices.map { index in (prefix: prefix(Int(index)), index: index) }
        keys.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            return ByteOrder.compare(bytes(Int(left.index)), bytes(Int(right.index))) < 0
        }
        return keys.map(\.index)
    }

    private func prefix(_ index: Int) -> UInt64 {
        let bytes = bytes(index)
        var prefix: UInt64 = 0
        for position in 0..<8 {
            prefix = prefix << 8 | (position < bytes.count ? UInt64(bytes[position]) : 0)
        }
        return prefix
    }

    @inline(__always)
    private func slot(of key: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & mask
        return slots.withUnsafeBufferPointer { slots in
            while true {
                let entry = slots[slot]
                if entry == 0 { return slot }
                if entry >> 32 == hash >> 32 {
                    let other = bytes(Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1)
                    if Self.areEqual(other, key) { return slot }
                }
                slot = (slot + 1) & mask
            }
        }
    }

    private func add(_ key: UnsafeRawBufferPointer, hash: UInt64, slot: Int)
        throws(LineProblem) -> Int
    {
        guard key.allSatisfy({ $0 < 0x80 }) || String(validating: key, as: UTF8.self) != nil
        else { throw LineProblem(reason: "an id is not UTF-8: \(Numbers.quoted(key))") }
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
        slots[slot] = (hash >> 32) << 32 | UInt64(ends.count)
        if ends.count * 5 > slots.count * 3 { grow() }
        return ends.count - 1
    }

    private func grow() {
        slots = [UInt64](repeating: 0, count: slots.count * 2)
        mask = slots.count - 1
        for index in ends.indices {
            let hash = Self.hash(bytes(index))
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = (hash >> 32) << 32 | UInt64(index + 1)
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

    @inline(__always)
    private static func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        var hash = 0x9E37_79B9_7F4A_7C15 ^ UInt64(key.count)
        var position = 0
        while position + 8 <= key.count {
            hash = fold(
                hash ^ key.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        var tail: UInt64 = 0
        while position < key.count {
            tail = tail << 8 | UInt64(key[position])
            position += 1
        }
        return fold(fold(hash ^ tail))
    }

    @inline(__always)
    private static func fold(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
