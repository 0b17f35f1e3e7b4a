internal import Recommenders

/// A setting that differs between two experiments.
public struct SettingDifference: Equatable, Sendable, CustomStringConvertible {
    /// The setting by its path.
    public let key: String
    /// Its value before; empty where there was none.
    public let old: String
    /// Its value now; empty where there is none.
    public let new: String

    /// `training.epochs was 3, is 5`.
    public var description: String {
        "\(key) was \(old.isEmpty ? "not set" : old), is \(new.isEmpty ? "not set" : new)"
    }
}

extension [SettingDifference] {
    /// One line: of another model that alone, else the first three and how many others there are.
    var text: String {
        if let model = first(where: { $0.key == "model" }) { return model.description }
        let named = prefix(3).map(\.description).joined(separator: ", ")
        return count > 3 ? "\(named) and \(count - 3) more" : named
    }
}

extension ExperimentConfiguration {
    /// The settings that differ from another experiment's, by their paths in order.
    ///
    /// Compare resolved experiments: what is not set has no default here.
    public func differences(from old: ExperimentConfiguration) -> [SettingDifference] {
        let before = Self.flat(old.json)
        let now = Self.flat(json)
        return Set(before.keys).union(now.keys).sorted().compactMap { key in
            let (old, new) = (before[key] ?? .null, now[key] ?? .null)
            guard old != new else { return nil }
            return SettingDifference(key: key, old: old.text, new: new.text)
        }
    }

    private static func flat(_ value: JSONValue, at path: String = "") -> [String: JSONValue] {
        guard case .object(let values) = value else { return [path: value] }
        return values.reduce(into: [:]) { result, pair in
            let inner = path.isEmpty ? pair.key : "\(path).\(pair.key)"
            result.merge(flat(pair.value, at: inner)) { $1 }
        }
    }
}
