/// A setting that does nothing beside others.
public struct IdleSetting: Equatable, Sendable {
    /// The setting, or the object of settings, by its path.
    public let path: String
    /// Why it does nothing: "beside softmax: full".
    public let reason: String
    /// Whether it may be set all the same, as where one file serves models of many kinds.
    public let isTolerated: Bool

    /// Names a setting.
    public init(_ path: String, _ reason: String, isTolerated: Bool = false) {
        self.path = path
        self.reason = reason
        self.isTolerated = isTolerated
    }

    /// Settings that do nothing for one reason.
    public static func all(_ paths: [String], _ reason: String) -> [IdleSetting] {
        paths.map { IdleSetting($0, reason) }
    }
}

extension StrictlyDecodable {
    /// The settings that do nothing and have another value than when they are left out, those within others included.
    public var idleAndSet: [(setting: IdleSetting, standard: JSONValue)] {
        let given = json
        let defaults = Self().json
        var found: [(setting: IdleSetting, standard: JSONValue)] = []
        for setting in allIdle {
            let path: [String] = setting.path.split(separator: ".").map { String($0) }
            guard let own = given[path] else { continue }
            for leaf in leaves(of: own, at: path) {
                guard let standard = defaults[leaf.path], standard != leaf.value else { continue }
                let name: String = leaf.path.joined(separator: ".")
                let leafSetting = IdleSetting(
                    name, setting.reason, isTolerated: setting.isTolerated)
                found.append((setting: leafSetting, standard: standard))
            }
        }
        return found
    }

    private var allIdle: [IdleSetting] {
        var all = idle
        for child in Mirror(reflecting: self).children {
            guard let label = child.label, let inner = child.value as? any StrictlyDecodable
            else { continue }
            all += inner.withIdle(under: label)
        }
        return all
    }

    private func withIdle(under key: String) -> [IdleSetting] {
        allIdle.map {
            IdleSetting("\(key).\($0.path)", $0.reason, isTolerated: $0.isTolerated)
        }
    }

    /// Throws where a setting is set that does nothing.
    public func requireNothingIdle() throws(ConfigurationError) {
        guard let found = idleAndSet.first(where: { !$0.setting.isTolerated }) else { return }
        throw .idle(
            path: found.setting.path, reason: found.setting.reason,
            standard: found.standard.text)
    }
}

extension JSONValue {
    /// The value at a path of keys.
    public subscript(path: [String]) -> JSONValue? {
        guard let key = path.first else { return self }
        guard case .object(let values) = self else { return nil }
        return values[key]?[Array(path.dropFirst())]
    }

    private static func text(of values: [String: JSONValue]) -> String {
        var parts: [String] = []
        for key in values.keys.sorted() {
            parts.append("\(key): \(values[key]?.text ?? "")")
        }
        return parts.joined(separator: ", ")
    }

    /// The same with another value at a path of keys.
    public func setting(_ value: JSONValue, at path: [String]) -> JSONValue {
        guard let key = path.first else { return value }
        var values: [String: JSONValue] = [:]
        if case .object(let known) = self { values = known }
        values[key] = (values[key] ?? .object([:])).setting(value, at: Array(path.dropFirst()))
        return .object(values)
    }

    /// The value as one writes it in a file, on one line; nothing for null.
    public var text: String {
        switch self {
        case .null: ""
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value.isEmpty ? "empty" : value
        case .array(let values): "[\(values.map(\.text).joined(separator: ", "))]"
        case .object(let values): "{\(Self.text(of: values))}"
        }
    }
}
