internal import Files
import Foundation

/// Reads a file line by line through one buffer, which grows only for a line longer than itself.
///
/// Line ends are `\n` or `\r\n`; the last line needs none; a byte order mark is left out. A line's
/// bytes are valid until the next call of ``next()``.
final class LineReader {
    private static let longestLine = 64 << 20
    let path: String
    let size: Int
    private(set) var lineNumber = 0
    private(set) var bytesRead = 0
    private(set) var checksum = Checksum()
    private let descriptor: Int32
    private var buffer: UnsafeMutableRawPointer
    private var capacity = 1 << 20
    private var start = 0
    private var scanned = 0
    private var end = 0
    private var isAtEnd = false

    init(path: String) throws(ImportError) {
        self.path = path
        descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadable(path: path, reason: SystemError().description)
        }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && (status.st_mode & S_IFMT) == S_IFREG
        guard isFile else {
            close(descriptor)
            throw .unreadable(path: path, reason: "not a regular file")
        }
        size = Int(status.st_size)
        buffer = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        buffer.deallocate()
        close(descriptor)
    }

    /// The next line without its end; nil after the last one.
    func next() throws(ImportError) -> UnsafeRawBufferPointer? {
        while true {
            if let found = memchr(buffer + scanned, 0x0A, end - scanned) {
                let lineEnd = found - UnsafeMutableRawPointer(buffer)
                let line = line(to: lineEnd)
                start = lineEnd + 1
                scanned = start
                return line
            }
            scanned = end
            if isAtEnd {
                guard start < end else { return nil }
                let line = line(to: end)
                start = end
                return line
            }
            try refill()
        }
    }

    private func line(to lineEnd: Int) -> UnsafeRawBufferPointer {
        lineNumber += 1
        var length = lineEnd - start
        if length > 0, buffer.load(fromByteOffset: lineEnd - 1, as: UInt8.self) == 0x0D {
            length -= 1
        }
        return UnsafeRawBufferPointer(start: buffer + start, count: length)
    }

    private func refill() throws(ImportError) {
        if start > 0 {
            memmove(buffer, buffer + start, end - start)
            end -= start
            start = 0
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
        checksum.update(UnsafeRawBufferPointer(start: buffer + end, count: count))
        isAtEnd = count == 0
        let isFirst = bytesRead == 0
        bytesRead += count
        end += count
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if isFirst, end >= 3, memcmp(buffer, mark, 3) == 0 {
            start = 3
            scanned = 3
        }
    }
}
