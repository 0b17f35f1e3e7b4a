/// Cuts a line into fields; one splitter serves all lines of a file.
///
/// In a quoted layout a field that begins with a double quote ends at the next quote that is not
/// doubled, on the same line.
struct FieldSplitter: ~Copyable {
    /// The fields of the last line; only the first `count` are valid.
    private let fields: UnsafeMutablePointer<UnsafeRawBufferPointer>
    private let capacity: Int
    private let delimiter: UInt8
    private let width: Int
    private let isQuoted: Bool
    private(set) var count = 0

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

    /// Cuts a line; the fields are valid as long as the line's bytes.
    mutating func split(_ line: UnsafeRawBufferPointer) throws(LineProblem) {
        count = 0
        var start = 0
        while true {
            if isQuoted, start < line.count, line[start] == UInt8(ascii: "\"") {
                start = try quoted(line, from: start + 1)
            } else {
                var end = start
                while end < line.count, line[end] != delimiter || !isDelimiter(line, end) {
                    end += 1
                }
                try append(UnsafeRawBufferPointer(rebasing: line[start..<end]))
                start = end
            }
            guard start < line.count else { return }
            start += width
            if start == line.count {
                try append(UnsafeRawBufferPointer(rebasing: line[start..<start]))
                return
            }
        }
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

    /// Appends the quoted field that begins at `start`; returns where the next delimiter must be.
    private mutating func quoted(_ line: UnsafeRawBufferPointer, from start: Int)
        throws(LineProblem) -> Int
    {
        var end = start
        var doubled = 0
        while end < line.count {
            if line[end] == UInt8(ascii: "\"") {
                guard end + 1 < line.count, line[end + 1] == UInt8(ascii: "\"") else { break }
                doubled += 1
                end += 1
            }
            end += 1
        }
        guard end < line.count else {
            throw LineProblem(reason: "a quoted field does not end on its line")
        }
        guard end + 1 == line.count || line[end + 1] == delimiter else {
            throw LineProblem(reason: "text after the closing quote of a field")
        }
        let field = UnsafeRawBufferPointer(rebasing: line[start..<end])
        try append(doubled == 0 ? field : withoutDoubledQuotes(field))
        return end + 1
    }

    /// Copies the field in the place of its own bytes, which nobody reads as a line again.
    private func withoutDoubledQuotes(_ field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
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
