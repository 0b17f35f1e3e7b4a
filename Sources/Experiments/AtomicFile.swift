internal import Foundation

/// Writes files so that a reader finds the old content or the new, never half of it.
enum AtomicFile {
    /// Writes to a temporary name beside the file, then renames.
    static func write(_ data: Data, to url: URL) throws {
        try data.write(to: url, options: .atomic)
    }

    /// Encodes a value as JSON with keys in order.
    static func write(json value: some Encodable, to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try write(encoder.encode(value) + Data("\n".utf8), to: url)
    }

    /// Decodes a JSON file; the error names it.
    static func read<Value: Decodable>(_ type: Value.Type, json url: URL) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(contentsOf: url))
        } catch {
            throw RunError.unreadable(path: url.path, reason: Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "key \(key.stringValue) is missing"
        case DecodingError.typeMismatch(let type, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")): expected \(type)"
        case DecodingError.dataCorrupted(let context): context.debugDescription
        default: "it is missing or cannot be read"
        }
    }
}
