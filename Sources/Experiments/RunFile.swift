internal import Files
internal import Foundation
internal import Interactions

/// Reads and writes the files of a run directory and of a sweep; errors are ``RunError``.
enum RunFile {
    /// Writes at once.
    static func write(_ data: Data, to url: URL) throws(RunError) {
        try naming { () throws(FileError) in try AtomicFile.write(data, to: url) }
    }

    /// Writes a value as JSON with keys in order.
    static func write(json value: some Encodable, to url: URL) throws(RunError) {
        try naming { () throws(FileError) in try JSONFile.write(value, to: url) }
    }

    /// Reads a value from JSON, of a version of its format where one is given.
    static func read<Value: Decodable>(
        _ type: Value.Type, json url: URL, version: Int? = nil
    ) throws(RunError) -> Value {
        do {
            return try JSONFile.read(type, from: url, version: version)
        } catch {
            throw RunError(reading: error)
        }
    }

    /// Writes a value that carries its own checksum.
    static func write(sealed value: some Sealed, to url: URL) throws(RunError) {
        try write(Seal.closed(value, path: url.path), to: url)
    }

    /// Reads a value that carries its own checksum; `check` says what contradicts itself in it, by key.
    static func read<Value: Sealed>(
        sealed type: Value.Type, _ url: URL, check: (Value) -> String?
    ) throws(RunError) -> Value {
        do throws(FileError) {
            let data = try FileReading.data(url)
            let value = try JSONFile.decode(
                type, data, path: url.path, version: Value.currentFormat)
            if let problem = check(value) { throw FileError(path: url.path, reason: problem) }
            guard Seal.isIntact(data) else {
                throw FileError(
                    path: url.path,
                    reason: "checksum: the file was changed or damaged after it was written")
            }
            return value
        } catch {
            throw RunError(reading: error)
        }
    }

    /// The checksum of a file's bytes.
    static func checksum(of url: URL) throws(RunError) -> String {
        do throws(FileError) {
            let data = try FileReading.mapped(url)
            var sum = Checksum()
            data.withUnsafeBytes { sum.update($0) }
            return sum.text
        } catch {
            throw RunError(reading: error)
        }
    }

    /// Makes a directory and those above it.
    static func makeDirectory(_ url: URL) throws(RunError) {
        try naming { () throws(FileError) in try AtomicFile.makeDirectory(url) }
    }

    private static func naming(_ write: () throws(FileError) -> Void) throws(RunError) {
        do {
            try write()
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
    }
}

/// A value whose file says its own checksum, so that no part of it can be changed, or mixed with another's, unnoticed.
protocol Sealed: Codable {
    /// The version of the layout that is written and read.
    static var currentFormat: Int { get }
    /// The version of the layout of this value.
    var formatVersion: Int { get }
    /// The checksum of the file's bytes, with zeros for its own digits.
    var checksum: String { get set }
}

private enum Seal {
    private static let digits = 16
    private static let open = "xxh64:" + String(repeating: "0", count: digits)
    /// Quotes within texts are escaped, so this stands nowhere else.
    private static let mark = Data("\"checksum\" : \"xxh64:".utf8)

    static func closed(_ value: some Sealed, path: String) throws(RunError) -> Data {
        var value = value
        value.checksum = open
        guard var data = try? JSONFile.encoder(.prettyPrinted).encode(value),
            let range = place(in: data)
        else { throw .unwritable(path: path, reason: "it cannot be made JSON") }
        data.append(UInt8(ascii: "\n"))
        data.replaceSubrange(range, with: Data(sum(data).utf8.suffix(digits)))
        return data
    }

    static func isIntact(_ data: Data) -> Bool {
        guard let range = place(in: data) else { return false }
        var open = data
        open.replaceSubrange(
            range, with: Data(repeating: UInt8(ascii: "0"), count: digits))
        return Data(sum(open).utf8.suffix(digits)) == data[range]
    }

    private static func place(in data: Data) -> Range<Int>? {
        guard let found = data.range(of: mark), found.upperBound + digits <= data.endIndex else {
            return nil
        }
        return found.upperBound..<found.upperBound + digits
    }

    private static func sum(_ data: Data) -> String {
        var sum = Checksum()
        data.withUnsafeBytes { sum.update($0) }
        return sum.text
    }
}
