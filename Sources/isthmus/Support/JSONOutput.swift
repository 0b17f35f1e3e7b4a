import Files
import Foundation

/// Results as JSON on standard output.
enum JSONOutput {
    /// Prints a value as one JSON document with keys in order.
    static func show(_ value: some Encodable) throws {
        let data = try JSONFile.encoder(.prettyPrinted).encode(value)
        // JSON lets the controls from DEL on stand as they are; no terminal should obey them.
        let text = String(decoding: data, as: UTF8.self)
            .replacingControls { String(format: "\\u%04x", $0.value) }
        Console.line(text)
    }
}
