internal import Files
public import Foundation
public import Recommenders
internal import Yams

/// A file of settings, or a setting that is laid over one, could not be read.
public struct ExperimentFileError: Error, Equatable, CustomStringConvertible {
    /// The file, or `--set key=value`.
    public let path: String
    /// What is wrong, with the line where it is known.
    public let reason: String
    /// The setting that is wrong, where it is one.
    public let cause: ConfigurationError?

    /// Names a file and what is wrong with it.
    public init(path: String, reason: String, cause: ConfigurationError? = nil) {
        self.path = path
        self.reason = reason
        self.cause = cause
    }

    /// Path, line if it is known, and reason.
    public var description: String {
        // Behind a file's name a number is its line.
        let isLine = reason.first?.isNumber == true && !path.hasPrefix("--set")
        return path + (isLine ? ":" : ": ") + reason
    }

    /// Reads a file of settings; what is wrong with its text is reported with the file's name.
    static func naming<Settings>(
        _ url: URL, _ read: (String) throws -> Settings
    ) throws -> Settings {
        let text = try text(of: url)
        do {
            return try read(text)
        } catch let error as YAMLError {
            throw ExperimentFileError(path: url.path, reason: error.description)
        } catch let error as ConfigurationError {
            throw ExperimentFileError(path: url.path, reason: error.description, cause: error)
        }
    }

    private static func text(of url: URL) throws(ExperimentFileError) -> String {
        func failure(_ reason: String) -> ExperimentFileError {
            ExperimentFileError(path: url.path, reason: reason)
        }
        let data: Data
        do {
            data = try FileReading.beginning(of: url, upTo: YAMLText.mostBytes + 1)
        } catch {
            throw failure(error.reason)
        }
        if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) {
            throw failure("is UTF-16 text; save it as UTF-8")
        }
        guard data.count <= YAMLText.mostBytes else {
            throw failure("larger than a file of settings is, 1 MB")
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw failure("cannot be read as UTF-8 text")
        }
        return text
    }
}

/// A setting given beside a file: `key.path=value`.
struct SettingAssignment {
    /// Far more than any key has; each name is a level of the recursion that sets it.
    private static let mostNames = 32

    let text: String
    let path: [String]
    let value: JSONValue

    /// Reads it; the value is YAML.
    init(_ text: String) throws(ExperimentFileError) {
        func failure(_ reason: String) -> ExperimentFileError {
            ExperimentFileError(path: "--set \(text)", reason: reason)
        }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw failure("expected key=value") }
        self.text = text
        path = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !path.contains("") else {
            throw failure("expected names in the key, joined by single dots")
        }
        guard path.count <= Self.mostNames else {
            throw ExperimentFileError(
                path: "--set",
                reason: "expected at most \(Self.mostNames) names in a key, got \(path.count)")
        }
        do {
            value = parts[1].isEmpty ? .string("") : try YAMLText.value(of: String(parts[1]))
        } catch {
            throw failure((error as? YAMLError)?.reason ?? "not YAML")
        }
    }

    /// Whether a setting that is wrong is this one, a part of it, or what it is a part of.
    func concerns(_ key: String) -> Bool {
        let own = path.joined(separator: ".")
        return own == key || key.hasPrefix("\(own).") || key.hasPrefix("\(own)[")
            || own.hasPrefix("\(key).")
    }
}

extension ExperimentConfiguration {
    /// Reads a YAML file and lays `key.path=value` assignments over it.
    ///
    /// Unknown keys are errors that name the nearest known one.
    public init(contentsOf url: URL, assignments: [String] = []) throws {
        try self.init(contentsOf: url, assignments: assignments, without: [])
    }

    /// The same without some settings, whoever gives them.
    init(contentsOf url: URL, assignments: [String], without keys: [String]) throws {
        self = try ExperimentFileError.naming(url) {
            try ExperimentConfiguration(yaml: $0, assignments: assignments, without: keys)
        }
    }

    /// Reads YAML text and lays assignments over it.
    public init(yaml text: String, assignments: [String] = []) throws {
        try self.init(yaml: text, assignments: assignments, without: [])
    }

    init(yaml text: String, assignments: [String], without keys: [String]) throws {
        var values = try YAMLText.value(of: text)
        if values == .null { values = .object([:]) }
        guard case .object = values else {
            throw ConfigurationError.invalid(
                path: "", reason: "expected keys and values, such as model: sasrec")
        }
        let given = try assignments.map { text throws(ExperimentFileError) in
            try SettingAssignment(text)
        }
        values = Self.withSelection(values, given)
        for assignment in given {
            try Self.requireObjects(on: assignment, in: values)
            values = values.setting(assignment.value, at: assignment.path)
        }
        for key in keys {
            values = values.removing(key.split(separator: ".").map(String.init)[...])
        }
        // A file without a model is no baseline of popularity. Unknown keys come first: one may be meant for it.
        let model = values[["model"]]
        let isMissing = model == nil || model == .null
        do throws(ConfigurationError) {
            if isMissing, model == .null || values[["parameters"]] != nil { throw Self.noModel }
            try Self.requireNothingMoved(values)
            let assigned = given.map { $0.path.joined(separator: ".") }
            try self.init(overrides: Self.withOneLength(values, assigned))
            if isMissing { throw Self.noModel }
            // The model's own settings are checked now, not when training begins.
            _ = try modelSettings()
        } catch {
            guard let assignment = given.last(where: { $0.concerns(error.path) }) else {
                throw error
            }
            throw ExperimentFileError(
                path: "--set \(assignment.text)", reason: error.description, cause: error)
        }
    }

    private static var noModel: ConfigurationError {
        .type(path: "model", expected: "a model's name, such as sasrec")
    }

    /// `data.maximumLength` is another name of the model's own; one that is assigned takes the place of the file's other.
    private static func withOneLength(
        _ values: JSONValue, _ assigned: [String]
    ) throws(ConfigurationError) -> JSONValue {
        let (old, own) = (["data", "maximumLength"], ["parameters", "maximumLength"])
        guard let length = values[old], length != .null else { return values }
        let rest = values.removing(old[...])
        guard case .string(let name) = values[["model"]], let entry = Models.all[name] else {
            return rest
        }
        guard entry.defaults()[["maximumLength"]] != nil else {
            throw .idle(
                path: "data.maximumLength", reason: "as \(name) reads histories of any length",
                standard: "")
        }
        let isAssigned = assigned.contains("data.maximumLength")
        if isAssigned, !assigned.contains("parameters.maximumLength") {
            return rest.setting(length, at: own)
        }
        if !isAssigned, assigned.contains("parameters.maximumLength") { return rest }
        if let given = values[own], given != length {
            throw .invalid(
                path: "data.maximumLength",
                reason:
                    "\(length.text) is not parameters.maximumLength, which is \(given.text): both say "
                    + "how much of a history the model sees; leave one of them out")
        }
        return rest.setting(length, at: own)
    }

    /// A setting that stands elsewhere since a model says itself what it has drawn.
    private static func requireNothingMoved(_ values: JSONValue) throws(ConfigurationError) {
        guard values[["training", "negativePoolQuirk"]] != nil else { return }
        throw .invalid(
            path: "training.negativePoolQuirk",
            reason: "it is parameters.negativePoolQuirk now, of the models that have it")
    }

    /// Other metrics that are assigned do without the file's choice among its own.
    private static func withSelection(
        _ values: JSONValue, _ given: [SettingAssignment]
    ) -> JSONValue {
        let selection = ["evaluation", "selection"]
        guard !given.contains(where: { $0.path == selection }),
            let metrics = given.last(where: { $0.path == ["evaluation", "metrics"] }),
            case .array(let names) = metrics.value, let chosen = values[selection],
            !names.contains(chosen)
        else { return values }
        return values.removing(selection[...])
    }

    /// Throws where an assignment goes into a value that is no object.
    private static func requireObjects(
        on assignment: SettingAssignment, in values: JSONValue
    ) throws(ExperimentFileError) {
        for length in assignment.path.indices.dropFirst() {
            let outer = Array(assignment.path.prefix(length))
            switch values[outer] {
            case nil, .object: continue
            case let value?:
                let reason =
                    "\(outer.joined(separator: ".")) is \(value.text), which has no settings of its "
                    + "own"
                throw ExperimentFileError(path: "--set \(assignment.text)", reason: reason)
            }
        }
    }

    /// The settings as YAML, keys in order, every value present and every number exact.
    public func yaml() throws -> String {
        try Yams.serialize(node: node(json), sortKeys: true)
    }
}

extension JSONValue {
    /// The same without the value at a path.
    func removing(_ path: ArraySlice<String>) -> JSONValue {
        guard let key = path.first, case .object(var values) = self else { return self }
        values[key] = path.count == 1 ? nil : values[key]?.removing(path.dropFirst())
        return .object(values)
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
        // What is not set has no line.
        Node(values.filter { $0.value != .null }.map { (Node($0.key), node($0.value)) })
    }
}
