/// Reads titles, categories and, where columns are named, brands, prices, texts and items also bought.
struct ItemFileReader: ~Copyable {
    private static let titleNames = ["movie_title", "title", "name", "item_title"]
    private static let categoryNames = ["categories", "category", "class", "genre", "genres"]
    private static let brandNames = ["brand", "store"]
    private static let textNames = ["text", "description"]

    private let reader: LineReader
    private let sink: ImportSink
    private var splitter: FieldSplitter
    private let hasHeader: Bool
    private let isTyped: Bool
    private let itemName: DelimitedFormat.ColumnReference
    private let separator: Unicode.Scalar

    init(path: String, format: ImportFormat, sink: ImportSink) throws(ImportError) {
        let layout = try DelimitedLayout(format, path: path)
        reader = try LineReader(path: path)
        self.sink = sink
        splitter = FieldSplitter(
            delimiter: layout.delimiter, width: layout.delimiterWidth, isQuoted: layout.isQuoted)
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

    /// Reads the whole file into `info`.
    mutating func run(into info: ItemInfo) throws(ImportError) {
        var first = try reader.next()
        while let line = first, line.count == 0 { first = try reader.next() }
        guard let line = first else { throw .emptyFile(path: reader.path) }
        do throws(LineProblem) {
            try splitter.split(line)
        } catch {
            throw .malformed(path: reader.path, line: reader.lineNumber, reason: error.reason)
        }
        let fields = (0..<splitter.count).map { String(decoding: splitter[$0], as: UTF8.self) }
        let columns = HeaderColumns(
            fields, isHeader: hasHeader, isTyped: isTyped, path: reader.path)
        let item = try columns.position(itemName)
        let title = hasHeader ? columns.firstPosition(of: Self.titleNames) : 1
        let categories = hasHeader ? columns.firstPosition(of: Self.categoryNames) : 2
        func named(_ names: [String]) -> Int? {
            hasHeader ? columns.firstPosition(of: names) : nil
        }
        let brand = named(Self.brandNames)
        let price = named(["price"])
        let body = named(Self.textNames)
        let bought = named(["also_bought", "also_buy"])
        var current = hasHeader ? try reader.next() : line
        while let line = current {
            if line.count > 0 {
                do throws(LineProblem) {
                    try splitter.split(line)
                    guard splitter.count == fields.count else {
                        throw LineProblem(
                            reason: "expected \(fields.count) fields, got \(splitter.count)")
                    }
                    try info.add(
                        item: splitter[item],
                        ItemFeatures(
                            title: title.flatMap { text($0) }, brand: brand.flatMap { text($0) },
                            price: price.flatMap { text($0) }.flatMap(Numbers.price),
                            text: body.flatMap { text($0) },
                            alsoBought: bought.map { list($0) } ?? []),
                        categories: categories.map { list($0) } ?? [])
                    sink.addItem()
                } catch {
                    try sink.bad(error, in: reader)
                }
            }
            current = try reader.next()
        }
        try sink.finish(reader)
    }

    /// A field as text; bytes that are not UTF-8 are taken as Latin-1, as in MovieLens-1M's titles.
    private func text(_ column: Int) -> String? {
        guard column < splitter.count, splitter[column].count > 0 else { return nil }
        let field = splitter[column]
        if let text = String(validating: field, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(field.map { Unicode.Scalar($0) }))
    }

    private func list(_ column: Int) -> [String] {
        (text(column) ?? "").unicodeScalars.split(separator: separator).map(String.init)
    }
}
