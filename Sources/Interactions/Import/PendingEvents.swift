/// A few parsed events whose users and items have no numbers yet.
///
/// Looking up a user in a table of millions waits for memory. Done for many events together, the
/// waits overlap.
final class PendingEvents {
    /// The bytes of ids that may wait; no id can be longer.
    static let byteLimit = 1 << 16
    private static let limit = 128

    struct Entry {
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
    private let touched = UnsafeMutablePointer<UInt32>.allocate(capacity: PendingEvents.limit * 2)
    private let ids = UnsafeMutableRawPointer.allocate(
        byteCount: PendingEvents.byteLimit, alignment: 16)
    private var byteCount = 0
    private(set) var count = 0

    deinit {
        entries.deallocate()
        touched.deallocate()
        ids.deallocate()
    }

    @inline(__always)
    subscript(index: Int) -> Entry { entries[index] }

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

    /// Brings what the lookups will read into the caches.
    func warm(users: StringTable, items: [StringTable]) {
        for index in 0..<count {
            // Stored, so that the loads are not optimised away.
            touched[2 * index] = users.firstNumber(hash: entries[index].userHash)
            touched[2 * index + 1] = items[entries[index].domain].firstNumber(
                hash: entries[index].itemHash)
        }
    }
}
