internal import Foundation

/// The right to write into a run directory; it ends with the object, or with the process in whatever way that ends.
final class RunLock {
    private let descriptor: Int32

    /// Throws where another process trains in the directory.
    init(_ directory: URL) throws(RunError) {
        let opened = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // File systems without locks let everybody in.
        if opened >= 0, flock(opened, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            close(opened)
            throw .busy(path: directory.path)
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}
