public import ArgumentParser
public import Interactions

/// The layout of generic delimited text.
struct DelimitedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "csv: the byte between fields: comma, tab, semicolon, pipe, space or a character.",
            valueName: "name"))
    var delimiter = "comma"

    @Option(
        help: ArgumentHelp(
            "csv: columns by name or by number from 1: user=1,item=2,rating=3,time=4; also "
                + "domain= and behaviour=.",
            valueName: "role=column,…"),
        transform: { try ColumnRoles(parsing: $0) })
    var columns = ColumnRoles()

    @Flag(
        inversion: .prefixedNo,
        help: "csv: the first line names the columns; by default where a column is given by name.")
    var header: Bool?

    @Flag(inversion: .prefixedNo, help: "csv: fields may stand in double quotes.")
    var quotes = true

    func validate() throws {
        guard Self.character(delimiter) != nil else {
            throw ValidationError(
                "--delimiter: expected comma, tab, semicolon, pipe, space or one ASCII character, "
                    + "got \(delimiter).")
        }
    }

    /// Whether none of these options was given.
    var isDefault: Bool {
        delimiter == "comma" && columns.isEmpty && header == nil && quotes
    }

    /// The layout.
    var format: DelimitedFormat {
        DelimitedFormat(
            delimiter: Self.character(delimiter) ?? ",",
            hasHeader: header, isQuoted: quotes,
            user: columns["user"] ?? .name("user"), item: columns["item"] ?? .name("item"),
            time: columns["time"], rating: columns["rating"], domain: columns["domain"],
            behaviour: columns["behaviour"])
    }

    private static func character(_ name: String) -> Character? {
        let names: [String: Character] = [
            "comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "space": " ",
        ]
        if let known = names[name] { return known }
        guard name.count == 1, let only = name.first, only.isASCII, !only.isNewline, only != "\""
        else { return nil }
        return only
    }
}

/// Which column plays which role.
struct ColumnRoles: CustomStringConvertible {
    private static let known = ["user", "item", "time", "rating", "domain", "behaviour"]
    private var columns: [String: DelimitedFormat.ColumnReference] = [:]

    init() {}

    /// Reads `role=column,…`, by code points: a mark at the beginning of a column's name joins the sign before it.
    init(parsing text: String) throws(ValidationError) {
        for part in text.unicodeScalars.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { String($0) }
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw ValidationError("expected role=column, got \"\(String(part))\"")
            }
            let role = sides[0]
            guard Self.known.contains(role) else {
                let hint = nearestName(to: role, in: Self.known).map { "; did you mean \($0)?" }
                throw ValidationError(
                    "unknown role \(role)"
                        + (hint ?? "; roles are \(Self.known.joined(separator: ", "))"))
            }
            guard columns[role] == nil else { throw ValidationError("\(role) is given twice") }
            columns[role] = DelimitedFormat.ColumnReference(sides[1])
        }
        try requireOneRoleEach()
    }

    /// Throws where a column has two roles, given or by default.
    private func requireOneRoleEach() throws(ValidationError) {
        var taken: [String: String] = [:]
        for role in Self.known {
            let isAssumed = role == "user" || role == "item"
            guard let column = columns[role]?.description ?? (isAssumed ? role : nil) else {
                continue
            }
            if let other = taken[column] {
                throw ValidationError(
                    "column \(column) is given for \(other) and for \(role); each role has a column "
                        + "of its own")
            }
            taken[column] = role
        }
    }

    var isEmpty: Bool { columns.isEmpty }

    subscript(role: String) -> DelimitedFormat.ColumnReference? { columns[role] }

    var description: String { "user=user,item=item" }
}

extension TimeFormat: ExpressibleByArgument {}
