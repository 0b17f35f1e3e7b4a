import Foundation

/// This call of the tool, as a person types it.
enum ShellCommand {
    /// The command line, with an option more if it is not there yet.
    static func text(adding option: String? = nil) -> String {
        text(CommandLine.arguments, adding: option)
    }

    static func text(_ words: [String], adding option: String?) -> String {
        let added = option.flatMap { words.contains($0) ? nil : $0 }
        return (words + [added].compactMap(\.self)).map(quoted).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=,+@%".utf8.contains(byte)
            }
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
