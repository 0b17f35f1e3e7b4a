/// Reads a delimited file record by record: a line cut into fields, or several where a quoted field holds line ends.
struct RecordReader: ~Copyable {
    /// The longest record that goes on over several lines.
    private static let longestRecord = 16 << 20
    let lines: LineReader
    private(set) var fields: FieldSplitter
    /// What is wrong with the record; its fields are not to be used then.
    private(set) var problem: LineProblem?
    /// The records of several lines, and the first one's first and last line.
    private(set) var longRecords = 0
    private(set) var firstLongRecord: ClosedRange<Int>?
    private let delimiter: UInt8
    private var isFirst = true

    init(path: String, layout: DelimitedLayout) throws(ImportError) {
        lines = try LineReader(path: path)
        delimiter = layout.delimiter
        fields = FieldSplitter(
            delimiter: layout.delimiter, width: layout.delimiterWidth, isQuoted: layout.isQuoted)
    }

    /// Reads up to the end of the next record that is not blank; false after the last one.
    mutating func next() throws(ImportError) -> Bool {
        if problem != nil { problem = nil }
        while let line = try lines.next() {
            guard line.count > 0 else { continue }
            if isFirst, try isPreamble(line) { continue }
            do throws(LineProblem) {
                try fields.split(line)
            } catch {
                problem = error
                if error.quoting == .open { try readOn(line) }
            }
            if lines.hasZeroBytes { refuseZeroBytes() }
            return true
        }
        return false
    }

    /// Reads the first record and returns its fields; throws where there is none or it cannot be cut.
    mutating func first() throws(ImportError) -> [String] {
        guard try next() else { throw .emptyFile(path: lines.path) }
        if let problem {
            throw .malformed(path: lines.path, line: lines.lineNumber, reason: problem.reason)
        }
        return fields.texts
    }

    /// The records of several lines in words; nil where there are none.
    var longRecordsText: String? {
        firstLongRecord.map {
            "\(longRecords) records have a quoted field with a line end in it, the first in lines "
                + "\($0.lowerBound) to \($0.upperBound)"
        }
    }

    /// Looks at the first line: a spreadsheet's `sep=;` names the delimiter and is passed over; JSON is refused.
    private mutating func isPreamble(_ line: UnsafeRawBufferPointer) throws(ImportError) -> Bool {
        isFirst = false
        func refusal(_ reason: String) -> ImportError {
            .malformed(path: lines.path, line: lines.lineNumber, reason: reason)
        }
        if line[0] == UInt8(ascii: "{") || line[0] == UInt8(ascii: "[") {
            throw refusal(
                "this is JSON, not CSV; events are not read from JSON lines, write them as CSV "
                    + "(items in JSON lines are read from a file called .jsonl)")
        }
        guard line.count == 5, line.starts(with: "sep=".utf8) else { return false }
        guard line[4] == delimiter else {
            throw refusal(
                "sep=\(UnicodeScalar(line[4])) says what stands between fields; give --delimiter "
                    + "\"\(UnicodeScalar(line[4]))\"")
        }
        return true
    }

    /// Reads further lines until the quoted field is closed, and cuts the record again.
    private mutating func readOn(_ line: UnsafeRawBufferPointer) throws(ImportError) {
        var scan = QuoteScan(delimiter: delimiter)
        scan.read(line)
        var length = line.count
        while scan.isOpen, let record = try lines.extend(), record.count <= Self.longestRecord {
            scan.read(record[length...])
            length = record.count
            guard !scan.isOpen else { continue }
            do throws(LineProblem) {
                try fields.split(record)
                problem = nil
                longRecords += 1
                if firstLongRecord == nil {
                    firstLongRecord = lines.lineNumber...lines.lineNumber + lines.joinedLines
                }
            } catch {
                problem = error
            }
        }
    }

    /// A zero byte is in no text; ids that hold one would be cut by other programs.
    private mutating func refuseZeroBytes() {
        for index in 0..<fields.count where problem == nil && fields[index].contains(0) {
            problem = LineProblem(reason: "a byte that is zero in field \(index + 1)")
        }
    }
}
