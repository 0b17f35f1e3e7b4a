public import Foundation
internal import Recommenders
internal import Yams

/// A file of settings could not be read.
public struct ExperimentFileError: Error, Equatable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong, with the line where it is known.
    public let reason: String

    /// Path, line if it is known, and reason.
    public var description: String {
        path + (reason.first?.isNumber == true ? ":" : ": ") + reason
    }

    /// Reads a file of settings; what is wrong with its text is reported with the file's name.
    static func naming<Settings>(
        _ url: URL, _ read: (String) throws -> Settings
    ) throws -> Settings {
        let text: String
        do {
            text = try String(contentsOf: url, encoding: .utf8)
        } catch {
            let isThere = FileManager.default.fileExists(atPath: url.path)
            throw ExperimentFileError(
                path: url.path, reason: isThere ? "cannot be read as UTF-8 text" : "no such file")
        }
        do {
            return try read(text)
        } catch let error as YamlError {
            // The reader's first line begins with line and column; the others quote the text.
            let text = "\(error)".split(separator: "\n").first.map(String.init) ?? "not YAML"
            throw ExperimentFileError(path: url.path, reason: text)
        } catch let error as ConfigurationError {
            throw ExperimentFileError(path: url.path, reason: error.description)
        }
    }
}

extension ExperimentConfiguration {
    /// Reads a YAML file and lays `key.path=value` assignments over it.
    ///
    /// Unknown keys are errors that name the nearest known one.
    public init(contentsOf url: URL, assignments: [String] = []) throws {
        self = try ExperimentFileError.naming(url) {
            try ExperimentConfiguration(yaml: $0, assignments: assignments)
        }
    }

    /// Reads YAML text and lays assignments over it.
    public init(yaml text: String, assignments: [String] = []) throws {
        let loaded = try Yams.load(yaml: text)
        guard var values = (loaded ?? [String: Any]()) as? [String: Any] else {
            throw ConfigurationError.type(path: "experiment", expected: "keys and values")
        }
        for assignment in assignments {
            let parts = assignment.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false
            ).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ConfigurationError.value(
                    path: "--set", expected: "key=value", got: assignment)
            }
            let path = parts[0].split(separator: ".").map(String.init)
            let value = try parts[1].isEmpty ? "" : Yams.load(yaml: parts[1]) ?? NSNull()
            try Self.assign(value, at: path[...], in: &values)
        }
        try self.init(overrides: values)
        // The model's own settings are checked now, not when training begins.
        _ = try Models.entry(named: model).validated(parameterDictionary)
    }

    private static func assign(
        _ value: Any, at path: ArraySlice<String>, in values: inout [String: Any]
    ) throws(ConfigurationError) {
        guard let key = path.first else { return }
        guard path.count > 1 else {
            values[key] = value
            return
        }
        guard var inner = (values[key] ?? [String: Any]()) as? [String: Any] else {
            throw .type(path: key, expected: "an object")
        }
        try assign(value, at: path.dropFirst(), in: &inner)
        values[key] = inner
    }

    /// The settings as YAML, keys in order, every value present and every number exact.
    public func yaml() throws -> String {
        try Yams.serialize(node: node(JSONValue(dictionary())), sortKeys: true)
    }
}

/// A value as YAML; Yams' own form of a number has 15 digits, which is not always the number.
private func node(_ value: JSONValue) -> Node {
    switch value {
    case .null: Node("null", Tag(.null))
    case .bool(let value): .scalar(value.represented())
    case .int(let number): .scalar(number.represented())
    case .double(let number): Node("\(number)", Tag(.float))
    case .string(let text): .scalar(text.represented())
    case .array(let values): Node(values.map(node))
    case .object(let values):
        Node(values.map { (Node($0.key), node($0.value)) })
    }
}
