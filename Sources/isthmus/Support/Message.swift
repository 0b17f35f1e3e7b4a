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
        if let error = error as? DecodingError { return text(of: error) }
        guard error is CocoaError || error is POSIXError || type(of: error) == NSError.self else {
            return String(describing: error)
        }
        let path = (error as NSError).userInfo[NSFilePathErrorKey] as? String
        return (path.map { "\($0): " } ?? "") + SystemError.reason(of: error)
    }

    private static func text(of error: DecodingError) -> String {
        func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            (context.codingPath + [last].compactMap(\.self)).map(\.stringValue)
                .joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(path(context, key)) is missing"
        case .valueNotFound(_, let context): return "\(path(context)) has no value"
        case .typeMismatch(_, let context): return "\(path(context)) has a value of another kind"
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty
                ? "the text is damaged" : "\(path(context)) cannot be read"
        @unknown default: return "the text is damaged"
        }
    }
}
