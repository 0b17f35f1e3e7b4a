/// One step of what is left out of a dataset; steps are applied in the order in which they are given.
///
/// Each step is applied once, to what the steps before it left. The textual form is the one of the
/// command line and of `dataset.json`: `drop-shared-items`, `k-core:5`, `last-events:50`.
public enum Filter: Sendable, Equatable, Hashable {
    /// Which of a user's repeated events with one item is kept.
    public enum Occurrence: String, Sendable, CaseIterable {
        /// The earliest one.
        case first
        /// The latest one.
        case last
    }

    /// Drops items whose external id has events in more than one domain.
    case dropSharedItems
    /// Keeps users with events in at least two domains.
    case overlappingUsers
    /// Drops users and items with fewer events, again and again until all have at least this many.
    case kCore(Int)
    /// Drops items with fewer events, once.
    case minItemEvents(Int)
    /// Drops users with fewer events over all domains, once.
    case minUserEvents(Int)
    /// Drops users with fewer events in any one of the domains, once.
    case minUserEventsPerDomain(Int)
    /// Keeps each user's latest events over all domains.
    case lastEvents(Int)
    /// Keeps one of a user's events with the same item.
    case uniqueItems(Occurrence)
    /// Drops events with a lower rating, and events without one.
    case minRating(Double)
    /// Keeps each domain's items with the most events, the smaller external id first among equals.
    case topItems(Int)

    /// The names of all filters with the form of their argument.
    public static let names = [
        "drop-shared-items", "overlapping-users", "k-core", "min-item-events", "min-user-events",
        "min-user-events-per-domain", "last-events", "unique-items", "min-rating", "top-items",
    ]
}

/// Why a text is not a filter.
public enum FilterError: Error, Equatable, CustomStringConvertible {
    /// There is no filter of this name.
    case unknownName(String, nearest: String?)
    /// The argument is missing, superfluous or out of range.
    case invalidArgument(filter: String, expected: String, got: String?)

    /// One line that says what would be right.
    public var description: String {
        switch self {
        case .unknownName(let name, let nearest?):
            "unknown filter \"\(name)\"; did you mean \"\(nearest)\"?"
        case .unknownName(let name, nil):
            "unknown filter \"\(name)\"; known are \(Filter.names.joined(separator: ", "))"
        case .invalidArgument(let filter, let expected, let got?):
            "filter \(filter): expected \(expected), got \"\(got)\""
        case .invalidArgument(let filter, let expected, nil):
            "filter \(filter): expected \(expected), got no argument"
        }
    }
}

extension Filter: CustomStringConvertible, Codable {
    /// Reads the textual form, such as `k-core:5`.
    public init(parsing text: String) throws(FilterError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let argument = parts.count > 1 ? String(parts[1]) : nil
        func count() throws(FilterError) -> Int {
            guard let argument, let count = Int(argument), count > 0 else {
                throw .invalidArgument(
                    filter: name, expected: "\(name):N with N of at least 1", got: argument)
            }
            return count
        }
        switch name {
        case "drop-shared-items", "overlapping-users":
            guard argument == nil else {
                throw .invalidArgument(filter: name, expected: "no argument", got: argument)
            }
            self = name == "drop-shared-items" ? .dropSharedItems : .overlappingUsers
        case "k-core": self = .kCore(try count())
        case "min-item-events": self = .minItemEvents(try count())
        case "min-user-events": self = .minUserEvents(try count())
        case "min-user-events-per-domain": self = .minUserEventsPerDomain(try count())
        case "last-events": self = .lastEvents(try count())
        case "top-items": self = .topItems(try count())
        case "unique-items":
            guard let occurrence = argument.flatMap(Occurrence.init(rawValue:)) else {
                throw .invalidArgument(
                    filter: name, expected: "unique-items:first or unique-items:last",
                    got: argument)
            }
            self = .uniqueItems(occurrence)
        case "min-rating":
            guard let rating = argument.flatMap(Double.init), rating.isFinite else {
                throw .invalidArgument(
                    filter: name, expected: "min-rating:R with R a number", got: argument)
            }
            self = .minRating(rating)
        default:
            throw .unknownName(name, nearest: nearestName(to: name, in: Self.names))
        }
    }

    /// The textual form.
    public var description: String {
        switch self {
        case .dropSharedItems: "drop-shared-items"
        case .overlappingUsers: "overlapping-users"
        case .kCore(let count): "k-core:\(count)"
        case .minItemEvents(let count): "min-item-events:\(count)"
        case .minUserEvents(let count): "min-user-events:\(count)"
        case .minUserEventsPerDomain(let count): "min-user-events-per-domain:\(count)"
        case .lastEvents(let count): "last-events:\(count)"
        case .uniqueItems(let occurrence): "unique-items:\(occurrence.rawValue)"
        case .minRating(let rating):
            rating == rating.rounded() && abs(rating) < 1e9
                ? "min-rating:\(Int(rating))" : "min-rating:\(rating)"
        case .topItems(let count): "top-items:\(count)"
        }
    }

    /// Decodes the textual form.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do {
            self = try Filter(parsing: text)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    /// Encodes the textual form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
