/// A configuration does not fit what it configures.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// A key that no property has, with the nearest known one and all known ones.
    case unknownKey(path: String, nearest: String?, known: [String])
    /// A name that stands for nothing, of a model, a domain or a kind, with the nearest known one and all known ones.
    case unknownName(path: String, name: String, nearest: String?, known: [String])
    /// A value of another type than its property.
    case type(path: String, expected: String)
    /// A value outside what makes sense.
    case value(path: String, expected: String, got: String)
    /// A value that is set where it does nothing, with what it is when it is left out.
    case idle(path: String, reason: String, standard: String)
    /// Anything else that is wrong with a value, in words.
    case invalid(path: String, reason: String)

    /// The key and what was expected.
    public var description: String {
        switch self {
        case .unknownKey(let path, let nearest, let known):
            "unknown key \(path)" + Self.hint(nearest.map { Self.sibling($0, of: path) }, known)
        case .unknownName(let path, let name, let nearest, let known):
            "\(path): unknown \(name)" + Self.hint(nearest, known)
        case .type(let path, let expected): "\(path): expected \(expected)"
        case .value(let path, let expected, let got): "\(path): expected \(expected), got \(got)"
        case .idle(let path, let reason, let standard):
            "\(path) does nothing \(reason); leave it out"
                + (standard.isEmpty ? "" : " (it is \(standard) then)")
        case .invalid(let path, let reason): path.isEmpty ? reason : "\(path): \(reason)"
        }
    }

    /// The key that is concerned, by its path.
    public var path: String {
        switch self {
        case .unknownKey(let path, _, _), .unknownName(let path, _, _, _), .type(let path, _),
            .value(let path, _, _), .idle(let path, _, _), .invalid(let path, _):
            path
        }
    }

    /// The same of settings that stand under a key of a larger configuration.
    public func under(_ key: String) -> ConfigurationError {
        let inner = path.isEmpty ? key : "\(key).\(path)"
        return switch self {
        case .unknownKey(_, let nearest, let known):
            .unknownKey(path: inner, nearest: nearest, known: known)
        case .unknownName(_, let name, let nearest, let known):
            .unknownName(path: inner, name: name, nearest: nearest, known: known)
        case .type(_, let expected): .type(path: inner, expected: expected)
        case .value(_, let expected, let got): .value(path: inner, expected: expected, got: got)
        case .idle(_, let reason, let standard):
            .idle(path: inner, reason: reason, standard: standard)
        case .invalid(_, let reason): .invalid(path: inner, reason: reason)
        }
    }

    private static func hint(_ nearest: String?, _ known: [String]) -> String {
        nearest.map { "; did you mean \($0)?" } ?? "; known are \(known.joined(separator: ", "))"
    }

    private static func sibling(_ name: String, of path: String) -> String {
        guard let dot = path.lastIndex(of: ".") else { return name }
        return path[...dot] + name
    }
}

/// Throws unless a condition on a value holds.
public func require(
    _ condition: Bool, _ path: String, expected: String, got: some Any
) throws(ConfigurationError) {
    guard condition else {
        throw .value(path: path, expected: expected, got: String(describing: got))
    }
}

/// Throws unless each number lies in a range.
public func require(
    _ numbers: [(path: String, value: Int)], in range: ClosedRange<Int>
) throws(ConfigurationError) {
    for (path, value) in numbers {
        try require(
            value >= range.lowerBound, path, expected: "at least \(range.lowerBound)", got: value)
        try require(
            value <= range.upperBound, path, expected: "at most \(range.upperBound)", got: value)
    }
}

/// Throws unless a width is one, and splits evenly into attention heads.
func requireHeads(
    _ heads: Int, _ path: String, dividing width: (path: String, value: Int)
) throws(ConfigurationError) {
    try require([width], in: SettingRange.width)
    try require(
        heads > 0 && width.value.isMultiple(of: heads), path,
        expected: "a divisor of the width \(width.value)", got: heads)
}

/// How large settings can be: more than any machine holds, or any run ends with, is refused by its name.
///
/// Whether this machine holds what is left is found when a model is built, before its parameters have memory.
public enum SettingRange {
    /// Widths of vectors and nets.
    public static let width = 1...1 << 20
    /// Lengths of histories.
    public static let length = 1...1 << 20
    /// Layers, rounds and whatever else is done one after another.
    public static let depth = 1...1000
    /// Epochs.
    public static let epochs = 1...1_000_000
    /// Everything else that is counted.
    public static let count = 1...Int(Int32.max)
}
