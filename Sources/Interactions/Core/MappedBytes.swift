internal import Files
import Foundation

/// Read-only bytes that live as long as this object: a memory-mapped file, or a copy of an array.
///
/// Unchecked because of the raw pointer: nothing writes to the bytes after the initialiser returns,
/// and they are released only in `deinit`.
final class MappedBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// Maps the regular file at `path`.
    init(path: String) throws(SystemError) {
        bytes = try FileReading.map(path)
        isMapped = bytes.baseAddress != nil
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
