import Experiments
import Foundation

/// Results as JSON on standard output.
enum JSONOutput {
    /// Prints a value as one JSON document with keys in order.
    static func show(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Console.line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
