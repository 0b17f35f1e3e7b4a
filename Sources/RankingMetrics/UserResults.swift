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
/// The columns are `user,item,domain,group,rank,candidates`, where `group` joins the user's groups
/// with `|`. Fields are quoted as in RFC 4180 where they need it.
public struct UserResults: Sendable, Equatable {
    /// The results in the order of the file.
    public let rows: [UserResult]

    static let columns = ["user", "item", "domain", "group", "rank", "candidates"]
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
                got: bytes.isEmpty ? "an empty file" : "another first line")
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
        guard let candidates = Int(fields[5]), candidates >= 0 else {
            throw Mismatch(expected: "a number of candidates", got: "'\(fields[5])'")
        }
        guard let rank = Double(fields[4]), rank >= 1, rank <= Double(candidates) + 1 else {
            throw Mismatch(expected: "a rank in 1...\(candidates + 1)", got: "'\(fields[4])'")
        }
        return UserResult(
            user: fields[0], item: fields[1], domain: fields[2], groups: try groups(fields[3]),
            rank: rank, candidates: candidates)
    }

    private static func groups(_ text: String) throws(Mismatch) -> Set<UserGroup> {
        var groups: Set<UserGroup> = []
        for name in text.split(separator: groupSeparator) {
            guard let group = UserGroup(rawValue: String(name)), group != .all else {
                let known = UserGroup.allCases.filter { $0 != .all }.map(\.rawValue)
                throw Mismatch(
                    expected: "groups out of \(known.joined(separator: ", "))", got: "'\(name)'")
            }
            groups.insert(group)
        }
        return groups
    }
}
