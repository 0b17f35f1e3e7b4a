import Foundation

/// Draws which file's events come first among a user's events of one time.
struct TieBreaker {
    private let users: StringTable
    /// The hash of each file's key.
    private let keys: [UInt64]
    /// Each file's place among all, for files of one key: by key, name and bytes, never by the order of reading.
    private let ranks: [Int]

    init(_ sink: ImportSink) {
        users = sink.users
        keys = sink.eventFiles.map { ByteOrder.withBytes(of: $0.key) { StringTable.hash($0) } }
        let names = sink.eventFiles.map { file in
            let source = sink.sources[file.source]
            return [file.key, source.name, source.checksum].joined(separator: "\n")
        }
        var ranks = [Int](repeating: 0, count: names.count)
        let sorted = names.indices.sorted { ByteOrder.compare(names[$0], names[$1]) < 0 }
        for (rank, file) in sorted.enumerated() { ranks[file] = rank }
        self.ranks = ranks
    }

    /// Orders the files within each time of a user's events, which stand by time and position.
    func orderFiles(
        _ events: inout [(time: Int64, position: Int)], of user: Int, fileOf: (Int) -> Int
    ) {
        var person: UInt64?
        var start = 0
        while start < events.count {
            let time = events[start].time
            var end = start + 1
            while end < events.count, events[end].time == time { end += 1 }
            defer { start = end }
            // Positions ascend with the order of reading, so that a mixed run has other files at its ends.
            guard fileOf(events[start].position) != fileOf(events[end - 1].position) else {
                continue
            }
            let hash = person ?? StringTable.hash(users.bytes(user))
            person = hash
            let drawn = Self.mixed(hash ^ UInt64(bitPattern: time))
            func place(_ event: (time: Int64, position: Int)) -> (UInt64, Int, Int) {
                let file = fileOf(event.position)
                return (Self.mixed(drawn ^ keys[file]), ranks[file], event.position)
            }
            events[start..<end].sort { place($0) < place($1) }
        }
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        RandomStream.mix(value &+ 0x9E37_79B9_7F4A_7C15)
    }
}
