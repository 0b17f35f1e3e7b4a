internal import Recommenders

/// A setting that two experiments do not share.
struct SettingDifference: Equatable, CustomStringConvertible {
    /// The path of keys, such as `training.epochs`.
    let key: String
    /// The first one's value.
    let old: JSONValue?
    /// The second one's value.
    let new: JSONValue?

    /// The key with both values.
    var description: String { "\(key) was \(Self.text(old)), is \(Self.text(new))" }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: "unset"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value
        case .array(let values): "[\(values.map { text($0) }.joined(separator: ", "))]"
        case .object(let values):
            "{\(values.sorted { $0.key < $1.key }.map { "\($0.key): \(text($0.value))" }.joined(separator: ", "))}"
        }
    }

    /// The settings that differ, in the order of their keys.
    static func between(
        _ old: ExperimentConfiguration, _ new: ExperimentConfiguration
    ) -> [SettingDifference] {
        between(JSONValue(old.dictionary()), JSONValue(new.dictionary()), at: "")
    }

    private static func between(
        _ old: JSONValue?, _ new: JSONValue?, at key: String
    ) -> [SettingDifference] {
        guard case .object(let first) = old, case .object(let second) = new else {
            return old == new ? [] : [SettingDifference(key: key, old: old, new: new)]
        }
        return Set(first.keys).union(second.keys).sorted().flatMap {
            between(first[$0], second[$0], at: key.isEmpty ? $0 : "\(key).\($0)")
        }
    }
}
