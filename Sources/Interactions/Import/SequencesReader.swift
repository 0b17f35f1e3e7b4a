internal import Files
import Foundation

/// Reads `user item|time item|time …` with an item map and possibly a user map in JSON.
struct SequencesReader {
    private static let largestID = 100_000_000
    private let sink: ImportSink
    /// Each given item id's domain and number within it; a negative domain stands for "no item".
    private var domains: [Int16] = []
    private var numbers: [Int32] = []
    private var userNames: [String?]?
    private var times: TimeReader

    init(source: ImportSource, sink: ImportSink) throws(ImportError) {
        self.sink = sink
        times = TimeReader(sink.options.timeFormat)
        guard let items = source.items else {
            throw .invalidOptions(
                reason: "sequences: expected a file with the item map, such as items.json")
        }
        try readItems(items.path)
        if let users = source.users { userNames = try readUsers(users.path) }
    }

    /// Reads the whole file of sequences.
    mutating func run(path: String) throws(ImportError) {
        let reader = try LineReader(path: path)
        sink.beginEvents(key: reader.name)
        let stage = "read \(path)"
        var nextReport = 0
        var tokens: [(item: Int, time: Int64?)] = []
        while let line = try reader.next() {
            if line.count > 0 {
                do throws(LineProblem) {
                    let user = try parse(line, into: &tokens)
                    try add(user: user, tokens)
                } catch {
                    try sink.bad(error, in: reader)
                }
            }
            if reader.bytesRead >= nextReport {
                try sink.report(stage, reader.bytesRead, of: reader.size)
                nextReport = reader.bytesRead + (16 << 20)
            }
        }
        try sink.finish(reader, times: times.format)
    }

    /// Parses a whole line before any event is added, so that a bad line leaves nothing behind.
    private mutating func parse(
        _ line: UnsafeRawBufferPointer, into tokens: inout [(item: Int, time: Int64?)]
    ) throws(LineProblem) -> UnsafeRawBufferPointer {
        tokens.removeAll(keepingCapacity: true)
        var user: UnsafeRawBufferPointer?
        var start = 0
        while start < line.count {
            var end = start
            while end < line.count, line[end] != 0x20, line[end] != 0x09 { end += 1 }
            if end > start {
                let token = UnsafeRawBufferPointer(rebasing: line[start..<end])
                if user == nil { user = token } else { tokens.append(try self.token(token)) }
            }
            start = end + 1
        }
        guard let user, !tokens.isEmpty else {
            throw LineProblem(reason: "expected a user and at least one item")
        }
        let isTimed = tokens[0].time != nil
        guard tokens.allSatisfy({ ($0.time != nil) == isTimed }) else {
            throw LineProblem(reason: "some items of the line have a time and some have none")
        }
        return user
    }

    private mutating func token(_ bytes: UnsafeRawBufferPointer) throws(LineProblem) -> (
        Int, Int64?
    ) {
        let bar = bytes.firstIndex(of: UInt8(ascii: "|")) ?? bytes.count
        let id = Numbers.natural(UnsafeRawBufferPointer(rebasing: bytes[0..<bar]))
        guard let id, id < Int64(domains.count), domains[Int(id)] >= 0 else {
            throw LineProblem(
                reason: "expected an item of the item map, got \(Numbers.quoted(bytes))")
        }
        guard bar < bytes.count else { return (Int(id), nil) }
        let time = UnsafeRawBufferPointer(rebasing: bytes[(bar + 1)...])
        return (Int(id), try times.ticks(time))
    }

    private func add(user: UnsafeRawBufferPointer, _ tokens: [(item: Int, time: Int64?)])
        throws(LineProblem)
    {
        let number: Int
        if let userNames {
            guard let index = Numbers.natural(user), index < Int64(userNames.count),
                let name = userNames[Int(index)]
            else {
                throw LineProblem(
                    reason: "expected a user of the user map, got \(Numbers.quoted(user))")
            }
            number = try sink.users.insert(name)
        } else {
            number = try sink.users.insert(user)
        }
        for token in tokens {
            try sink.add(
                user: number, item: Int(numbers[token.item]), domain: Int(domains[token.item]),
                time: token.time)
        }
    }

    /// Reads `{external id: [id, domain]}` and adds the items in the order of their ids.
    private mutating func readItems(_ path: String) throws(ImportError) {
        let map: [String: [Int]] = try readJSON(path, expected: "{external id: [id, domain], …}")
        var entries: [(id: Int, domain: Int, name: String)] = []
        for (name, pair) in map {
            guard pair.count == 2, pair[0] >= 0, pair[0] <= Self.largestID,
                (0..<Int(Int16.max)).contains(pair[1])
            else {
                throw .malformed(
                    path: path, line: 1,
                    reason: "item \(name.quoted): expected [id, domain], got \(pair)")
            }
            entries.append((pair[0], pair[1], name))
        }
        entries.sort { $0.id < $1.id }
        let domainCount = (entries.map(\.domain).max() ?? 0) + 1
        try addDomains(domainCount)
        domains = [Int16](repeating: -1, count: (entries.last?.id ?? 0) + 1)
        numbers = [Int32](repeating: 0, count: domains.count)
        for entry in entries {
            guard domains[entry.id] < 0 else {
                throw .malformed(
                    path: path, line: 1, reason: "two items have the id \(entry.id)")
            }
            domains[entry.id] = Int16(entry.domain)
            do throws(LineProblem) {
                numbers[entry.id] = Int32(try sink.items[entry.domain].insert(entry.name))
            } catch {
                throw .malformed(path: path, line: 1, reason: error.reason)
            }
        }
    }

    private func addDomains(_ count: Int) throws(ImportError) {
        let names = sink.options.domainNames
        guard names.isEmpty || names.count == count else {
            throw .invalidOptions(
                reason: "sequences: the item map has \(count) domains, got \(names.count) names")
        }
        guard Set(names).count == names.count else {
            throw .invalidOptions(reason: "sequences: expected names that differ, got \(names)")
        }
        for index in 0..<count {
            _ = try sink.domain(named: names.isEmpty ? "domain-\(index)" : names[index])
        }
    }

    /// Reads `{external id: index}`.
    private func readUsers(_ path: String) throws(ImportError) -> [String?] {
        let map: [String: Int] = try readJSON(path, expected: "{external id: index, …}")
        let known = 0...Self.largestID
        let largest = map.values.lazy.filter(known.contains).max() ?? -1
        var names = [String?](repeating: nil, count: largest + 1)
        for (name, index) in map {
            guard known.contains(index), names[index] == nil else {
                throw .malformed(
                    path: path, line: 1,
                    reason:
                        "user \(name.quoted): \(index) is taken, or not from 0 to \(Self.largestID)"
                )
            }
            names[index] = name
        }
        return names
    }

    private func readJSON<Value: Decodable & Collection>(_ path: String, expected: String)
        throws(ImportError) -> Value
    {
        let data: Data
        do {
            data = try FileReading.data(URL(fileURLWithPath: path))
        } catch {
            throw .unreadable(path: error.path, reason: error.reason)
        }
        guard let value = try? JSONDecoder().decode(Value.self, from: data) else {
            throw .malformed(path: path, line: 1, reason: "expected JSON of the form \(expected)")
        }
        guard !value.isEmpty else { throw .emptyFile(path: path) }
        var sum = Checksum()
        data.withUnsafeBytes { sum.update($0) }
        sink.record(path: path, bytes: data.count, checksum: sum.text, rows: value.count)
        return value
    }
}
