/// A safetensors file that could not be read or written.
public struct SafetensorsError: Error, Equatable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let reason: Reason

    /// Names the file and what is wrong with it.
    public init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// The path and the reason.
    public var description: String { "\(path): \(reason)" }

    /// What can be wrong with a safetensors file.
    public enum Reason: Error, Equatable {
        /// The file could not be opened or mapped.
        case unreadable(String)
        /// The file could not be written or renamed.
        case unwritable(String)
        /// A tensor to be written bears the name that the format reserves.
        case reservedName(String)
        /// The file has no room for the length of the header.
        case tooShort(byteCount: Int)
        /// The header is longer than allowed.
        case headerTooLong(length: UInt64, limit: Int)
        /// The header is longer than the file.
        case headerBeyondFile(length: UInt64, fileByteCount: Int)
        /// The header is not the JSON that the format asks for.
        case invalidHeader(String)
        /// A key of the header's JSON comes twice in one object.
        case duplicateKey(String)
        /// The element type is none that tensors here can have.
        case unsupportedType(tensor: String, dtype: String)
        /// A size is negative, or the number of bytes does not fit an integer.
        case invalidShape(tensor: String, shape: [Int])
        /// The offsets are not two numbers, in order and not negative.
        case invalidOffsets(tensor: String, offsets: [Int])
        /// The bytes between the offsets are not as many as shape and type need.
        case wrongSize(tensor: String, expected: Int, got: Int)
        /// The offsets end beyond the data: the file was cut, or the header lies.
        case truncated(tensor: String, end: Int, dataByteCount: Int)
        /// A tensor begins before the previous one ends.
        case overlap(tensor: String, begin: Int, expected: Int)
        /// Bytes that belong to no tensor come before a tensor, or at the end (no tensor's name).
        case gap(tensor: String?, begin: Int, expected: Int)
        /// A tensor of truth values holds bytes other than 0 and 1.
        case notTruthValues(tensor: String)
    }
}

extension SafetensorsError.Reason: CustomStringConvertible {
    /// The reason in words, with what was expected and what came.
    public var description: String {
        switch self {
        case .unreadable(let cause): "cannot be read: \(cause)"
        case .unwritable(let cause): "cannot be written: \(cause)"
        case .reservedName(let name): "a tensor cannot be named \(name)"
        case .tooShort(let count): "expected at least 8 bytes, got \(count)"
        case .headerTooLong(let length, let limit):
            "header of \(length) bytes, at most \(limit) are allowed"
        case .headerBeyondFile(let length, let count):
            "header of \(length) bytes in a file of \(count) bytes"
        case .invalidHeader(let cause): "invalid header: \(cause)"
        case .duplicateKey(let key): "invalid header: key \"\(key)\" comes twice"
        case .unsupportedType(let tensor, let dtype):
            "tensor \"\(tensor)\": data type \(dtype), expected one of "
                + DType.allCases.map(\.safetensorsName).sorted().joined(separator: ", ")
        case .invalidShape(let tensor, let shape):
            "tensor \"\(tensor)\": shape \(shape) is negative or too large"
        case .invalidOffsets(let tensor, let offsets):
            "tensor \"\(tensor)\": data_offsets \(offsets), expected [begin, end]"
        case .wrongSize(let tensor, let expected, let got):
            "tensor \"\(tensor)\": shape and type need \(expected) bytes, data_offsets give \(got)"
        case .truncated(let tensor, let end, let count):
            "tensor \"\(tensor)\": data ends at byte \(end), the file holds \(count) (truncated?)"
        case .overlap(let tensor, let begin, let expected):
            "tensor \"\(tensor)\": data begins at byte \(begin), inside the previous, "
                + "which ends at \(expected)"
        case .gap(let tensor?, let begin, let expected):
            "tensor \"\(tensor)\": data begins at byte \(begin), expected \(expected)"
        case .gap(nil, let end, let expected):
            "data ends at byte \(end), the tensors end at \(expected)"
        case .notTruthValues(let tensor):
            "tensor \"\(tensor)\": BOOL data holds bytes other than 0 and 1"
        }
    }
}
