internal import Files

/// Why an import ended without a dataset; nothing is left under the dataset's name.
public enum ImportError: Error, Equatable, CustomStringConvertible {
    /// The options contradict each other or the format.
    case invalidOptions(reason: String)
    /// A file cannot be read.
    case unreadable(path: String, reason: String)
    /// A file has no event (or no item).
    case emptyFile(path: String)
    /// A file is no text in UTF-8.
    case otherKind(path: String, kind: FileKind)
    /// A line is malformed.
    case malformed(path: String, line: Int, reason: String)
    /// More lines are malformed than the options allow; the line is the first one too many.
    case tooManyBadLines(path: String, line: Int, limit: Int, reason: String)
    /// A column is not in the file.
    case unknownColumn(path: String, column: String, known: [String], nearest: String?)
    /// A domain has no event, in the sources or after a filter.
    case emptyDomain(name: String, after: Filter?)
    /// A filter needs something that the sources do not have.
    case filterNeeds(filter: Filter, what: String)
    /// There are more users, items or bytes of ids than the format can number.
    case tooLarge(what: String, limit: Int)
    /// There is a dataset of this name already, and it is not to be replaced.
    case destinationExists(path: String)
    /// There is something of this name that is not a dataset; it is never replaced.
    case destinationNotADataset(path: String)
    /// What is to be replaced has something beside the dataset.
    case destinationHoldsMore(path: String, name: String)
    /// A file of the dataset cannot be written.
    case unwritable(path: String, reason: String)

    /// One line that says what is wrong and, where it helps, what to do.
    public var description: String {
        switch self {
        case .invalidOptions(let reason): reason
        case .unreadable(let path, let reason), .unwritable(let path, let reason):
            "\(path): \(reason)"
        case .emptyFile(let path): "\(path): no data in the file"
        case .otherKind(let path, let kind):
            "\(path): " + kind.words.replacing("FILE", with: path)
        case .malformed(let path, let line, let reason): "\(path):\(line): \(reason)"
        case .tooManyBadLines(let path, let line, let limit, let reason):
            "\(path):\(line): \(reason); more than \(limit) malformed lines"
        case .unknownColumn(let path, let column, let known, let nearest):
            "\(path): no column \(column.quoted); "
                + Self.hint(column: column, known: known, nearest: nearest)
        case .emptyDomain(let name, nil): "domain \(name): the sources have no event of it"
        case .emptyDomain(let name, let filter?):
            "domain \(name): no event is left after \(filter); use weaker filters"
        case .filterNeeds(let filter, let what):
            "filter \(filter): the sources have no \(what)"
        case .tooLarge(let what, let limit): "more than \(limit) \(what)"
        case .destinationExists(let path):
            "\(path): a dataset exists there; --replace replaces it, or choose another --output"
        case .destinationHoldsMore(let path, let name):
            "\(path) also holds \(name), which is no part of the dataset; move it before you replace"
        case .destinationNotADataset(let path):
            "\(path): exists and is not a dataset; it is not replaced, give another --output"
        }
    }

    private static func hint(column: String, known: [String], nearest: String?) -> String {
        let listed = known.map(\.quoted).listed()
        if let number = Int(column) {
            let place = known.firstIndex(of: column).map {
                "; the one called \(column) is number \($0 + 1)"
            }
            return (1...max(known.count, 1)).contains(number)
                ? "the file has \(listed)"
                : "columns are counted from 1 to \(known.count)\(place ?? "")"
        }
        return nearest.map { "did you mean \($0.quoted)?" }
            ?? "the first line has \(listed); say which is meant, as in --columns "
            + "\(column)=\(known.first ?? "1"), by number where that line is no header"
    }
}

/// Why one line (or one event of it) cannot be used.
struct LineProblem: Error {
    /// How the quotes of a line are wrong.
    enum Quoting {
        /// They are not.
        case fine
        /// A quoted field is open at the line's end; the record goes on.
        case open
        /// Where a field ends cannot be told.
        case broken
    }

    let reason: String
    var quoting = Quoting.fine
}
