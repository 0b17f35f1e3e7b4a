import Foundation

/// Collects what readers find: users, items of each domain, events, and counts for each file.
final class ImportSink {
    /// The number in an event's behaviour and the NaN in its rating stand for "none".
    static let noBehaviour = UInt8.max
    /// How many skipped lines of a file are kept to be shown.
    private static let exampleCount = 3
    let options: ImportOptions
    let users = StringTable()
    private(set) var domainNames: [String] = []
    private(set) var items: [StringTable] = []
    private(set) var itemInfos: [ItemInfo] = []
    private(set) var sources: [DatasetManifest.SourceFile] = []
    /// The files of events in the order of reading.
    private(set) var eventFiles: [EventFile] = []
    private(set) var hasTimes = false
    private(set) var hasRatings = false
    private(set) var hasBehaviours = false
    /// Whether users keep the order in which they were read; else they are sorted by id.
    var keepsUserOrder = false
    /// Whether items keep the order in which they were added; else they are sorted by id.
    var keepsItemOrder = false
    let spill: EventSpill
    private let progress: ((ImportProgress) -> Void)?
    private let pending = PendingEvents()
    private var hasEvents = false
    private var skipped = 0
    private var rows = 0
    private var outside = 0
    private var allSkipped = 0
    private var examples: [DatasetManifest.SkippedLine] = []

    /// A file of events.
    struct EventFile {
        /// What its place among events of one time is drawn by.
        var key: String
        /// The number of its first event among all that were read.
        var firstEvent: Int
        /// Its place in `sources`, once it is read.
        var source: Int
    }

    init(
        options: ImportOptions, spill: EventSpill, progress: ((ImportProgress) -> Void)?
    ) {
        self.options = options
        self.spill = spill
        self.progress = progress
    }

    /// The number of a domain, which is added when it is new.
    func domain(named name: String) throws(ImportError) -> Int {
        if let index = domainNames.firstIndex(of: name) { return index }
        guard domainNames.count < Int(UInt16.max) else {
            throw .tooLarge(what: "domains", limit: Int(UInt16.max))
        }
        domainNames.append(name)
        items.append(StringTable())
        return domainNames.count - 1
    }

    /// Adds what an item file says; the file is the one that was read last.
    func add(_ info: ItemInfo) {
        info.source = sources.count - 1
        itemInfos.append(info)
    }

    /// Says that a file of events follows, whose place among events of one time is drawn by `key`.
    func beginEvents(key: String) {
        eventFiles.append(
            EventFile(key: key, firstEvent: spill.count, source: sources.count))
    }

    /// Adds what is to be said of a file.
    func note(_ code: String, _ text: String, ofSource index: Int) {
        sources[index].notes.append(DatasetManifest.Note(code: code, text: text))
    }

    /// Adds an event whose time, where it is not nil, is in ticks.
    @inline(__always)
    func add(
        user: UnsafeRawBufferPointer, item: UnsafeRawBufferPointer, domain: Int, time: Int64?,
        rating: Float, behaviour: UInt8
    ) throws(LineProblem) {
        guard user.count > 0 else { throw LineProblem(reason: "the user is empty") }
        guard item.count > 0 else { throw LineProblem(reason: "the item is empty") }
        guard StringTable.isUTF8(user), StringTable.isUTF8(item) else {
            let id = StringTable.isUTF8(user) ? item : user
            throw LineProblem(reason: "an id is not UTF-8: \(Numbers.quoted(id))")
        }
        try note(time: time, rating: rating, behaviour: behaviour)
        if !pending.append(
            user: user, item: item, domain: domain, time: time ?? 0, rating: rating,
            behaviour: behaviour)
        {
            try flush()
            guard
                pending.append(
                    user: user, item: item, domain: domain, time: time ?? 0, rating: rating,
                    behaviour: behaviour)
            else { throw LineProblem(reason: "an id is longer than \(PendingEvents.byteLimit)") }
        }
    }

    /// Numbers the users and items of the pending events and spills them.
    private func flush() throws(LineProblem) {
        try pending.numbered(users: users, items: items) { spill.append($0) }
        pending.removeAll()
    }

    /// Checks an event against the ones before and counts it.
    @inline(__always)
    private func note(time: Int64?, rating: Float, behaviour: UInt8) throws(LineProblem) {
        if !hasEvents {
            hasEvents = true
            hasTimes = time != nil
        } else if hasTimes != (time != nil) {
            throw LineProblem(
                reason: hasTimes
                    ? "no time, while earlier events have one"
                    : "a time, while earlier events have none")
        }
        if !rating.isNaN { hasRatings = true }
        if behaviour != Self.noBehaviour { hasBehaviours = true }
        rows += 1
    }

    /// Adds an event of a user and an item that have numbers already.
    func add(user: Int, item: Int, domain: Int, time: Int64?) throws(LineProblem) {
        try note(time: time, rating: .nan, behaviour: Self.noBehaviour)
        spill.append(
            RawEvent(
                time: time ?? 0, user: user, item: item, rating: .nan, domain: domain,
                behaviour: Self.noBehaviour))
    }

    /// Counts an event whose item is in none of the domains.
    func addOutside() { outside += 1 }

    /// Counts an item of an item file.
    func addItem() { rows += 1 }

    /// Reports a malformed line: throws, or counts it where the options allow it.
    func bad(_ problem: LineProblem, in reader: LineReader) throws(ImportError) {
        let (path, line, reason) = (reader.path, reader.lineNumber, problem.reason)
        switch options.onBadLine {
        case .fail: throw .malformed(path: path, line: line, reason: reason)
        case .skip(let limit):
            // What follows could be the rest of the text, and would be taken for events.
            guard problem.quoting == .fine else {
                throw .malformed(
                    path: path, line: line,
                    reason: reason
                        + "; the line is not skipped, because where its text ends cannot "
                        + "be told")
            }
            skipped += 1
            allSkipped += 1
            if examples.count < Self.exampleCount {
                examples.append(DatasetManifest.SkippedLine(line: line, reason: reason))
            }
            guard allSkipped <= limit else {
                throw .tooManyBadLines(path: path, line: line, limit: limit, reason: reason)
            }
        }
    }

    /// Records a file that was read to its end and starts the counts of the next one.
    func finish(_ reader: LineReader, times: TimeFormat? = nil) throws(ImportError) {
        do throws(LineProblem) {
            try flush()
        } catch {
            throw .malformed(path: reader.path, line: reader.lineNumber, reason: error.reason)
        }
        guard rows + outside > 0 else {
            guard let first = examples.first else { throw .emptyFile(path: reader.path) }
            throw .malformed(
                path: reader.path, line: first.line,
                reason: first.reason + "; all \(skipped) lines are malformed")
        }
        record(
            path: reader.path, bytes: reader.bytesRead, checksum: reader.checksum.text, rows: rows,
            times: hasTimes && times != .automatic ? times : nil)
    }

    /// Records a file that was read in one piece.
    func record(
        path: String, bytes: Int, checksum: String, rows count: Int, times: TimeFormat? = nil
    ) {
        sources.append(
            DatasetManifest.SourceFile(
                name: (path as NSString).lastPathComponent, bytes: bytes, checksum: checksum,
                rows: count, skippedLines: skipped, rowsOutsideDomains: outside,
                timeFormat: times?.words, skippedExamples: examples))
        (rows, skipped, outside) = (0, 0, 0)
        examples = []
    }

    /// Reports how far a stage is; throws where its events cannot be written.
    func report(_ stage: String, _ completed: Int, of total: Int) throws(ImportError) {
        try spill.check()
        progress?(ImportProgress(stage: stage, completed: completed, total: total))
    }
}
