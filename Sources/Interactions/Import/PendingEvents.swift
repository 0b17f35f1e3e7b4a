/// Parsed events whose users and items have no numbers yet.
///
/// Looking up a user in a table of millions waits for memory. Done for many events together, the
/// waits overlap, and the items are looked up on another thread than the users.
final class PendingEvents {
    /// The bytes of ids that may wait; no id can be longer.
    static let byteLimit = 1 << 18
    private static let limit = 4096
    /// How many lookups' waits overlap.
    private static let overlap = 128

    private struct Entry {
        var user: UnsafeRawBufferPointer
        var item: UnsafeRawBufferPointer
        var userHash: UInt64
        var itemHash: UInt64
        var time: Int64
        var domain: Int
        var rating: Float
        var behaviour: UInt8
    }

    private let entries = UnsafeMutablePointer<Entry>.allocate(capacity: PendingEvents.limit)
    // Apart from the entries, so that the threads write to no cache line together.
    private let userNumbers = UnsafeMutablePointer<Int>.allocate(capacity: PendingEvents.limit)
    private let itemNumbers = UnsafeMutablePointer<Int>.allocate(capacity: PendingEvents.limit)
    private let ids = UnsafeMutableRawPointer.allocate(
        byteCount: PendingEvents.byteLimit, alignment: 16)
    private var byteCount = 0
    private(set) var count = 0

    deinit {
        entries.deallocate()
        userNumbers.deallocate()
        itemNumbers.deallocate()
        ids.deallocate()
    }

    func removeAll() {
        count = 0
        byteCount = 0
    }

    /// Copies an event; false, and nothing done, when there is no room.
    @inline(__always)
    func append(
        user: UnsafeRawBufferPointer, item: UnsafeRawBufferPointer, domain: Int, time: Int64,
        rating: Float, behaviour: UInt8
    ) -> Bool {
        guard count < Self.limit, byteCount + user.count + item.count <= Self.byteLimit else {
            return false
        }
        (entries + count).initialize(
            to: Entry(
                user: copy(user), item: copy(item), userHash: StringTable.hash(user),
                itemHash: StringTable.hash(item), time: time, domain: domain, rating: rating,
                behaviour: behaviour))
        count += 1
        return true
    }

    @inline(__always)
    private func copy(_ id: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = ids + byteCount
        if let source = id.baseAddress { start.copyMemory(from: source, byteCount: id.count) }
        byteCount += id.count
        return UnsafeRawBufferPointer(start: start, count: id.count)
    }

    /// The events in their order, with the numbers that the tables give to their users and items.
    func numbered(users: StringTable, items: [StringTable], _ body: (RawEvent) -> Void)
        throws(LineProblem)
    {
        let results = concurrentMap(2) { half in
            Result { () throws(LineProblem) in
                if half == 0 {
                    try number(userNumbers) { ($0.user, $0.userHash, users) }
                } else {
                    try number(itemNumbers) { ($0.item, $0.itemHash, items[$0.domain]) }
                }
            }
        }
        for result in results { try result.get() }
        for index in 0..<count {
            let event = entries[index]
            body(
                RawEvent(
                    time: event.time, user: userNumbers[index], item: itemNumbers[index],
                    rating: event.rating, domain: event.domain, behaviour: event.behaviour))
        }
    }

    @inline(__always)
    private func number(
        _ numbers: UnsafeMutablePointer<Int>,
        by lookup: (Entry) -> (id: UnsafeRawBufferPointer, hash: UInt64, table: StringTable)
    ) throws(LineProblem) {
        for start in stride(from: 0, to: count, by: Self.overlap) {
            let range = start..<min(start + Self.overlap, count)
            // Brings what the lookups will read into the caches; stored, so that it is not optimised away.
            for index in range {
                let (_, hash, table) = lookup(entries[index])
                numbers[index] = Int(table.firstNumber(hash: hash))
            }
            for index in range {
                let (id, hash, table) = lookup(entries[index])
                numbers[index] = try table.insert(id, hash: hash)
            }
        }
    }
}
