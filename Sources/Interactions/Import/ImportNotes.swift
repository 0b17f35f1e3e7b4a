internal import Files

/// What is odd about a whole import's names, told from the distinct ids.
struct ImportNotes {
    private(set) var all: [DatasetManifest.Note] = []

    /// `unlisted` has the number of each domain's items that are in no item file; `overview` is of the events written.
    init(
        _ table: EventTable, users: [UInt32], items: [[UInt32]], unlisted: [Int],
        overview: EventOverview
    ) {
        let sink = table.sink
        noteOrder(sink, overview)
        notePadding("user", of: sink.users, users)
        for (domain, numbers) in items.enumerated() {
            notePadding("item of \(sink.domainNames[domain])", of: sink.items[domain], numbers)
        }
        let names = Dictionary(grouping: sink.domainNames, by: Self.plain)
        for group in names.values.filter({ $0.count > 1 }).sorted(by: { $0[0] < $1[0] }) {
            add(
                "alike-domains",
                "domains " + group.map { $0.quoted }.joined(separator: " and ")
                    + " differ in spaces or letter case alone, and are taken for different ones")
        }
        for name in sink.domainNames where Self.plain(name) != name.lowercased() {
            add("padded-domain", "the name of domain \(name.quoted) has a space at an end")
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

    private mutating func noteOrder(_ sink: ImportSink, _ overview: EventOverview) {
        if !sink.hasTimes, sink.domainNames.count > 1, sink.eventFiles.count > 1 {
            add(
                DatasetManifest.Note.drawnFiles,
                "no times: events keep the order of the lines; which file comes first is drawn for "
                    + "each person")
        }
        if sink.hasTimes, let text = overview.earlyTimesText { add("early-times", text) }
        let pairs = overview.unsharedPairs.map { first, second in
            "\(sink.domainNames[first]) and \(sink.domainNames[second])"
        }
        if !pairs.isEmpty {
            add("no-shared-users", DatasetDoctor.noSharedUsers(pairs.listed(first: 5)))
        }
    }

    private mutating func notePadding(_ what: String, of table: StringTable, _ numbers: [UInt32]) {
        var (padded, controlled) = (0, 0)
        var firstControlled = ""
        var twins = 0
        var first = ""
        for number in numbers {
            let bytes = table.bytes(Int(number))
            if Self.hasControls(bytes) {
                if controlled == 0 { firstControlled = Numbers.quoted(bytes) }
                controlled += 1
                continue
            }
            guard let start = bytes.first, let end = bytes.last, start == 0x20 || end == 0x20
            else { continue }
            if padded == 0 { first = table.string(Int(number)) }
            padded += 1
            var plain = bytes[...]
            while let byte = plain.first, byte <= 0x20 { plain = plain.dropFirst() }
            while let byte = plain.last, byte <= 0x20 { plain = plain.dropLast() }
            twins += table.find(UnsafeRawBufferPointer(rebasing: plain)) == nil ? 0 : 1
        }
        if controlled > 0 {
            add(
                "control-ids",
                "\(counted(controlled, "id")) (\(what)) with control or direction characters, such as "
                    + "\(firstControlled), taken as they stand")
        }
        guard padded > 0 else { return }
        add(
            "padded-ids",
            "\(counted(padded, "id")) (\(what)) with a space at an end, such as \(first.quoted), taken as "
                + "they stand; \(twins) of them are another id without it")
    }

    /// Whether an id has a character that a terminal obeys or that turns the direction of writing.
    private static func hasControls(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return false }
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.contains {
            switch $0.value {
            case 0x61C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
            default: $0.properties.generalCategory == .control
            }
        }
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
