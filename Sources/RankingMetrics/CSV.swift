/// Comma-separated values as in RFC 4180, with line feeds at the end of lines.
enum CSV {
    /// The field, in quotes where it holds a comma, a quote or a line break.
    static func field(_ text: String) -> String {
        let needsQuotes = text.utf8.contains {
            $0 == comma || $0 == quote || $0 == lineFeed || $0 == carriageReturn
        }
        guard needsQuotes else { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    /// One line of fields.
    static func line(_ fields: [String]) -> String {
        fields.map(field).joined(separator: ",") + "\n"
    }

    static let comma = UInt8(ascii: ",")
    static let quote = UInt8(ascii: "\"")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
}

/// A place where bytes are not comma-separated values.
struct CSVSyntaxError: Error {
    let line: Int
    let expected: String
    let got: String
}

/// Reads records from bytes one after the other; a byte-order mark and CRLF are understood.
struct CSVReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var line = 1

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The next record and the line that it starts on; nil at the end.
    mutating func next() throws(CSVSyntaxError) -> (line: Int, fields: [String])? {
        guard position < bytes.count else { return nil }
        let start = line
        var fields: [String] = []
        while true {
            let isQuoted = position < bytes.count && bytes[position] == CSV.quote
            fields.append(isQuoted ? try quotedField() : try plainField())
            if endsRecord() { return (start, fields) }
        }
    }

    /// Steps over what follows a field: true at the end of a line or of the bytes.
    private mutating func endsRecord() -> Bool {
        guard position < bytes.count else { return true }
        if bytes[position] == CSV.comma {
            position += 1
            return false
        }
        position += bytes[position] == CSV.carriageReturn ? 2 : 1
        line += 1
        return true
    }

    private var isAtFieldEnd: Bool {
        guard position < bytes.count else { return true }
        switch bytes[position] {
        case CSV.comma, CSV.lineFeed: return true
        case CSV.carriageReturn:
            return position + 1 < bytes.count && bytes[position + 1] == CSV.lineFeed
        default: return false
        }
    }

    private mutating func plainField() throws(CSVSyntaxError) -> String {
        let start = position
        while !isAtFieldEnd { position += 1 }
        return try text(UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    }

    private mutating func quotedField() throws(CSVSyntaxError) -> String {
        let opening = line
        var content: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == CSV.quote {
                guard position < bytes.count, bytes[position] == CSV.quote else {
                    return try closedField(content)
                }
                position += 1
            } else if byte == CSV.lineFeed {
                line += 1
            }
            content.append(byte)
        }
        throw CSVSyntaxError(line: opening, expected: "a closing quote", got: "the end of the file")
    }

    private func closedField(_ content: [UInt8]) throws(CSVSyntaxError) -> String {
        guard isAtFieldEnd else {
            throw CSVSyntaxError(
                line: line, expected: "a comma or the end of the line after a closing quote",
                got: "byte \(bytes[position])")
        }
        return try text(content)
    }

    private func text(_ bytes: some Collection<UInt8>) throws(CSVSyntaxError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CSVSyntaxError(
                line: line, expected: "UTF-8",
                got: "'\(String(decoding: bytes, as: UTF8.self))'")
        }
        return text
    }
}
