/// Cuts a line into fields; one splitter serves all lines of a file.
///
/// In a quoted layout a field that begins with a double quote ends at the next quote that is not
/// doubled; where a line ends before that, the record goes on in the next line (``RecordReader``).
struct FieldSplitter: ~Copyable {
    /// The fields of the last line; only the first `count` are valid.
    private let fields: UnsafeMutablePointer<UnsafeRawBufferPointer>
    private let capacity: Int
    private let delimiter: UInt8
    private let width: Int
    private let isQuoted: Bool
    private(set) var count = 0
    /// The fields with doubled quotes, which are undone when the whole line is cut: a line that goes on is cut again.
    private var doubledFields: [Int] = []

    /// Cuts at `width` delimiters in a row; lines of more than `capacity` fields are malformed.
    init(delimiter: UInt8, width: Int = 1, isQuoted: Bool, capacity: Int = 4096) {
        fields = .allocate(capacity: capacity)
        self.capacity = capacity
        self.delimiter = delimiter
        self.width = width
        self.isQuoted = isQuoted
    }

    deinit { fields.deallocate() }

    @inline(__always)
    subscript(index: Int) -> UnsafeRawBufferPointer { fields[index] }

    /// The fields as texts.
    var texts: [String] { (0..<count).map { String(decoding: fields[$0], as: UTF8.self) } }

    /// Cuts a line; the fields are valid as long as the line's bytes.
    mutating func split(_ line: UnsafeRawBufferPointer) throws(LineProblem) {
        count = 0
        // A line that was given up may have left some.
        doubledFields.removeAll(keepingCapacity: true)
        var start = 0
        while true {
            // Quotes and what may stand before one by mistake are the smallest of the usual characters.
            if isQuoted, start < line.count, line[start] <= UInt8(ascii: "\""),
                let end = try quoted(line, at: start)
            {
                start = end
            } else {
                var end = start
                while end < line.count, line[end] != delimiter || !isDelimiter(line, end) {
                    end += 1
                }
                try append(UnsafeRawBufferPointer(rebasing: line[start..<end]))
                start = end
            }
            guard start < line.count else { break }
            start += width
            if start == line.count {
                try append(UnsafeRawBufferPointer(rebasing: line[start..<start]))
                break
            }
        }
        if !doubledFields.isEmpty { undoDoubledQuotes() }
    }

    @inline(__always)
    private func isDelimiter(_ line: UnsafeRawBufferPointer, _ position: Int) -> Bool {
        width == 1 || (position + 1 < line.count && line[position + 1] == delimiter)
    }

    @inline(__always)
    private mutating func append(_ field: UnsafeRawBufferPointer) throws(LineProblem) {
        guard count < capacity else {
            throw LineProblem(reason: "more than \(capacity) fields")
        }
        fields[count] = field
        count += 1
    }

    /// Appends the field at `position` if it is quoted; returns where the next delimiter must be.
    private mutating func quoted(_ line: UnsafeRawBufferPointer, at position: Int)
        throws(LineProblem) -> Int?
    {
        var start = position
        while start < line.count, line[start] == 0x20, line[start] != delimiter { start += 1 }
        guard start < line.count, line[start] == UInt8(ascii: "\"") else { return nil }
        guard start == position else {
            throw LineProblem(
                reason: "a space before the opening quote of a field; " + Self.plainQuotes,
                quoting: .broken)
        }
        start += 1
        var end = start
        var isDoubled = false
        while end < line.count {
            if line[end] == UInt8(ascii: "\"") {
                guard end + 1 < line.count, line[end + 1] == UInt8(ascii: "\"") else { break }
                isDoubled = true
                end += 1
            }
            end += 1
        }
        guard end < line.count else {
            throw LineProblem(
                reason: "a quoted field that does not end; " + Self.plainQuotes, quoting: .open)
        }
        guard end + 1 == line.count || line[end + 1] == delimiter else {
            throw LineProblem(
                reason: "text after the closing quote of a field; " + Self.plainQuotes,
                quoting: .broken)
        }
        if isDoubled { doubledFields.append(count) }
        try append(UnsafeRawBufferPointer(rebasing: line[start..<end]))
        return end + 1
    }

    private static let plainQuotes =
        "where quotes are characters like others, give --no-quotes"

    private mutating func undoDoubledQuotes() {
        for index in doubledFields { fields[index] = Self.withoutDoubledQuotes(fields[index]) }
        doubledFields.removeAll(keepingCapacity: true)
    }

    /// Copies the field in the place of its own bytes, which nobody reads as a line again.
    private static func withoutDoubledQuotes(_ field: UnsafeRawBufferPointer)
        -> UnsafeRawBufferPointer
    {
        let bytes = UnsafeMutableRawBufferPointer(mutating: field)
        var length = 0
        var position = 0
        while position < field.count {
            let byte = field[position]
            bytes[length] = byte
            position += byte == UInt8(ascii: "\"") ? 2 : 1
            length += 1
        }
        return UnsafeRawBufferPointer(rebasing: bytes[0..<length])
    }
}

/// Whether a quoted field is open behind bytes of a record, told byte by byte by the rules of ``FieldSplitter``.
struct QuoteScan {
    private enum State { case fieldStart, unquoted, quoted, closing }

    private let delimiter: UInt8
    private var state = State.fieldStart

    init(delimiter: UInt8) { self.delimiter = delimiter }

    /// Whether the record goes on in the next line.
    var isOpen: Bool { state == .quoted }

    mutating func read(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            switch (state, byte) {
            case (.fieldStart, UInt8(ascii: "\"")), (.closing, UInt8(ascii: "\"")): state = .quoted
            case (.quoted, UInt8(ascii: "\"")): state = .closing
            case (.quoted, _): break
            case (_, delimiter): state = .fieldStart
            default: state = .unquoted
            }
        }
    }
}
