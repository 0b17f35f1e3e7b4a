public import Foundation

/// Turns files of events into a dataset's directory.
///
/// Files are read through a fixed buffer; events go to a temporary file and are sorted in
/// memory-mapped columns, so that memory grows with the numbers of users and items, not with the
/// file. Events are ordered by user and time; what orders events of one time is
/// ``DatasetManifest/TieOrder/linesThenHash``: one file's lines keep their order, and which file comes first is drawn
/// by a hash, whatever the order in which the files are given. What is done with input that is not as it should be:
///
/// | input | outcome |
/// |---|---|
/// | a line with another number of fields, an empty id, a number that is none | malformed line |
/// | a rating that is NaN or infinite | malformed line; an empty rating is "no rating" |
/// | a time before 1970 or after 2099, a day that no calendar has | malformed line |
/// | a time in another unit or form than the file's first | malformed line |
/// | an id that is not UTF-8 | malformed line; titles are then read as Latin-1, counted |
/// | a quoted field with line ends | read; counted |
/// | a quoted field that does not end, text behind its end | error: what follows cannot be told from text |
/// | a line over 64 MiB | error |
/// | a malformed line | error with file and line, or skipped, counted and the first shown (``ImportOptions/onBadLine``) |
/// | a column that is not there, or twice | error with the nearest name |
/// | a first line that is a header where none is said, or an event where one is | error |
/// | a column that nobody reads | named in a note; so is one that looks like times where none is read |
/// | compressed, binary or JSON files, UTF-16 and UTF-32 | error that names what it is |
/// | an empty file, or one with nothing but a header or malformed lines | error |
/// | the same event twice | both are kept; `unique-items` drops repeated items |
/// | some events with times and some without | malformed line |
/// | a user in one domain only | kept; `overlapping-users` drops them |
/// | a domain without an event, at once or after a filter | error with the domain's name |
/// | `\r\n`, `\r`, blank lines, no line end at the end of the file, a byte order mark, `sep=;` | accepted |
/// | a behaviour that is not known | ``Behaviour/other``, counted and named |
/// | an item twice in an item file | the first line counts; counted |
/// | an item file's items without events, items without a line | counted |
/// | an id that several domains have, in an item file that names no domains | nothing is taken for it; counted |
/// | a price with a decimal comma, such as `12,99` or `1.299,00` | read; in `1,299` the comma groups thousands |
/// | a price that is no number, such as `$5 - $9` | unknown, counted |
/// | an id or a domain's name with a space at an end | taken as it stands; counted |
/// | an id with control characters or marks of writing direction | taken as it stands; counted |
/// | spaces around a number or a time | passed over |
public enum Importer {
    /// Imports sources into a new dataset at `destination` and returns its manifest.
    ///
    /// The dataset appears under its name only when it is whole. `progress` is called from time to
    /// time on the caller's thread.
    @discardableResult
    public static func run(
        sources: [ImportSource], format: ImportFormat, options: ImportOptions = ImportOptions(),
        to destination: URL, progress: ((ImportProgress) -> Void)? = nil
    ) throws(ImportError) -> DatasetManifest {
        try check(sources, format, options)
        let staging = try DatasetStaging(destination: destination, replace: options.replace)
        do throws(ImportError) {
            let manifest = try build(
                sources, format, options, in: staging.directory, progress: progress)
            try staging.commit()
            return manifest
        } catch {
            staging.discard()
            throw error
        }
    }

    private static func build(
        _ sources: [ImportSource], _ format: ImportFormat, _ options: ImportOptions,
        in directory: URL, progress: ((ImportProgress) -> Void)?
    ) throws(ImportError) -> DatasetManifest {
        let spill = try EventSpill(path: directory.appendingPathComponent("spill").path)
        let sink = ImportSink(options: options, spill: spill, progress: progress)
        if format == .sequences {
            try readSequences(sources, sink)
        } else {
            try readDelimited(sources, format, sink)
        }
        try sink.report("sort", 0, of: spill.count)
        let table = try EventTable(sink, scratch: directory)
        try checkDomains(table, after: nil)
        var steps: [DatasetManifest.FilterStep] = []
        for (index, filter) in options.filters.enumerated() {
            try sink.report("filter \(filter)", index, of: options.filters.count)
            try table.apply(filter)
            let left = try checkDomains(table, after: filter)
            steps.append(
                DatasetManifest.FilterStep(
                    filter: filter, events: left.events, users: left.users, items: left.items))
        }
        try sink.report("write", 0, of: spill.count)
        var writer = DatasetWriter(
            table, directory: directory,
            keepsUnusedItems: format == .sequences && options.filters.isEmpty)
        return try writer.write(reader: format.name, filters: steps)
    }

    @discardableResult
    private static func checkDomains(_ table: EventTable, after filter: Filter?)
        throws(ImportError) -> (events: Int, users: Int, items: Int, domainEvents: [Int])
    {
        let summary = table.summary()
        if let domain = summary.domainEvents.firstIndex(of: 0) {
            let name = table.sink.domainNames[domain]
            if filter == nil, let reason = table.sink.unknownCategories(ofDomain: name) {
                throw .invalidOptions(reason: reason)
            }
            throw .emptyDomain(name: name, after: filter)
        }
        return summary
    }

    private static func check(
        _ sources: [ImportSource], _ format: ImportFormat, _ options: ImportOptions
    ) throws(ImportError) {
        let name = format.name
        guard !sources.isEmpty else {
            throw .invalidOptions(reason: "\(name): expected at least one file")
        }
        let given = options.domainNames + (options.categoryRule?.domainNames ?? [])
        for domain in given + sources.compactMap(\.domain) {
            guard domain == domain.trimmingSpaces, !domain.isEmpty else {
                throw .invalidOptions(
                    reason: domain.trimmingSpaces.isEmpty
                        ? "a domain's name is empty"
                        : "the name of domain \"\(domain)\" has a space at an end")
            }
        }
        if format == .sequences, sources.count != 1 || options.categoryRule != nil {
            throw .invalidOptions(
                reason: "sequences: expected one file of events and no category rule")
        }
        if let rule = options.categoryRule {
            guard sources.allSatisfy({ $0.items != nil }) else {
                throw .invalidOptions(
                    reason: "\(name): a category rule needs an item file for each file of events")
            }
            guard options.domainNames.isEmpty, sources.allSatisfy({ $0.domain == nil }) else {
                throw .invalidOptions(
                    reason: "\(name): the category rule names the domains "
                        + rule.domainNames.joined(separator: ", ") + "; give no other names")
            }
        } else if !hasDomainColumn(format), format != .sequences {
            guard options.domainNames.isEmpty || options.domainNames.count == sources.count else {
                throw .invalidOptions(
                    reason: "\(name): expected \(sources.count) domain names, one a file, got "
                        + "\(options.domainNames.count)")
            }
            // Names that are given may join files; files are not joined by chance.
            var taken: Set<String> = []
            for source in sources where options.domainNames.isEmpty && source.domain == nil {
                let own = domainName(of: source, format)
                guard taken.insert(own).inserted else {
                    throw .invalidOptions(
                        reason: "\(name): two files are called \(own); name the domains")
                }
            }
        }
    }

    private static func hasDomainColumn(_ format: ImportFormat) -> Bool {
        if case .delimited(let format) = format { format.domain != nil } else { false }
    }

    private static func readSequences(_ sources: [ImportSource], _ sink: ImportSink)
        throws(ImportError)
    {
        sink.keepsUserOrder = true
        sink.keepsItemOrder = true
        for source in sources {
            var reader = try SequencesReader(source: source, sink: sink)
            try reader.run(path: source.events.path)
        }
    }

    private static func readDelimited(
        _ sources: [ImportSource], _ format: ImportFormat, _ sink: ImportSink
    ) throws(ImportError) {
        let options = sink.options
        for name in options.categoryRule?.domainNames ?? options.domainNames {
            _ = try sink.domain(named: name)
        }
        for (index, source) in sources.enumerated() {
            let domain: DelimitedReader.DomainSource
            var info: ItemInfo?
            var key = source.events.lastPathComponent
            if let rule = options.categoryRule {
                let divided = ItemInfo(.rule(rule))
                info = divided
                domain = .rule(divided)
            } else if hasDomainColumn(format) {
                domain = .column(known: options.domainNames)
            } else {
                let name =
                    options.domainNames.isEmpty
                    ? domainName(of: source, format) : options.domainNames[index]
                let number = try sink.domain(named: name)
                info = ItemInfo(.domain(number))
                domain = .fixed(number)
                key = name
            }
            if let items = source.items { try readItems(items, format, info, sink) }
            let layout = try DelimitedLayout(format, path: source.events.path)
            var reader = try DelimitedReader(
                path: source.events.path, layout: layout, source: domain, sink: sink)
            try reader.run(key: key)
        }
    }

    /// Reads an item file: into `info`, or into one for each domain that it names where the events name theirs.
    private static func readItems(
        _ file: URL, _ format: ImportFormat, _ info: ItemInfo?, _ sink: ImportSink
    ) throws(ImportError) {
        var named: [String: ItemInfo] = [:]
        let other = info ?? ItemInfo(.any)
        func target(_ domain: String?) -> ItemInfo {
            guard info == nil, let domain else { return other }
            if let known = named[domain] { return known }
            let new = ItemInfo(.named(domain))
            named[domain] = new
            return new
        }
        var column: String?
        if info == nil, case .delimited(let layout) = format {
            if case .name(let name) = layout.domain { column = name } else { column = "domain" }
        }
        if ItemLinesReader.reads(file) {
            try ItemLinesReader(path: file.path, domainKey: column, sink: sink).run(into: target)
        } else {
            var reader = try ItemFileReader(
                path: file.path, format: format, domainName: column, sink: sink)
            try reader.run(into: target)
        }
        for info in [other] + named.sorted(by: { $0.key < $1.key }).map(\.value)
        where !info.features.isEmpty {
            sink.add(info)
        }
    }

    /// The given name, or the file's without extension and without Amazon's prefix.
    private static func domainName(of source: ImportSource, _ format: ImportFormat) -> String {
        if let domain = source.domain { return domain }
        let stem = source.events.deletingPathExtension().lastPathComponent
        let prefix = "ratings_"
        return format == .amazonRatings && stem.hasPrefix(prefix) && stem.count > prefix.count
            ? String(stem.dropFirst(prefix.count)) : stem
    }
}
