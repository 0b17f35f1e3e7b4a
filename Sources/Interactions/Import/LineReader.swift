internal import Files
import Foundation

/// Reads a file line by line through one buffer, which grows only for a line longer than itself.
///
/// Line ends are `\n` or `\r\n`, or `\r` in a file that begins with no other; the last line needs none; a byte order mark
/// is left out. A line's bytes are valid until the next call of ``next()`` or ``extend()``. A file that is no text,
/// or text in another encoding, is refused by the name of what it is.
final class LineReader {
    private static let longestLine = 64 << 20
    let path: String
    let size: Int
    /// The number of the line that was read last, from 1; of several that ``extend()`` joined the first.
    private(set) var lineNumber = 0
    private(set) var bytesRead = 0
    private(set) var checksum = Checksum()
    /// Whether a byte that is zero was read, which no text has.
    private(set) var hasZeroBytes = false
    private let descriptor: Int32
    private var buffer: UnsafeMutableRawPointer
    private var capacity = 1 << 20
    private var start = 0
    private var scanned = 0
    private var end = 0
    private var isAtEnd = false
    private var lineEnd: Int32 = 0x0A
    /// Where the line that was read last begins in the buffer.
    private var lineStart = 0
    /// How many lines ``extend()`` has joined to it, and where the last of them begins.
    private(set) var joinedLines = 0
    private var lastLineStart = 0

    init(path: String) throws(ImportError) {
        self.path = path
        do {
            (descriptor, size) = try FileReading.open(path)
        } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        buffer = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    /// The file's name without its folder.
    var name: String { (path as NSString).lastPathComponent }

    deinit {
        buffer.deallocate()
        close(descriptor)
    }

    /// The next line without its end; nil after the last one.
    func next() throws(ImportError) -> UnsafeRawBufferPointer? {
        lineStart = start
        guard let length = try nextLength() else { return nil }
        lineNumber += 1 + joinedLines
        joinedLines = 0
        return UnsafeRawBufferPointer(start: buffer + lineStart, count: length)
    }

    /// The line that was read last together with the one after it, as one with the end between them; nil where
    /// there is none.
    func extend() throws(ImportError) -> UnsafeRawBufferPointer? {
        guard let length = try nextLength() else { return nil }
        joinedLines += 1
        return UnsafeRawBufferPointer(
            start: buffer + lineStart, count: lastLineStart - lineStart + length)
    }

    /// Passes over a line and returns its length without its end.
    private func nextLength() throws(ImportError) -> Int? {
        while true {
            if let found = memchr(buffer + scanned, lineEnd, end - scanned) {
                let position = UnsafeRawPointer(found) - UnsafeRawPointer(buffer)
                lastLineStart = start
                start = position + 1
                scanned = start
                return length(to: position)
            }
            scanned = end
            if isAtEnd {
                guard start < end else { return nil }
                lastLineStart = start
                start = end
                return length(to: end)
            }
            try refill()
        }
    }

    private func length(to lineEnd: Int) -> Int {
        let length = lineEnd - lastLineStart
        let hasReturn =
            length > 0 && buffer.load(fromByteOffset: lineEnd - 1, as: UInt8.self) == 0x0D
        return hasReturn ? length - 1 : length
    }

    private func refill() throws(ImportError) {
        // What `extend()` may still need begins at the line that was read last.
        let kept = lineStart
        if kept > 0 {
            memmove(buffer, buffer + kept, end - kept)
            end -= kept
            start -= kept
            lineStart = 0
        }
        // Everything before `end` was searched for a line end already.
        scanned = end
        if end == capacity {
            guard capacity < Self.longestLine else {
                throw .malformed(
                    path: path, line: lineNumber + 1,
                    reason: "the line is longer than \(Self.longestLine) bytes")
            }
            let larger = UnsafeMutableRawPointer.allocate(
                byteCount: capacity * 2, alignment: 16)
            larger.copyMemory(from: buffer, byteCount: end)
            buffer.deallocate()
            buffer = larger
            capacity *= 2
        }
        let count = read(descriptor, buffer + end, capacity - end)
        guard count >= 0 else {
            throw .unreadable(path: path, reason: SystemError().description)
        }
        let new = UnsafeRawBufferPointer(start: buffer + end, count: count)
        checksum.update(new)
        hasZeroBytes = hasZeroBytes || memchr(buffer + end, 0, count) != nil
        isAtEnd = count == 0
        let isFirst = bytesRead == 0
        bytesRead += count
        end += count
        if isFirst, count > 0 { try begin(new) }
    }

    /// Looks at the file's first bytes: what it is, where it begins, how its lines end.
    private func begin(_ bytes: UnsafeRawBufferPointer) throws(ImportError) {
        if let kind = FileKind(bytes) { throw .otherKind(path: path, kind: kind) }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            start = 3
            scanned = 3
            lineStart = 3
        }
        if memchr(buffer, 0x0A, end) == nil, memchr(buffer, 0x0D, end) != nil { lineEnd = 0x0D }
    }
}
