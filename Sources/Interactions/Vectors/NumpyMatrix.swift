internal import Files
import Foundation

/// A two-dimensional float32 array in a `.npy` file, memory-mapped.
struct NumpyMatrix {
    let path: String
    let rowCount: Int
    let width: Int
    private let file: MappedBytes
    private let start: Int

    /// Opens a file of version 1 to 3 that holds little-endian float32 in C order.
    init(path: String) throws(ImportError) {
        self.path = path
        do {
            file = try MappedBytes(path: path)
        } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        let bytes = file.bytes
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
        guard bytes.count >= 12, bytes.prefix(6).elementsEqual(magic), (1...3).contains(bytes[6])
        else { throw .unreadable(path: path, reason: "not a .npy file") }
        let isFirst = bytes[6] == 1
        let length =
            isFirst
            ? Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
            : Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        start = (isFirst ? 10 : 12) + length
        guard start <= bytes.count else {
            throw .unreadable(path: path, reason: "the header is cut off")
        }
        let header = String(decoding: bytes[(isFirst ? 10 : 12)..<start], as: UTF8.self)
        let type = Self.value(of: "descr", in: header)?.prefix { $0 != "," } ?? "?"
        guard type == "'<f4'" || type == "\"<f4\"" else {
            throw .unreadable(
                path: path,
                reason: "expected numbers of type <f4 (float32), got "
                    + type.filter { $0.isASCII && !$0.isNewline }.prefix(20))
        }
        guard Self.value(of: "fortran_order", in: header)?.hasPrefix("False") == true else {
            throw .unreadable(path: path, reason: "expected rows in C order, not Fortran's")
        }
        let shape = Self.shape(in: header)
        guard shape.count == 2, shape[1] > 0, shape[0] > 0, shape[1] <= 1 << 20,
            shape[0] < Int(Int32.max)
        else {
            throw .unreadable(
                path: path, reason: "expected a matrix of rows and columns, got the shape \(shape)")
        }
        let expected = shape[0].multipliedReportingOverflow(by: shape[1] * 4)
        guard !expected.overflow, bytes.count - start == expected.partialValue else {
            throw .unreadable(
                path: path,
                reason: "the shape \(shape) needs \(expected.partialValue) bytes of numbers, got "
                    + "\(bytes.count - start)")
        }
        (rowCount, width) = (shape[0], shape[1])
    }

    /// Beyond this, sums of squares of a vector overflow.
    static let largest: Float = 1e15

    /// Copies a row; false when a number of it is not finite or too large to compute with.
    func copyRow(_ row: Int, to target: UnsafeMutableBufferPointer<Float>) -> Bool {
        precondition(row < rowCount && target.count == width, "NumpyMatrix: no row \(row)")
        return withExtendedLifetime(file) {
            var isUsable = true
            for column in 0..<width {
                let value = file.bytes.loadUnaligned(
                    fromByteOffset: start + (row * width + column) * 4, as: Float.self)
                isUsable = isUsable && abs(value) <= Self.largest
                target[column] = value
            }
            return isUsable
        }
    }

    /// What follows a key of the header, which is a Python dictionary.
    private static func value(of key: String, in header: String) -> Substring? {
        for quote in ["'", "\""] {
            if let range = header.range(of: quote + key + quote) {
                return header[range.upperBound...].drop { $0 == ":" || $0 == " " }
            }
        }
        return nil
    }

    private static func shape(in header: String) -> [Int] {
        guard let text = value(of: "shape", in: header), text.hasPrefix("("),
            let end = text.firstIndex(of: ")")
        else { return [] }
        let parts = text[text.index(after: text.startIndex)..<end].split(separator: ",")
        let numbers = parts.map { Int($0.trimmingCharacters(in: .whitespaces)) }
        return numbers.contains(nil) ? [] : numbers.compactMap { $0 }
    }
}
