internal import Files

/// The columns of a file of events, as a format and the file's first line settle them.
struct DelimitedLayout {
    var delimiter: UInt8
    var delimiterWidth = 1
    var isQuoted = false
    var hasHeader = false
    /// Whether it was said that the first line is (no) header; else it is compared with the lines behind it.
    var isHeaderStated = false
    var user: DelimitedFormat.ColumnReference
    var item: DelimitedFormat.ColumnReference
    var time: DelimitedFormat.ColumnReference?
    var rating: DelimitedFormat.ColumnReference?
    var domain: DelimitedFormat.ColumnReference?
    var behaviour: DelimitedFormat.ColumnReference?
    /// Columns that may be missing, by reference.
    var isTimeOptional = false
    var isRatingOptional = false
    /// Header names are cut at a colon (RecBole's `name:type`).
    var hasTypedHeader = false
    /// Whether the separator is the caller's to choose.
    var takesDelimiter = false

    /// Positions of columns from 0.
    struct Positions {
        var fieldCount: Int
        var user: Int
        var item: Int
        var time: Int?
        var rating: Int?
        var domain: Int?
        var behaviour: Int?
    }

    /// The layout of a format's files of events; the extension tells MovieLens' two apart.
    init(_ format: ImportFormat, path: String) throws(ImportError) {
        switch format {
        case .sequences:
            preconditionFailure("DelimitedLayout: expected a delimited format, got sequences")
        case .amazonRatings:
            self.init(delimiter: UInt8(ascii: ","), user: .number(1), item: .number(2))
            rating = .number(3)
            time = .number(4)
        case .movieLens:
            if path.hasSuffix(".csv") {
                self.init(
                    delimiter: UInt8(ascii: ","), user: .name("userId"), item: .name("movieId"))
                hasHeader = true
                isQuoted = true
                rating = .name("rating")
                time = .name("timestamp")
            } else if path.hasSuffix(".dat") {
                self.init(delimiter: UInt8(ascii: ":"), user: .number(1), item: .number(2))
                delimiterWidth = 2
                rating = .number(3)
                time = .number(4)
            } else {
                throw .invalidOptions(
                    reason: "movielens: expected a .dat or .csv file, got \(path)")
            }
        case .recBole:
            self.init(delimiter: 0x09, user: .name("user_id"), item: .name("item_id"))
            hasHeader = true
            hasTypedHeader = true
            rating = .name("rating")
            time = .name("timestamp")
            isTimeOptional = true
            isRatingOptional = true
        case .delimited(let format):
            self.init(delimiter: format.delimiter, user: format.user, item: format.item)
            hasHeader = format.hasHeader ?? format.usesNames
            isHeaderStated = format.hasHeader != nil
            isQuoted = format.isQuoted
            takesDelimiter = true
            time = format.time
            rating = format.rating
            domain = format.domain
            behaviour = format.behaviour
        }
    }

    private init(
        delimiter: UInt8, user: DelimitedFormat.ColumnReference,
        item: DelimitedFormat.ColumnReference
    ) {
        self.delimiter = delimiter
        self.user = user
        self.item = item
    }

    /// Finds the columns in the fields of the file's first line.
    func positions(firstLine: [String], path: String) throws(ImportError) -> Positions {
        do throws(ImportError) {
            return try namedPositions(firstLine, path: path)
        } catch {
            let others = [isTimeOptional ? nil : time, domain, behaviour]
            throw explained(
                error, wanted: [user, item] + others.compactMap(\.self), firstLine: firstLine,
                path: path)
        }
    }

    private func namedPositions(_ firstLine: [String], path: String) throws(ImportError)
        -> Positions
    {
        let columns = HeaderColumns(
            firstLine, isHeader: hasHeader, isTyped: hasTypedHeader, path: path)
        let (userColumn, itemColumn) = (try columns.position(user), try columns.position(item))
        guard userColumn != itemColumn else {
            throw .malformed(
                path: path, line: 1,
                reason: "column \(userColumn + 1) is given for the user and for the item")
        }
        return Positions(
            fieldCount: firstLine.count, user: userColumn, item: itemColumn,
            time: try columns.position(time, isOptional: isTimeOptional),
            rating: try columns.position(rating, isOptional: isRatingOptional),
            domain: try columns.position(domain, isOptional: false),
            behaviour: try columns.position(behaviour, isOptional: false))
    }
}

/// The columns that a first line offers.
struct HeaderColumns {
    let names: [String]
    /// The names with RecBole's types, where there are some.
    let titles: [String]
    private let isHeader: Bool
    private let path: String

    init(_ fields: [String], isHeader: Bool, isTyped: Bool, path: String) {
        self.isHeader = isHeader
        self.path = path
        let parts = fields.map { $0.split(separator: ":", maxSplits: 1).map(String.init) }
        names =
            isTyped
            ? parts.map { $0.first ?? "" } : isHeader ? fields : fields.indices.map { "\($0 + 1)" }
        titles = isTyped ? fields : names
    }

    /// The position of the first of these names that the header has.
    func firstPosition(of candidates: [String]) -> Int? {
        candidates.lazy.compactMap { names.firstIndex(of: $0) }.first
    }

    func position(_ column: DelimitedFormat.ColumnReference?, isOptional: Bool)
        throws(ImportError) -> Int?
    {
        guard let column else { return nil }
        if isOptional, case .name(let name) = column, !names.contains(name) { return nil }
        return try position(column)
    }

    func position(_ column: DelimitedFormat.ColumnReference) throws(ImportError) -> Int {
        switch column {
        case .number(let number):
            if (1...max(names.count, 1)).contains(number) { return number - 1 }
        case .name(let name):
            guard isHeader, let index = names.firstIndex(of: name) else { break }
            if let other = names[(index + 1)...].firstIndex(of: name) {
                throw .malformed(
                    path: path, line: 1,
                    reason: "columns \(index + 1) and \(other + 1) are both called \(name.quoted); "
                        + "give the column by its number")
            }
            guard titles[index] == names[index] || !titles[index].hasSuffix("_seq") else {
                let type = titles[index].dropFirst(name.count + 1)
                throw .malformed(
                    path: path, line: 1,
                    reason:
                        "\(name) is a list (\(type)); a line must have one \(name), of the type "
                        + type.dropLast("_seq".count))
            }
            return index
        }
        throw .unknownColumn(
            path: path, column: column.description, known: names,
            nearest: isHeader ? nearestName(to: column.description, in: names) : nil)
    }
}
