import Foundation

/// Errors as one line.
enum Message {
    /// What an error says, without line ends.
    static func line(of error: any Error) -> String {
        text(of: error).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }

    /// Why the system refused something, without the path.
    static func reason(of error: any Error) -> String {
        let error = error as NSError
        let system = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        if system.domain == NSPOSIXErrorDomain, let code = Int32(exactly: system.code) {
            return String(cString: strerror(code)).lowercased()
        }
        guard error.domain == NSCocoaErrorDomain else { return error.localizedDescription }
        return switch CocoaError.Code(rawValue: error.code) {
        case .fileNoSuchFile, .fileReadNoSuchFile: "no such file or directory"
        case .fileReadNoPermission, .fileWriteNoPermission: "permission denied"
        case .fileWriteOutOfSpace: "no space left on device"
        case .fileWriteFileExists: "exists already"
        case .fileWriteVolumeReadOnly: "read-only file system"
        case .fileReadInapplicableStringEncoding, .fileReadCorruptFile: "not UTF-8 text"
        default: "it cannot be read or written"
        }
    }

    private static func text(of error: any Error) -> String {
        // Foundation's and Swift's own errors describe themselves for programmers.
        if let error = error as? DecodingError { return text(of: error) }
        guard error is CocoaError || error is POSIXError || type(of: error) == NSError.self else {
            return String(describing: error)
        }
        let path = (error as NSError).userInfo[NSFilePathErrorKey] as? String
        return (path.map { "\($0): " } ?? "") + reason(of: error)
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
