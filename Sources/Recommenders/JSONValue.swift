internal import Foundation

/// Any JSON value: what a file holds for somebody else to decode.
public enum JSONValue: Codable, Equatable, Sendable {
    /// Nothing.
    case null
    /// A truth value.
    case bool(Bool)
    /// A whole number.
    case int(Int)
    /// A number.
    case double(Double)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Values by key.
    case object([String: JSONValue])

    /// Decodes whatever comes.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// Encodes the value itself.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// Wraps plain values, as YAML and JSON readers and ``any`` return them; what is none of them becomes null.
    public init(_ value: Any) {
        // A number must not pass for a truth value: the dynamic type decides, not a bridging cast.
        switch type(of: value) {
        case is Bool.Type: self = (value as? Bool).map(JSONValue.bool) ?? .null
        case is Int.Type: self = (value as? Int).map(JSONValue.int) ?? .null
        case is Double.Type: self = (value as? Double).map(JSONValue.double) ?? .null
        default:
            switch value {
            case let value as String: self = .string(value)
            case let value as [Any]: self = .array(value.map(JSONValue.init))
            case let value as [String: Any]: self = .object(value.mapValues(JSONValue.init))
            case let value as NSNumber: self = Self.number(value)
            default: self = .null
            }
        }
    }

    private static func number(_ value: NSNumber) -> JSONValue {
        switch String(cString: value.objCType) {
        case "c", "B": .bool(value.boolValue)
        case "d", "f": .double(value.doubleValue)
        default: .int(value.intValue)
        }
    }

    /// The value as plain Swift values; nothing becomes `NSNull`.
    public var any: Any {
        switch self {
        case .null: NSNull()
        case .bool(let value): value
        case .int(let value): value
        case .double(let value): value
        case .string(let value): value
        case .array(let value): value.map(\.any)
        case .object(let value): value.mapValues(\.any)
        }
    }
}
