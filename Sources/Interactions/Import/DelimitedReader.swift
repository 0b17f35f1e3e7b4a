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
    private let reader: LineReader
    private let sink: ImportSink
    private var splitter: FieldSplitter
    private var times: TimeReader
    private let behaviourNames = StringTable()
    private var behaviours: [UInt8] = []
    private let domainNames = StringTable()
    private var domains: [Int] = []

    init(path: String, layout: DelimitedLayout, source: DomainSource, sink: ImportSink)
        throws(ImportError)
    {
        self.layout = layout
        self.source = source
        self.sink = sink
        times = TimeReader(sink.options.timeFormat)
        reader = try LineReader(path: path)
        splitter = FieldSplitter(
            delimiter: layout.delimiter, width: layout.delimiterWidth, isQuoted: layout.isQuoted)
    }

    /// Reads the whole file.
    mutating func run() throws(ImportError) {
        guard let positions = try start() else { throw .emptyFile(path: reader.path) }
        let stage = "read \(reader.path)"
        var nextReport = 0
        // Without a header the first line is an event, cut already; it is not cut twice, because
        // doubled quotes are undone in its own bytes.
        var isCut = !layout.hasHeader
        var line = isCut ? UnsafeRawBufferPointer(start: nil, count: 0) : try reader.next()
        while let current = line {
            if isCut || current.count > 0 {
                do throws(LineProblem) {
                    if !isCut { try splitter.split(current) }
                    isCut = false
                    try add(positions)
                } catch {
                    try sink.bad(error, in: reader)
                }
            }
            if reader.bytesRead >= nextReport {
                sink.report(stage, reader.bytesRead, of: reader.size)
                nextReport = reader.bytesRead + (16 << 20)
            }
            line = try reader.next()
        }
        try sink.finish(reader, times: times.format)
    }

    /// Reads up to the first line with text, which names or numbers the columns.
    private mutating func start() throws(ImportError) -> DelimitedLayout.Positions? {
        var first = try reader.next()
        while let line = first, line.count == 0 { first = try reader.next() }
        guard let line = first else { return nil }
        do throws(LineProblem) {
            try splitter.split(line)
        } catch {
            throw .malformed(path: reader.path, line: reader.lineNumber, reason: error.reason)
        }
        let fields = (0..<splitter.count).map { String(decoding: splitter[$0], as: UTF8.self) }
        return try layout.positions(firstLine: fields, path: reader.path)
    }

    @inline(__always)
    private mutating func add(_ positions: DelimitedLayout.Positions) throws(LineProblem) {
        guard splitter.count == positions.fieldCount else {
            throw LineProblem(
                reason: "expected \(positions.fieldCount) fields, got \(splitter.count)")
        }
        var time: Int64?
        if let position = positions.time {
            time = try times.ticks(splitter[position])
        }
        var rating = Float.nan
        if let position = positions.rating, splitter[position].count > 0 {
            guard let value = Numbers.decimal(splitter[position]), Float(value).isFinite else {
                throw LineProblem(
                    reason: "expected a rating, got \(Numbers.quoted(splitter[position]))")
            }
            rating = Float(value)
        }
        var behaviour = ImportSink.noBehaviour
        if let position = positions.behaviour, splitter[position].count > 0 {
            behaviour = try self.behaviour(splitter[position])
        }
        let item = splitter[positions.item]
        guard let domain = try domain(of: item, positions) else {
            sink.addOutside()
            return
        }
        try sink.add(
            user: splitter[positions.user], item: item, domain: domain, time: time,
            rating: rating, behaviour: behaviour)
    }

    @inline(__always)
    private mutating func domain(
        of item: UnsafeRawBufferPointer, _ positions: DelimitedLayout.Positions
    ) throws(LineProblem) -> Int? {
        switch source {
        case .fixed(let domain): return domain
        case .rule(let info): return info.domain(of: item)
        case .column(let known):
            let field = splitter[positions.domain ?? 0]
            guard field.count > 0 else { throw LineProblem(reason: "the domain is empty") }
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
        }
        return behaviours[index]
    }
}
