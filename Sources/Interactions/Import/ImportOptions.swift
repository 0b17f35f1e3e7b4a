public import Foundation

/// A file of events, with what belongs to it.
public struct ImportSource: Sendable, Equatable {
    /// The file with the events.
    public var events: URL
    /// The file with the items' domains, titles or categories, where the format has one.
    public var items: URL?
    /// The file with the users' external ids; only `sequences` has one.
    public var users: URL?
    /// The domain of all items in the file; nil takes the file's name without its extension.
    public var domain: String?

    /// Names a file of events.
    public init(events: URL, items: URL? = nil, users: URL? = nil, domain: String? = nil) {
        self.events = events
        self.items = items
        self.users = users
        self.domain = domain
    }
}

/// How the sources are written.
public enum ImportFormat: Sendable, Equatable {
    /// One user a line, `user item|time item|time …`, with an item map and possibly a user map in JSON.
    case sequences
    /// `user,item,rating,timestamp` without a header, one file a domain.
    case amazonRatings
    /// MovieLens, `.dat` with `::` or `.csv` with a header.
    case movieLens
    /// RecBole's atomic files, `.inter` and `.item`, with typed headers.
    case recBole
    /// Text with a delimiter and columns that the caller names.
    case delimited(DelimitedFormat)

    /// The format's name on the command line and in `dataset.json`.
    public var name: String {
        switch self {
        case .sequences: "sequences"
        case .amazonRatings: "amazon-ratings"
        case .movieLens: "movielens"
        case .recBole: "recbole"
        case .delimited: "csv"
        }
    }

    /// The names of all formats.
    public static let names = ["sequences", "amazon-ratings", "movielens", "recbole", "csv"]
}

/// The layout of a generic delimited text file.
public struct DelimitedFormat: Sendable, Equatable {
    /// A column, by its name in the header or by its number from 1.
    public enum ColumnReference: Sendable, Equatable, CustomStringConvertible {
        /// The column with this name in the header.
        case name(String)
        /// The column with this number, counted from 1.
        case number(Int)

        /// Reads a number as a number and everything else as a name.
        public init(_ text: String) {
            if let number = Int(text) { self = .number(number) } else { self = .name(text) }
        }

        /// The name or the number.
        public var description: String {
            switch self {
            case .name(let name): name
            case .number(let number): String(number)
            }
        }
    }

    /// The byte between fields.
    public var delimiter: UInt8
    /// Whether the first line names the columns; nil where a column is given by its name, and then a first line that
    /// contradicts the lines behind it is refused.
    public var hasHeader: Bool?
    /// Whether a field may stand in double quotes, with `""` for a quote inside.
    public var isQuoted: Bool
    /// The user's column.
    public var user: ColumnReference
    /// The item's column.
    public var item: ColumnReference
    /// The time's column.
    public var time: ColumnReference?
    /// The rating's column.
    public var rating: ColumnReference?
    /// The column with the domain's name, when one file holds several domains.
    public var domain: ColumnReference?
    /// The column with the behaviour's name.
    public var behaviour: ColumnReference?

    /// Describes a delimited file; the defaults are a comma, a header, quotes and columns by name.
    public init(
        delimiter: Character = ",", hasHeader: Bool? = nil, isQuoted: Bool = true,
        user: ColumnReference = .name("user"), item: ColumnReference = .name("item"),
        time: ColumnReference? = nil, rating: ColumnReference? = nil,
        domain: ColumnReference? = nil, behaviour: ColumnReference? = nil
    ) {
        precondition(
            delimiter.isASCII && delimiter != "\n" && delimiter != "\r" && delimiter != "\"",
            "DelimitedFormat: expected an ASCII delimiter, got \"\(delimiter)\"")
        self.delimiter = delimiter.asciiValue ?? UInt8(ascii: ",")
        self.hasHeader = hasHeader
        self.isQuoted = isQuoted
        self.user = user
        self.item = item
        self.time = time
        self.rating = rating
        self.domain = domain
        self.behaviour = behaviour
    }

    /// Whether any column is given by its name.
    public var usesNames: Bool {
        [user, item, time, rating, domain, behaviour].contains {
            if case .name = $0 { true } else { false }
        }
    }
}

/// What an import does with its sources.
public struct ImportOptions: Sendable {
    /// What happens when a line is malformed.
    public enum BadLinePolicy: Sendable, Equatable {
        /// The import ends with an error that names the file and the line.
        case fail
        /// The line is left out and counted; the import ends with an error after more than `limit`.
        case skip(limit: Int)
    }

    /// The filters in the order of their application.
    public var filters: [Filter]
    /// The domains' names in the order of their item ids; empty takes them from the sources.
    public var domainNames: [String]
    /// How items are divided into domains by their categories; nil when the files do it.
    public var categoryRule: CategoryRule?
    /// What happens when a line is malformed.
    public var onBadLine: BadLinePolicy
    /// Whether an existing dataset of the same name is replaced.
    public var replace: Bool
    /// How times are written.
    public var timeFormat: TimeFormat

    /// Makes options; by default nothing is filtered, skipped or replaced.
    public init(
        filters: [Filter] = [], domainNames: [String] = [], categoryRule: CategoryRule? = nil,
        onBadLine: BadLinePolicy = .fail, replace: Bool = false,
        timeFormat: TimeFormat = .automatic
    ) {
        self.filters = filters
        self.domainNames = domainNames
        self.categoryRule = categoryRule
        self.onBadLine = onBadLine
        self.replace = replace
        self.timeFormat = timeFormat
    }
}

/// How far an import is.
public struct ImportProgress: Sendable, Equatable {
    /// What is being done, such as `read ratings.csv` or `filter k-core:5`.
    public var stage: String
    /// How much of the stage is done, in bytes of the source or in steps.
    public var completed: Int
    /// The whole of the stage.
    public var total: Int
}
