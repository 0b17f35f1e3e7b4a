import Files
import Foundation

/// Errors as one line.
enum Message {
    /// What an error says, without line ends.
    static func line(of error: any Error) -> String {
        text(of: error).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }

    private static func text(of error: any Error) -> String {
        // Foundation's and Swift's own errors describe themselves for programmers.
        if let error = error as? DecodingError { return error.words }
        guard error is CocoaError || error is POSIXError || type(of: error) == NSError.self else {
            return String(describing: error)
        }
        let path = (error as NSError).userInfo[NSFilePathErrorKey] as? String
        return (path.map { "\($0): " } ?? "") + SystemError.reason(of: error)
    }
}
