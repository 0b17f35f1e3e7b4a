internal import Foundation
internal import Interactions

/// A configuration whose properties carry their defaults and refuse unknown keys.
public protocol StrictlyDecodable: Codable, Equatable, Sendable {
    /// The defaults.
    init()

    /// Refuses values that make no sense together or alone.
    func validate() throws(ConfigurationError)

    /// The settings that do nothing beside the others.
    var idle: [IdleSetting] { get }
}

extension StrictlyDecodable {
    /// Accepts everything.
    public func validate() throws(ConfigurationError) {}

    /// Every setting counts.
    public var idle: [IdleSetting] { [] }

    /// Lays given values over the defaults, at every depth, and refuses keys that no property has.
    public init(overrides: JSONValue) throws(ConfigurationError) {
        do {
            self = try Self.decoded(overrides)
        } catch let error as ConfigurationError {
            throw error
        } catch let DecodingError.typeMismatch(type, context) {
            throw Self.wrongType(type, context)
        } catch let DecodingError.valueNotFound(type, context) {
            throw Self.wrongType(type, context)
        } catch let DecodingError.keyNotFound(key, context) {
            throw .invalid(path: context.path, reason: "\(key.stringValue) is missing")
        } catch let DecodingError.dataCorrupted(context) where context.codingPath.isEmpty {
            // The decoder does not say which number does not fit its property: it is one that alone does not either.
            for leaf in leaves(of: overrides) {
                let alone = JSONValue.object([:]).setting(leaf.value, at: leaf.path)
                guard (try? Self.decoded(alone)) == nil else { continue }
                throw Self.wrongNumber(at: leaf.path, leaf.value)
            }
            throw .invalid(path: "", reason: "a number is too large")
        } catch let DecodingError.dataCorrupted(context) {
            guard let names = caseNames(at: context.codingPath, in: Self()) else {
                throw .invalid(path: context.path, reason: context.debugDescription)
            }
            // The decoder's message ends with the value.
            throw .value(
                path: context.path, expected: "one of \(names.joined(separator: ", "))",
                got: context.debugDescription.split(separator: " ").last.map(String.init) ?? "")
        } catch {
            throw .invalid(path: "", reason: "cannot be read as settings")
        }
        try validate()
        try requireNothingIdle()
    }

    private static func wrongType(
        _ type: any Any.Type, _ context: DecodingError.Context
    ) -> ConfigurationError {
        let names = caseNames(at: context.codingPath, in: Self())
        return .type(
            path: context.path,
            expected: names.map { "one of \($0.joined(separator: ", "))" } ?? words(for: type))
    }

    /// A number that does not fit its property: too large, with a fraction, or negative where none is.
    private static func wrongNumber(at path: [String], _ value: JSONValue) -> ConfigurationError {
        let expected =
            switch property(at: path[...], in: Self()) {
            case is Int: "a whole number below 2^63"
            case is UInt64: "a whole number from 0 to 2^63 - 1"
            case is [UInt64]: "whole numbers from 0 to 2^63 - 1"
            default: "a number that fits"
            }
        return .value(path: path.joined(separator: "."), expected: expected, got: value.text)
    }

    private static func decoded(_ overrides: JSONValue) throws -> Self {
        let merged = try merge(overrides, over: Self().json, path: "")
        return try JSONDecoder().decode(Self.self, from: JSONEncoder().encode(merged))
    }

    /// The values by key; those that are not set are null.
    public var json: JSONValue {
        guard let encoded = try? JSONEncoder().encode(self),
            let value = try? JSONDecoder().decode(JSONValue.self, from: encoded)
        else { return .object([:]) }
        return withAbsent(value, in: self)
    }
}

/// The settings of one model.
public protocol ModelConfiguration: StrictlyDecodable {
    /// What of training they ask for.
    var learning: Learning { get }
}

extension ModelConfiguration {
    /// Steps until validation no longer gains.
    public var learning: Learning { .validated }
}

/// How a model is trained, as far as its settings alone tell.
public enum Learning: Sendable {
    /// In one go, without steps.
    case closedForm
    /// In steps, for as many epochs as the model says, without validation.
    case ownEpochs
    /// In steps, until validation no longer gains.
    case validated
}

extension DecodingError.Context {
    /// Keys joined by dots, places in brackets.
    fileprivate var path: String {
        codingPath.reduce("") { path, key in
            if let index = key.intValue { return "\(path)[\(index)]" }
            return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
        }
    }
}

/// What a property of a type takes, in words.
private func words(for type: any Any.Type) -> String {
    switch type {
    case is Bool.Type: "true or false"
    case is String.Type: "text"
    case is Int.Type, is Int32.Type, is Int64.Type, is UInt64.Type: "a whole number"
    case is Double.Type, is Float.Type: "a number"
    default: "\(type)".hasPrefix("Array") ? "a list" : "keys and values"
    }
}

/// The property at a path.
func property(at path: ArraySlice<String>, in settings: Any) -> Any? {
    guard let key = path.first else { return settings }
    let child = Mirror(reflecting: settings).children.first { $0.label == key }
    return child.flatMap { property(at: path.dropFirst(), in: $0.value) }
}

/// The names that the property at a path can take, where it is an enumeration with names.
private func caseNames(at path: [any CodingKey], in settings: Any) -> [String]? {
    var value = settings
    for key in path {
        let children = Mirror(reflecting: value).children
        let child =
            key.intValue == nil
            ? children.first { $0.label == key.stringValue } : children.first
        guard let child else { return nil }
        value = child.value
    }
    func names<Cases: CaseIterable>(_ type: Cases.Type) -> [String]? {
        let names = type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        return names.isEmpty ? nil : names
    }
    return (type(of: value) as? any CaseIterable.Type).flatMap { names($0) }
}

/// Properties that are not set are no keys of what the encoder writes, but they are keys.
private func withAbsent(_ value: JSONValue, in settings: Any) -> JSONValue {
    guard case .object(var values) = value else { return value }
    for child in Mirror(reflecting: settings).children {
        guard let label = child.label else { continue }
        let isOptional = Mirror(reflecting: child.value).displayStyle == .optional
        if values[label] == nil, isOptional {
            values[label] = .null
        } else if let inner = values[label], !openKeys.contains(label) {
            values[label] = withAbsent(inner, in: child.value)
        }
    }
    return .object(values)
}

/// Properties that take whatever object they are given: its keys belong to somebody else.
private let openKeys: Set<String> = ["parameters", "split", "set", "grid"]

/// The values that are no objects, and objects that belong to somebody else, with their paths.
func leaves(of value: JSONValue, at path: [String] = []) -> [(path: [String], value: JSONValue)] {
    guard case .object(let values) = value, path.last.map(openKeys.contains) != true else {
        return [(path, value)]
    }
    return values.sorted { $0.key < $1.key }.flatMap { leaves(of: $0.value, at: path + [$0.key]) }
}

private func merge(_ given: JSONValue, over defaults: JSONValue, path: String) throws -> JSONValue {
    guard case .object(let known) = defaults else {
        if let number = given.numberThatIsNone {
            throw ConfigurationError.value(
                path: path, expected: "a finite number", got: "\(number)")
        }
        return given
    }
    guard case .object(let given) = given else {
        throw ConfigurationError.type(path: path, expected: "keys and values")
    }
    var merged = known
    for (key, value) in given.sorted(by: { $0.key < $1.key }) {
        let inner = path.isEmpty ? key : "\(path).\(key)"
        guard let old = known[key] else {
            throw ConfigurationError.unknownKey(
                path: inner, nearest: nearestName(to: key, in: known.keys.sorted()),
                known: known.keys.sorted())
        }
        if openKeys.contains(key), case .object = value, let number = value.numberThatIsNone {
            throw ConfigurationError.value(
                path: inner, expected: "finite numbers", got: "\(number)")
        }
        merged[key] = openKeys.contains(key) ? value : try merge(value, over: old, path: inner)
    }
    return .object(merged)
}

extension JSONValue {
    /// A number in the value that is infinite or no number.
    fileprivate var numberThatIsNone: Double? {
        switch self {
        case .double(let number): number.isFinite ? nil : number
        case .array(let values): values.lazy.compactMap(\.numberThatIsNone).first
        case .object(let values):
            values.sorted { $0.key < $1.key }.lazy.compactMap(\.value.numberThatIsNone).first
        default: nil
        }
    }
}
