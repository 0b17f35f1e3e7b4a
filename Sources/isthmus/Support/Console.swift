import Foundation

/// Standard output and standard error, written at once so that a pipe sees each line when it happens.
enum Console {
    /// Whether standard output is a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes text to standard output.
    static func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }

    /// Writes a line to standard output.
    static func line(_ text: String = "") { write(text + "\n") }

    /// Writes a line to standard error, with the tool's name before it.
    static func error(_ text: String) { errorText("isthmus: \(text)") }

    /// Writes text to standard error.
    static func errorText(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }
}
