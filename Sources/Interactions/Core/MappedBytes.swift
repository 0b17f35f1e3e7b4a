import Foundation

/// Read-only bytes that live as long as this object: a memory-mapped file, or a copy of an array.
///
/// Unchecked because of the raw pointer: nothing writes to the bytes after the initialiser returns,
/// and they are released only in `deinit`.
final class MappedBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// Maps the file at `path`; the error is the system's `errno`.
    init(path: String) throws(SystemError) {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(operation: "open") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError(operation: "fstat") }
        let size = Int(status.st_size)
        isMapped = size > 0
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
            address != MAP_FAILED
        else { throw SystemError(operation: "mmap") }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    /// Copies an array's elements.
    init<Element: BitwiseCopyable>(copying elements: [Element]) {
        isMapped = false
        let size = elements.count * MemoryLayout<Element>.stride
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
        elements.withUnsafeBytes { source in
            if let start = source.baseAddress, let target = copy.baseAddress {
                target.copyMemory(from: start, byteCount: size)
            }
        }
        bytes = UnsafeRawBufferPointer(start: copy.baseAddress, count: size)
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.deallocate()
        }
    }
}

/// A failed system call with the system's reason.
struct SystemError: Error, CustomStringConvertible {
    let operation: String
    let code: Int32

    init(operation: String, code: Int32 = errno) {
        self.operation = operation
        self.code = code
    }

    /// What to do about it, as the end of a line; empty where nobody knows.
    var advice: String {
        switch code {
        case ENOSPC, EDQUOT: "; make room there, or take a place with more of it"
        case EROFS, EACCES, EPERM: "; take a place that you may write to"
        default: ""
        }
    }

    var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
