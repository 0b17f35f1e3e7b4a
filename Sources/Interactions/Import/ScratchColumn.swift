import Foundation

/// A writable array in a memory-mapped temporary file, so that the system can write it out.
final class ScratchColumn<Element: BitwiseCopyable> {
    let elements: UnsafeMutableBufferPointer<Element>
    private let address: UnsafeMutableRawPointer
    private let byteCount: Int

    /// Makes `count` zeros in a file that has no name any more once it is mapped.
    init(path: String, count: Int) throws(ImportError) {
        byteCount = max(count * MemoryLayout<Element>.stride, 1)
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unwritable(path: path, error: SystemError(operation: "open"))
        }
        defer {
            close(descriptor)
            unlink(path)
        }
        // The room is taken here: a mapped file that finds none later would end the process.
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
            throw .unwritable(path: path, error: SystemError(operation: "ftruncate"))
        }
        let code = Self.allocate(descriptor, byteCount)
        guard code == 0 else {
            throw .unwritable(path: path, error: SystemError(operation: "allocate", code: code))
        }
        guard
            let mapped = mmap(
                nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            mapped != MAP_FAILED
        else { throw .unwritable(path: path, error: SystemError(operation: "mmap")) }
        address = mapped
        elements = UnsafeMutableBufferPointer(
            start: mapped.bindMemory(to: Element.self, capacity: count), count: count)
    }

    private static func allocate(_ descriptor: Int32, _ byteCount: Int) -> Int32 {
        #if os(Linux)
            return posix_fallocate(descriptor, 0, off_t(byteCount))
        #else
            return 0
        #endif
    }

    deinit { munmap(address, byteCount) }
}
