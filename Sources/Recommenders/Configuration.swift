internal import Foundation
internal import Interactions

/// A configuration does not fit what it configures.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// A key that no property has, with the nearest known one and all known ones.
    case unknownKey(path: String, nearest: String?, known: [String])
    /// A value of another type than its property.
    case type(path: String, expected: String)
    /// A value outside what makes sense.
    case value(path: String, expected: String, got: String)

    /// The key and what was expected.
    public var description: String {
        switch self {
        case .unknownKey(let path, let nearest, let known):
            "unknown key \(path)"
                + (nearest.map { "; did you mean \($0)?" }
                    ?? "; known keys: \(known.joined(separator: ", "))")
        case .type(let path, let expected): "\(path): expected \(expected)"
        case .value(let path, let expected, let got): "\(path): expected \(expected), got \(got)"
        }
    }
}

/// A configuration whose properties carry their defaults and refuse unknown keys.
public protocol StrictlyDecodable: Codable, Equatable, Sendable {
    /// The defaults.
    init()

    /// Refuses values that make no sense together or alone.
    func validate() throws(ConfigurationError)
}

extension StrictlyDecodable {
    /// Accepts everything.
    public func validate() throws(ConfigurationError) {}

    /// Lays given values over the defaults, at every depth, and refuses keys that no property has.
    public init(overrides: [String: Any]) throws(ConfigurationError) {
        do {
            self = try Self.decoded(JSONValue(overrides))
        } catch let error as ConfigurationError {
            throw error
        } catch let DecodingError.typeMismatch(type, context) {
            throw .type(path: context.path, expected: "\(type)")
        } catch let DecodingError.valueNotFound(type, context) {
            throw .type(path: context.path, expected: "\(type)")
        } catch let DecodingError.dataCorrupted(context) where context.codingPath.isEmpty {
            // The decoder does not say which number does not fit its property: it is one that alone does not either.
            let (path, value) =
                leaves(of: JSONValue(overrides)).first {
                    (try? Self.decoded($0.path.reversed().reduce($0.value) { .object([$1: $0]) }))
                        == nil
                } ?? ([], .null)
            throw .value(
                path: path.joined(separator: "."), expected: "a number that fits",
                got: "\(value.any)")
        } catch let DecodingError.dataCorrupted(context) {
            guard let names = caseNames(at: context.codingPath, in: Self()) else {
                throw .type(path: context.path, expected: context.debugDescription)
            }
            // The decoder's message ends with the value.
            throw .value(
                path: context.path, expected: "one of \(names.joined(separator: ", "))",
                got: context.debugDescription.split(separator: " ").last.map(String.init) ?? "")
        } catch {
            throw .type(path: "configuration", expected: "\(error)")
        }
        try validate()
    }

    private static func decoded(_ overrides: JSONValue) throws -> Self {
        let merged = try merge(overrides, over: Self().json(), path: "")
        return try JSONDecoder().decode(Self.self, from: JSONEncoder().encode(merged))
    }

    /// The values by key, as they go into files.
    public func dictionary() -> [String: Any] {
        (try? json().any) as? [String: Any] ?? [:]
    }

    private func json() throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(self))
    }
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

/// The settings of one model.
public protocol ModelConfiguration: StrictlyDecodable {}

extension DecodingError.Context {
    fileprivate var path: String { codingPath.map(\.stringValue).joined(separator: ".") }
}

/// Properties that take whatever object they are given: its keys belong to somebody else.
private let openKeys: Set<String> = ["parameters", "split", "set", "grid"]

/// The values that are no objects, and objects that belong to somebody else, with their paths.
private func leaves(of value: JSONValue, at path: [String] = []) -> [(
    path: [String], value: JSONValue
)] {
    guard case .object(let values) = value, path.last.map(openKeys.contains) != true else {
        return [(path, value)]
    }
    return values.sorted { $0.key < $1.key }.flatMap { leaves(of: $0.value, at: path + [$0.key]) }
}

private func merge(_ given: JSONValue, over defaults: JSONValue, path: String) throws -> JSONValue {
    if case .double(let number) = given, !number.isFinite {
        throw ConfigurationError.value(path: path, expected: "a finite number", got: "\(number)")
    }
    guard case .object(let known) = defaults else { return given }
    guard case .object(let given) = given else {
        throw ConfigurationError.type(path: path, expected: "an object")
    }
    var merged = known
    for (key, value) in given {
        let inner = path.isEmpty ? key : "\(path).\(key)"
        guard let old = known[key] else {
            throw ConfigurationError.unknownKey(
                path: inner, nearest: nearestName(to: key, in: Array(known.keys)),
                known: known.keys.sorted())
        }
        merged[key] = openKeys.contains(key) ? value : try merge(value, over: old, path: inner)
    }
    return .object(merged)
}

/// Throws unless a condition on a value holds.
public func require(
    _ condition: Bool, _ path: String, expected: String, got: some Any
) throws(ConfigurationError) {
    guard condition else {
        throw .value(path: path, expected: expected, got: String(describing: got))
    }
}

/// Throws unless a width splits evenly into attention heads.
func requireHeads(_ heads: Int, _ path: String, dividing width: Int) throws(ConfigurationError) {
    try require(
        heads > 0 && width > 0 && width.isMultiple(of: heads), path,
        expected: "a divisor of the width \(width)", got: heads)
}
