/// What is odd about a whole import's names, told from the distinct ids.
struct ImportNotes {
    private(set) var all: [DatasetManifest.Note] = []

    /// `unlisted` has the number of each domain's items that are in no item file.
    init(_ table: EventTable, users: [UInt32], items: [[UInt32]], unlisted: [Int]) {
        let sink = table.sink
        notePadding("user", of: sink.users, users)
        for (domain, numbers) in items.enumerated() {
            notePadding("item of \(sink.domainNames[domain])", of: sink.items[domain], numbers)
        }
        let names = Dictionary(grouping: sink.domainNames, by: Self.plain)
        for group in names.values.filter({ $0.count > 1 }).sorted(by: { $0[0] < $1[0] }) {
            add(
                "alike-domains",
                "domains " + group.map { "\"\($0)\"" }.joined(separator: " and ")
                    + " differ in spaces or letter case alone, and are taken for different ones")
        }
        for name in sink.domainNames where Self.plain(name) != name.lowercased() {
            add("padded-domain", "the name of domain \"\(name)\" has a space at an end")
        }
        let lines = Dictionary(
            grouping: sink.eventFiles.map { sink.sources[$0.source] }, by: \.checksum)
        for group in lines.values.filter({ $0.count > 1 }).sorted(by: { $0[0].name < $1[0].name }) {
            add(
                "same-files",
                group.map(\.name).joined(separator: " and ") + " have the same bytes")
        }
        guard !sink.itemInfos.isEmpty else { return }
        for (domain, count) in unlisted.enumerated() where count > 0 {
            add(
                "items-without-line",
                "\(count) of \(items[domain].count) items of \(sink.domainNames[domain]) are in no item "
                    + "file; nothing but their id is known")
        }
    }

    /// A name without spaces at its ends, in small letters.
    static func plain(_ name: String) -> String {
        name.lowercased().trimmingSpaces
    }

    private mutating func add(_ code: String, _ text: String) {
        all.append(DatasetManifest.Note(code: code, text: text))
    }

    private mutating func notePadding(_ what: String, of table: StringTable, _ numbers: [UInt32]) {
        var padded = 0
        var twins = 0
        var first = ""
        for number in numbers {
            let bytes = table.bytes(Int(number))
            guard let start = bytes.first, let end = bytes.last, start <= 0x20 || end <= 0x20 else {
                continue
            }
            if padded == 0 { first = table.string(Int(number)) }
            padded += 1
            var plain = bytes[...]
            while let byte = plain.first, byte <= 0x20 { plain = plain.dropFirst() }
            while let byte = plain.last, byte <= 0x20 { plain = plain.dropLast() }
            twins += table.find(UnsafeRawBufferPointer(rebasing: plain)) == nil ? 0 : 1
        }
        guard padded > 0 else { return }
        add(
            "padded-ids",
            "\(padded) ids (\(what)), such as \"\(first)\", have a space at an end and are taken as they "
                + "stand; \(twins) of them are another id without it")
    }
}

extension String {
    /// The text without white space at its ends.
    var trimmingSpaces: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

extension Collection<String> {
    /// The first so many with commas between them, and how many more there are.
    func listed(first limit: Int = 20) -> String {
        prefix(limit).joined(separator: ", ") + (count > limit ? " and \(count - limit) more" : "")
    }
}
