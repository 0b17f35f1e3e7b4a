internal import Recommenders
internal import TorchNN

/// A setting that differs between two experiments.
public struct SettingDifference: Equatable, Sendable, CustomStringConvertible {
    /// The setting by its path.
    public let key: String
    /// Its value before; empty where there was none.
    public let old: String
    /// Its value now; empty where there is none.
    public let new: String

    /// `training.epochs: 5, was 3`.
    public var description: String {
        "\(key): \(new.isEmpty ? "not set" : new), was \(old.isEmpty ? "not set" : old)"
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

    /// Whether a run of another experiment, which was resumed, is one of this: it trains longer, and all else is equal.
    ///
    /// The cosine knows from the first step on how many epochs there are.
    public func continues(_ old: ExperimentConfiguration) -> Bool {
        var longer = old
        longer.training.patience = training.patience
        guard training.schedule.kind != .cosine else { return longer == self }
        longer.training.epochs = training.epochs
        return longer == self
    }

    private static func flat(_ value: JSONValue, at path: String = "") -> [String: JSONValue] {
        guard case .object(let values) = value else { return [path: value] }
        return values.reduce(into: [:]) { result, pair in
            let inner = path.isEmpty ? pair.key : "\(path).\(pair.key)"
            result.merge(flat(pair.value, at: inner)) { $1 }
        }
    }
}
