internal import Files
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
            throw .unwritable(path: path, reason: SystemError().description)
        }
        defer {
            close(descriptor)
            unlink(path)
        }
        // Space is taken now: on a device that is full, writing into the mapping would end the process. Where the file
        // system cannot take it, the file is only made as long.
        let failure = posix_fallocate(descriptor, 0, off_t(byteCount))
        guard failure == 0 || failure == EOPNOTSUPP || failure == EINVAL else {
            throw .unwritable(path: path, reason: SystemError(code: failure).description)
        }
        guard ftruncate(descriptor, off_t(byteCount)) == 0,
            let mapped = mmap(
                nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            mapped != MAP_FAILED
        else { throw .unwritable(path: path, reason: SystemError().description) }
        address = mapped
        elements = UnsafeMutableBufferPointer(
            start: mapped.bindMemory(to: Element.self, capacity: count), count: count)
    }

    deinit { munmap(address, byteCount) }
}
