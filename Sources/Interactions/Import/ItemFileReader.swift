internal import Files

/// Reads titles, categories and, where columns are named, brands, prices, texts and items also bought.
struct ItemFileReader: ~Copyable {
    private static let titleNames = ["movie_title", "title", "name", "item_title"]
    private static let categoryNames = ["categories", "category", "class", "genre", "genres"]
    private static let brandNames = ["brand", "store"]
    private static let textNames = ["text", "description"]

    private let sink: ImportSink
    private var records: RecordReader
    private let hasHeader: Bool
    private let isTyped: Bool
    private let layout: DelimitedLayout
    private let itemName: DelimitedFormat.ColumnReference
    private let domainName: String?
    private let separator: Unicode.Scalar
    private var latin1 = 0
    private var prices = PriceReader()

    /// `domainName` is what the column with the items' domains is called, where the events name theirs.
    init(path: String, format: ImportFormat, domainName: String?, sink: ImportSink)
        throws(ImportError)
    {
        let layout = try DelimitedLayout(format, path: path)
        records = try RecordReader(path: path, layout: layout)
        self.layout = layout
        self.sink = sink
        self.domainName = domainName
        if case .delimited = format {
            // The events' file may have none, but an item file's columns are known by name only.
            hasHeader = true
            if case .name = layout.item { itemName = layout.item } else { itemName = .name("item") }
        } else {
            hasHeader = layout.hasHeader
            itemName = layout.item.description == "2" ? .number(1) : layout.item
        }
        isTyped = layout.hasTypedHeader
        separator = layout.hasTypedHeader ? " " : "|"
    }

    /// The positions of the columns that are read.
    private struct Columns {
        var item: Int
        var title: Int?
        var categories: Int?
        var brand: Int?
        var price: Int?
        var body: Int?
        var bought: Int?
        var domain: Int?

        var all: [Int] {
            [item] + [title, categories, brand, price, body, bought, domain].compactMap(\.self)
        }
    }

    /// Reads the whole file into what `info` gives for a domain's name, nil where the file has no column of it.
    mutating func run(into info: (_ domain: String?) -> ItemInfo) throws(ImportError) {
        let lines = records.lines
        let firstLine = try records.first()
        let header = HeaderColumns(
            firstLine, isHeader: hasHeader, isTyped: isTyped, path: lines.path)
        let columns: Columns
        do throws(ImportError) {
            columns = try self.columns(header)
        } catch {
            throw layout.explained(
                error, wanted: [itemName], firstLine: firstLine, path: lines.path)
        }
        var isRead = hasHeader ? try records.next() : true
        while isRead {
            do throws(LineProblem) {
                if let problem = records.problem { throw problem }
                try add(columns, count: header.names.count, into: info)
                sink.addItem()
            } catch {
                try sink.bad(error, in: lines)
            }
            isRead = try records.next()
        }
        try sink.finish(lines)
        addNotes(header, columns)
    }

    private func columns(_ header: HeaderColumns) throws(ImportError) -> Columns {
        func named(_ names: [String]) -> Int? {
            hasHeader ? header.firstPosition(of: names) : nil
        }
        return Columns(
            item: try header.position(itemName),
            title: hasHeader ? named(Self.titleNames) : 1,
            categories: hasHeader ? named(Self.categoryNames) : 2,
            brand: named(Self.brandNames), price: named(["price"]), body: named(Self.textNames),
            bought: named(["also_bought", "also_buy"]),
            domain: domainName.flatMap { named([$0]) })
    }

    private mutating func add(
        _ columns: Columns, count: Int, into info: (_ domain: String?) -> ItemInfo
    ) throws(LineProblem) {
        guard records.fields.count == count else {
            throw LineProblem(reason: "expected \(count) fields, got \(records.fields.count)")
        }
        let price = columns.price.flatMap { text($0) }
        let features = ItemFeatures(
            title: columns.title.flatMap { text($0) }, brand: columns.brand.flatMap { text($0) },
            price: prices.price(price), text: columns.body.flatMap { text($0) },
            alsoBought: columns.bought.map { list($0) } ?? [])
        var domain: String?
        if let column = columns.domain {
            guard let name = text(column) else { throw LineProblem(reason: "the domain is empty") }
            domain = name
        }
        let categories = columns.categories.map { list($0) } ?? []
        try info(domain).add(
            item: records.fields[columns.item], features, categories: categories)
    }

    /// A field as text; bytes that are not UTF-8 are taken as Latin-1, as in MovieLens-1M's titles.
    private mutating func text(_ column: Int) -> String? {
        guard column < records.fields.count, records.fields[column].count > 0 else { return nil }
        let field = records.fields[column]
        if let text = String(validating: field, as: UTF8.self) { return text }
        latin1 += 1
        return String(String.UnicodeScalarView(field.map { Unicode.Scalar($0) }))
    }

    private mutating func list(_ column: Int) -> [String] {
        (text(column) ?? "").unicodeScalars.split(separator: separator).map(String.init)
    }

    private func addNotes(_ header: HeaderColumns, _ columns: Columns) {
        let source = sink.sources.count - 1
        let read = columns.all
        let unread = header.titles.indices.filter { !read.contains($0) }.map {
            hasHeader ? header.titles[$0].quoted : header.titles[$0]
        }
        if !unread.isEmpty {
            sink.note(
                "columns-not-read",
                "columns that are not read: " + unread.listed(), ofSource: source)
        }
        if let text = records.longRecordsText {
            sink.note("multi-line-fields", text, ofSource: source)
        }
        if latin1 > 0 {
            sink.note(
                "latin-1", "\(latin1) texts are not UTF-8 and were read as Latin-1",
                ofSource: source)
        }
        prices.addNote(to: sink)
    }
}
