internal import Files

/// Reads events from a delimited file into a sink.
struct DelimitedReader: ~Copyable {
    /// Where an event's domain comes from.
    enum DomainSource {
        /// All events are of one domain.
        case fixed(Int)
        /// A column names it; only these domains are taken, or all when there are none.
        case column(known: [String])
        /// A rule over the item's categories.
        case rule(ItemInfo)
    }

    private let layout: DelimitedLayout
    private let source: DomainSource
    private let sink: ImportSink
    private var records: RecordReader
    private var times: TimeReader
    private let behaviourNames = StringTable()
    private var behaviours: [UInt8] = []
    private var behaviourCounts: [Int] = []
    private let domainNames = StringTable()
    private var domains: [Int] = []
    private var firstLine: FirstLineCheck

    init(path: String, layout: DelimitedLayout, source: DomainSource, sink: ImportSink)
        throws(ImportError)
    {
        self.layout = layout
        self.source = source
        self.sink = sink
        times = TimeReader(sink.options.timeFormat)
        records = try RecordReader(path: path, layout: layout)
        firstLine = FirstLineCheck(layout: layout, path: path)
    }

    /// Reads the whole file; `key` is what its place among events of one time is drawn by.
    mutating func run(key: String) throws(ImportError) {
        let lines = records.lines
        let names = try records.first()
        let positions = try layout.positions(firstLine: names, path: lines.path)
        try firstLine.begin(names, positions)
        sink.beginEvents(key: key)
        let stage = "read \(lines.path)"
        var nextReport = 0
        // Without a header the first line is an event, cut already.
        var isRead = layout.hasHeader ? try records.next() : true
        while isRead {
            do throws(LineProblem) {
                if let problem = records.problem { throw problem }
                try add(positions)
            } catch {
                try sink.bad(firstLine.explained(error, line: lines.lineNumber), in: lines)
            }
            if firstLine.isUndecided { try firstLine.compare(records.fields) }
            if lines.bytesRead >= nextReport {
                try sink.report(stage, lines.bytesRead, of: lines.size)
                nextReport = lines.bytesRead + (16 << 20)
            }
            isRead = try records.next()
        }
        try firstLine.finish()
        try sink.finish(lines, times: times.format)
        addNotes(positions)
    }

    @inline(__always)
    private mutating func add(_ positions: DelimitedLayout.Positions) throws(LineProblem) {
        guard records.fields.count == positions.fieldCount else {
            throw fieldCountProblem(positions.fieldCount)
        }
        var time: Int64?
        if let position = positions.time {
            time = try times.ticks(records.fields[position])
        }
        var rating = Float.nan
        if let position = positions.rating, records.fields[position].count > 0 {
            rating = try Self.rating(records.fields[position])
        }
        var behaviour = ImportSink.noBehaviour
        if let position = positions.behaviour, records.fields[position].count > 0 {
            behaviour = try self.behaviour(records.fields[position])
        }
        let item = records.fields[positions.item]
        guard let domain = try domain(of: item, positions) else {
            sink.addOutside()
            return
        }
        try sink.add(
            user: records.fields[positions.user], item: item, domain: domain, time: time,
            rating: rating, behaviour: behaviour)
    }

    @inline(__always)
    private static func rating(_ field: UnsafeRawBufferPointer) throws(LineProblem) -> Float {
        guard let value = Numbers.decimal(field), Float(value).isFinite else {
            let hint = field.contains(UInt8(ascii: ",")) ? "; decimals have a point" : ""
            throw LineProblem(
                reason: "expected a rating, got \(Numbers.quoted(field))\(hint)")
        }
        return Float(value)
    }

    private func fieldCountProblem(_ expected: Int) -> LineProblem {
        let fields = records.fields.texts
        let last = (fields.last ?? "").split(separator: ":", omittingEmptySubsequences: false)
        let isLibSVM =
            fields.count > 1 && last.count == 2 && Int(last[0]) != nil && Double(last[1]) != nil
        return LineProblem(
            reason: "expected \(expected) fields, got \(fields.count)"
                + (isLibSVM ? "; this looks like libsvm (number:value), which is not read" : ""))
    }

    @inline(__always)
    private mutating func domain(
        of item: UnsafeRawBufferPointer, _ positions: DelimitedLayout.Positions
    ) throws(LineProblem) -> Int? {
        switch source {
        case .fixed(let domain): return domain
        case .rule(let info): return info.domain(of: item)
        case .column(let known):
            let field = records.fields[positions.domain ?? 0]
            guard field.contains(where: { $0 > 0x20 }) else {
                throw LineProblem(reason: "the domain is empty")
            }
            let index = try domainNames.insert(field)
            if index == domains.count {
                let name = domainNames.string(index)
                if known.isEmpty || known.contains(name) {
                    do throws(ImportError) {
                        domains.append(try sink.domain(named: name))
                    } catch {
                        throw LineProblem(reason: error.description)
                    }
                } else {
                    domains.append(-1)
                }
            }
            return domains[index] < 0 ? nil : domains[index]
        }
    }

    private mutating func behaviour(_ field: UnsafeRawBufferPointer) throws(LineProblem) -> UInt8 {
        let index = try behaviourNames.insert(field)
        if index == behaviours.count {
            let behaviour = Behaviour(name: behaviourNames.string(index)) ?? .other
            behaviours.append(behaviour.rawValue)
            behaviourCounts.append(0)
        }
        behaviourCounts[index] += 1
        return behaviours[index]
    }

    /// Says what of the file is not in the events.
    private func addNotes(_ positions: DelimitedLayout.Positions) {
        let source = sink.sources.count - 1
        for note in firstLine.notes { sink.note(note.code, note.text, ofSource: source) }
        if let text = records.longRecordsText {
            sink.note("multi-line-fields", text, ofSource: source)
        }
        let unknown = behaviours.indices.filter {
            behaviours[$0] == Behaviour.other.rawValue
                && behaviourNames.string($0).lowercased() != Behaviour.other.description
        }
        if !unknown.isEmpty {
            let names = unknown.map { behaviourNames.string($0).quoted }
            sink.note(
                "unknown-behaviours",
                "\(counted(unknown.reduce(0) { $0 + behaviourCounts[$1] }, "event")) with a behaviour that "
                    + "has no name here (\(names.listed(first: 5))), kept as \"other\"",
                ofSource: source)
        }
        let outside = domains.indices.filter { domains[$0] < 0 }
            .map { domainNames.string($0).quoted }
        if !outside.isEmpty {
            sink.note(
                "other-domains",
                "not among the domains asked for: " + outside.listed(first: 10), ofSource: source)
        }
    }
}
