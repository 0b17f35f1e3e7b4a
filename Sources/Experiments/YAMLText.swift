internal import Foundation
internal import Recommenders
internal import Yams

/// Text is no YAML that settings are read from.
struct YAMLError: Error, Equatable, CustomStringConvertible {
    /// The line, from 1.
    let line: Int?
    /// What is wrong.
    let reason: String

    /// Line, if it is known, and reason.
    var description: String { line.map { "\($0): \(reason)" } ?? reason }
}

/// Reads YAML of strangers: time and memory follow the size of the text.
enum YAMLText {
    /// The most bytes of a file.
    static let mostBytes = 1 << 20
    /// A file of settings has few values; aliases of aliases can stand for any number of them.
    private static let mostValues = 100_000
    private static let mostAliases = 20
    private static let mostLevels = 100

    /// The only document of a text; no document is an empty object.
    static func value(of text: String) throws -> JSONValue {
        var text = text[...]
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        try check(text)
        do {
            guard let root = try Yams.compose(yaml: String(text)) else { return .object([:]) }
            var reader = Reader()
            return try reader.value(root, level: 0)
        } catch let error as YamlError {
            throw readable(error)
        }
    }

    /// What the parser would take longer for than anybody waits, or does not say well.
    private static func check(_ text: Substring) throws(YAMLError) {
        guard text.utf8.count <= mostBytes else {
            throw YAMLError(line: nil, reason: "larger than a file of settings is, 1 MB")
        }
        var line = 1
        var aliases = 0
        var before: UInt8 = 0x20
        for byte in text.utf8 {
            switch byte {
            case 0x0A: line += 1
            case 0x00: throw YAMLError(line: line, reason: "a NUL character, so it is no text")
            // What an alias comes after: a space, a bracket, a comma, a dash or a colon.
            case UInt8(ascii: "*") where " \t\n\r[{,:-?".utf8.contains(before): aliases += 1
            default: break
            }
            before = byte
        }
        guard aliases <= mostAliases else {
            throw YAMLError(
                line: nil,
                reason:
                    "has \(aliases) aliases (*name), more than the \(mostAliases) that are followed"
            )
        }
    }

    private static func readable(_ error: YamlError) -> YAMLError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            YAMLError(line: mark.line, reason: words(for: problem))
        case .duplicatedKeysInMapping(let keys, let context):
            YAMLError(
                line: context.mark.line,
                reason: "the key \(keys.joined(separator: ", ")) is given twice")
        case .reader(let problem, _, _, _): YAMLError(line: nil, reason: "not YAML: \(problem)")
        default: YAMLError(line: nil, reason: "not YAML")
        }
    }

    private static func words(for problem: String) -> String {
        if problem.contains("nesting level") {
            return "more than \(mostLevels) levels of keys and lists"
        }
        if problem.contains("another document") { return "more than one document" }
        return "not YAML: \(problem)"
    }

    private struct Reader {
        private var values = 0

        mutating func value(_ node: Node, level: Int) throws(YAMLError) -> JSONValue {
            values += 1
            guard values <= mostValues else {
                throw YAMLError(
                    line: node.mark?.line,
                    reason: "more than \(mostValues) values, with what aliases stand for")
            }
            guard level <= mostLevels else {
                throw YAMLError(
                    line: node.mark?.line,
                    reason: "more than \(mostLevels) levels of keys and lists")
            }
            switch node {
            case .scalar(let scalar): return try YAMLText.scalar(scalar, node)
            case .sequence(let nodes):
                var list: [JSONValue] = []
                for inner in nodes { list.append(try value(inner, level: level + 1)) }
                return .array(list)
            case .mapping(let pairs):
                var own: [String: JSONValue] = [:]
                var merged: [String: JSONValue] = [:]
                for (key, inner) in pairs {
                    guard case .scalar(let name) = key else {
                        throw YAMLError(
                            line: key.mark?.line, reason: "expected a name as key, got a list")
                    }
                    let read = try value(inner, level: level + 1)
                    if name.string == "<<", name.style == .plain {
                        merged.merge(try Self.bases(read, key.mark?.line)) { old, _ in old }
                    } else {
                        own[name.string] = read
                    }
                }
                return .object(own.merging(merged) { own, _ in own })
            case .alias: throw YAMLError(line: node.mark?.line, reason: "an alias of nothing")
            }
        }

        /// What `<<` lays under the keys of its mapping.
        private static func bases(
            _ value: JSONValue, _ line: Int?
        ) throws(YAMLError) -> [String: JSONValue] {
            switch value {
            case .object(let values): return values
            case .array(let list):
                var all: [String: JSONValue] = [:]
                for inner in list { all.merge(try bases(inner, line)) { old, _ in old } }
                return all
            default:
                throw YAMLError(line: line, reason: "<<: expected keys and values")
            }
        }
    }

    /// A number only where it is written as one reads it; dates and times are text.
    private static func scalar(
        _ scalar: Node.Scalar, _ node: Node
    ) throws(YAMLError) -> JSONValue {
        let text = scalar.string
        guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        if digits.count > 1, digits.first == "0",
            digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "_") })
        {
            let plain = digits.drop { $0 == "0" || $0 == "_" }
            throw YAMLError(
                line: node.mark?.line,
                reason: "\(text) is an octal number in YAML; write "
                    + "\(plain.isEmpty ? "0" : String(plain)), or \"\(text)\" for text")
        }
        // YAML 1.1 reads 1:30 as a number of base 60, unchecked; here it is text.
        guard !text.contains(":") else { return .string(text) }
        let value = node.any
        switch value {
        case is NSNull: return .null
        case let truth as Bool where type(of: value) == Bool.self: return .bool(truth)
        case let number as Int: return .int(number)
        case let number as Double: return .double(number)
        default:
            // YAML 1.1 wants a point in a number with an exponent; people do not.
            guard let first = digits.first, first.isASCII, first.isNumber || first == ".",
                let number = Double(text)
            else { return .string(text) }
            return .double(number)
        }
    }
}
