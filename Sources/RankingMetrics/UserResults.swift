internal import Files
public import Foundation

/// A file of per-user results that cannot be read or written.
public enum UserResultsError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be opened or read.
    case unreadable(path: String, reason: String)

    /// The file cannot be created, written or moved to its place.
    case unwritable(path: String, reason: String)

    /// A line does not hold what it must.
    case malformed(path: String, line: Int, expected: String, got: String)

    /// One line: the file, the line where there is one, and the reason.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot read: \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot write: \(reason)"
        case .malformed(let path, let line, let expected, let got):
            "\(path):\(line): expected \(expected), got \(got)"
        }
    }
}

/// The per-user results of a run, as kept in its `users.csv`.
///
/// The columns are `user,position,item,domain,group,rank,greater,equal,candidates,checksum`. `group` joins the user's
/// groups with `|`; `rank` is the mean rank over all orders of the tied, 1 + greater + equal / 2; `checksum` is that of
/// the candidates. Fields are quoted as in RFC 4180 where they need it. The header is the format's version.
public struct UserResults: Sendable, Equatable {
    /// The results in the order of the file.
    public let rows: [UserResult]

    static let columns = [
        "user", "position", "item", "domain", "group", "rank", "greater", "equal", "candidates",
        "checksum",
    ]
    static let groupSeparator: Character = "|"

    /// Creates results from rows.
    public init(rows: [UserResult]) {
        self.rows = rows
    }

    /// Reads a file that ``UserResultsWriter`` wrote.
    public init(contentsOf url: URL) throws(UserResultsError) {
        let data: Data
        do {
            data = try FileReading.mapped(url)
        } catch {
            throw .unreadable(path: error.path, reason: error.reason)
        }
        let result = data.withUnsafeBytes { bytes in
            Result { () throws(UserResultsError) in try Self.rows(in: bytes, path: url.path) }
        }
        rows = try result.get()
    }

    private static func rows(
        in bytes: UnsafeRawBufferPointer, path: String
    ) throws(UserResultsError) -> [UserResult] {
        var reader = CSVReader(bytes)
        guard let header = try next(&reader, path), header.fields == columns else {
            throw .malformed(
                path: path, line: 1, expected: "the header '\(columns.joined(separator: ","))'",
                got: bytes.isEmpty
                    ? "an empty file"
                    : "another first line, as other versions of Isthmus write it; train the run again"
            )
        }
        var rows: [UserResult] = []
        while let record = try next(&reader, path) {
            do {
                rows.append(try row(record.fields))
            } catch {
                throw .malformed(
                    path: path, line: record.line, expected: error.expected, got: error.got)
            }
        }
        return rows
    }

    private static func next(
        _ reader: inout CSVReader, _ path: String
    ) throws(UserResultsError) -> (line: Int, fields: [String])? {
        do {
            return try reader.next()
        } catch {
            throw .malformed(
                path: path, line: error.line, expected: error.expected, got: error.got)
        }
    }

    private struct Mismatch: Error {
        let expected: String
        let got: String
    }

    private static func row(_ fields: [String]) throws(Mismatch) -> UserResult {
        guard fields.count == columns.count else {
            throw Mismatch(expected: "\(columns.count) fields", got: "\(fields.count)")
        }
        let counts = try [(1, "a position"), (6, "a count"), (7, "a count"), (8, "a count")].map {
            (field, name) throws(Mismatch) in
            guard let count = Int(fields[field]), count >= 0, count <= Int32.max else {
                throw Mismatch(
                    expected: "\(name) in the column \(columns[field])", got: fields[field].quoted)
            }
            return count
        }
        let (greater, equal, candidates) = (counts[1], counts[2], counts[3])
        guard greater + equal <= candidates else {
            throw Mismatch(
                expected: "greater + equal of at most \(candidates) candidates",
                got: "\(greater) + \(equal)")
        }
        let outcome = RankedCase(greater: greater, equal: equal, candidates: candidates)
        guard Double(fields[5]) == outcome.rank else {
            throw Mismatch(
                expected: "the rank \(outcome.rank) of \(greater) greater and \(equal) equal",
                got: fields[5].quoted)
        }
        guard fields[9].utf8.count == 16, let candidateSet = UInt64(fields[9], radix: 16) else {
            throw Mismatch(
                expected: "a checksum of 16 hexadecimal digits", got: fields[9].quoted)
        }
        return UserResult(
            user: fields[0], position: counts[0], item: fields[2], domain: fields[3],
            groups: try groups(fields[4]), outcome: outcome, candidateSet: candidateSet)
    }

    private static func groups(_ text: String) throws(Mismatch) -> Set<UserGroup> {
        var groups: Set<UserGroup> = []
        for name in text.split(separator: groupSeparator) {
            let known = UserGroup.allCases.filter { $0 != .all && $0 != .new }
            guard let group = UserGroup(rawValue: String(name)), known.contains(group) else {
                throw Mismatch(
                    expected: "groups out of \(known.map(\.rawValue).joined(separator: ", "))",
                    got: String(name).quoted)
            }
            groups.insert(group)
        }
        return groups
    }
}
