internal import Files
import Foundation

/// Whether a file's first line is what it is taken for, and what of its columns nobody reads.
struct FirstLineCheck {
    private static let comparedLines = 20
    /// Names that columns of users and items have in public logs.
    static let userNames: Set<String> = [
        "user", "userid", "uid", "customer", "customerid", "reviewerid", "visitorid", "member",
        "memberid", "userindex", "person", "client", "clientid", "sessionid", "session",
    ]
    static let itemNames: Set<String> = [
        "item", "itemid", "iid", "sku", "product", "productid", "asin", "parentasin", "movie",
        "movieid", "book", "bookid", "isbn", "article", "articleid", "video", "videoid",
        "itemindex",
        "goods", "goodsid",
    ]
    private static let timeWords = ["time", "date", "timestamp", "ts", "created", "datetime"]

    private let layout: DelimitedLayout
    private let path: String
    private var names: [String] = []
    private var positions: DelimitedLayout.Positions?
    /// For each column whether the lines behind the first have numbers there.
    private var areNumbers: [Bool] = []
    private var compared = 0
    private(set) var isUndecided = false
    private(set) var notes: [DatasetManifest.Note] = []

    init(layout: DelimitedLayout, path: String) {
        self.layout = layout
        self.path = path
    }

    /// Takes the first line; throws where it is certainly not what it is taken for.
    mutating func begin(_ names: [String], _ positions: DelimitedLayout.Positions)
        throws(ImportError)
    {
        self.names = names
        self.positions = positions
        areNumbers = [Bool](repeating: true, count: names.count)
        isUndecided = true
        if layout.hasHeader {
            if let time = positions.time, Self.looksLikeTime(names[time]) {
                throw .malformed(
                    path: path, line: 1,
                    reason:
                        "taken for a header, but \(names[time].quoted) is a time; give --no-header "
                        + "where the first line is an event")
            }
        } else if !layout.isHeaderStated,
            Self.userNames.contains(Self.plain(names[positions.user])),
            Self.itemNames.contains(Self.plain(names[positions.item]))
        {
            throw header(
                "\(names[positions.user].quoted) and \(names[positions.item].quoted) are names of columns"
            )
        }
    }

    /// Takes one of the lines behind the first, or the first itself where it is an event.
    mutating func compare(_ fields: borrowing FieldSplitter) throws(ImportError) {
        compared += 1
        let isFirst = compared == 1 && !layout.hasHeader
        for column in 0..<min(fields.count, areNumbers.count) where !isFirst {
            areNumbers[column] =
                areNumbers[column] && Numbers.decimal(fields[column])?.isFinite == true
        }
        if compared == 1 { noteColumns(fields.texts) }
        if compared > Self.comparedLines { try finish() }
    }

    /// Decides by the lines that there were.
    mutating func finish() throws(ImportError) {
        guard isUndecided else { return }
        isUndecided = false
        guard !layout.hasHeader, !layout.isHeaderStated, compared > 2 else { return }
        if let column = names.indices.first(where: { areNumbers[$0] && Self.isWord(names[$0]) }) {
            throw header(
                "column \(column + 1) has \(names[column].quoted) there and numbers in the lines behind "
                    + "it")
        }
    }

    /// A problem of the first line with the question whether it is a header.
    func explained(_ problem: LineProblem, line: Int) -> LineProblem {
        guard line == 1, !layout.hasHeader, problem.quoting == .fine,
            names.contains(where: Self.isWord)
        else { return problem }
        return LineProblem(
            reason: problem.reason + "; a first line that names the columns needs the format csv "
                + "with --header")
    }

    private func header(_ reason: String) -> ImportError {
        .malformed(
            path: path, line: 1,
            reason: "this looks like a header and not like an event: \(reason); give --header (in "
                + "the format csv), or --no-header where it is an event")
    }

    /// Says which columns are not read, and which of them looks like times where none is.
    private mutating func noteColumns(_ fields: [String]) {
        guard let positions else { return }
        let read = [
            positions.user, positions.item, positions.time, positions.rating, positions.domain,
            positions.behaviour,
        ]
        let unread = names.indices.filter { !read.contains($0) }
        guard !unread.isEmpty else { return }
        func title(_ column: Int) -> String {
            layout.hasHeader ? names[column].quoted : "\(column + 1)"
        }
        if positions.time == nil {
            let looks = unread.first { column in
                let words = names[column].lowercased().split { !$0.isLetter }.map(String.init)
                let isNamed = layout.hasHeader && words.contains { Self.timeWords.contains($0) }
                return isNamed
                    || (column < fields.count
                        && Self.looksLikeTime(fields[column]))
            }
            if let looks {
                notes.append(
                    DatasetManifest.Note(
                        code: "times-not-read",
                        text:
                            "column \(title(looks)) looks like times and is not read, so that the "
                            + "order of events is that of the lines; "
                            + (layout.time == nil
                                ? "name it: --columns …,time=\(layout.hasHeader ? names[looks] : String(looks + 1))"
                                : "this format's column of times is called "
                                    + "\"\(layout.time?.description ?? "")\"")))
            }
        }
        notes.append(
            DatasetManifest.Note(
                code: "columns-not-read",
                text: "columns that are not read: " + unread.map(title).listed()))
    }

    /// A date, or a number that is a time from 1990 on in seconds or a smaller unit.
    private static func looksLikeTime(_ text: String) -> Bool {
        ByteOrder.withBytes(of: text) { bytes in
            if Numbers.isoTicks(bytes) != nil { return true }
            guard let number = Numbers.decimal(bytes) else { return false }
            let seconds = Double(TimeReader.firstLogged)...Double(TimeReader.latestSecond)
            return TimeFormat.units.contains { seconds.contains(number / Double($0.perSecond)) }
        }
    }

    /// A name without what separates words in it.
    static func plain(_ name: String) -> String {
        name.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// Letters without a digit, as names of columns are.
    private static func isWord(_ text: String) -> Bool {
        text.first?.isLetter == true && !text.contains { $0.isNumber }
    }
}
