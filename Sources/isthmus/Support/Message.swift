import Foundation

/// Errors as one line.
enum Message {
    /// What an error says, without line ends.
    static func line(of error: any Error) -> String {
        text(of: error).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }

    private static func text(of error: any Error) -> String {
        // Foundation's own errors describe themselves with domain and code.
        if error is CocoaError || error is POSIXError { return error.localizedDescription }
        return String(describing: error)
    }
}
