/// The external ids of a dataset's users, looked up both ways, memory-mapped.
public struct UserTable: Sendable {
    private let bytes: MappedBytes
    /// Byte offset of each id, and the end of the last one.
    private let offsets: Column<Int64>
    /// Users in ascending byte order of their ids.
    private let order: Column<Int32>

    init(bytes: MappedBytes, offsets: Column<Int64>, order: Column<Int32>) {
        self.bytes = bytes
        self.offsets = offsets
        self.order = order
    }

    /// Makes a table of strings in memory.
    init(_ ids: [String]) {
        var all: [UInt8] = []
        var offsets: [Int64] = [0]
        for id in ids {
            all.append(contentsOf: id.utf8)
            offsets.append(Int64(all.count))
        }
        let order = (0..<Int32(ids.count)).sorted {
            ByteOrder.compare(ids[Int($0)], ids[Int($1)]) < 0
        }
        self.init(bytes: MappedBytes(copying: all), offsets: Column(offsets), order: Column(order))
    }

    /// The number of users.
    public var count: Int { order.count }

    /// The external id of a user.
    public func externalID(of user: UserID) -> String {
        withExtendedLifetime(bytes) {
            String(decoding: idBytes(Int(user.rawValue)), as: UTF8.self)
        }
    }

    /// The user with this external id, or nil when there is none.
    public func user(externalID: String) -> UserID? {
        withExtendedLifetime(bytes) {
            ByteOrder.withBytes(of: externalID) { wanted in
                var low = 0
                var high = count
                while low < high {
                    let middle = (low + high) / 2
                    let user = order[middle]
                    let comparison = ByteOrder.compare(idBytes(Int(user)), wanted)
                    if comparison == 0 { return UserID(rawValue: user) }
                    if comparison < 0 { low = middle + 1 } else { high = middle }
                }
                return nil
            }
        }
    }

    /// Whether the order of the ids is what lookups rely on: each user once, by ascending bytes.
    var isOrdered: Bool {
        withExtendedLifetime(bytes) {
            guard count > 1 else { return true }
            return order.withUnsafeBufferPointer { order in
                (1..<order.count).allSatisfy {
                    ByteOrder.compare(idBytes(Int(order[$0 - 1])), idBytes(Int(order[$0]))) < 0
                }
            }
        }
    }

    /// The bytes of an id; the caller keeps the table alive while it uses them.
    private func idBytes(_ user: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.bytes[Int(offsets[user])..<Int(offsets[user + 1])])
    }
}
