internal import Files
internal import Foundation

/// The right to write into a run directory; it ends with the object, or with the process in whatever way that ends.
final class RunLock {
    private let descriptor: Int32

    /// Throws where another process trains in the directory, or where there is none.
    init(_ directory: URL) throws(RunError) {
        descriptor = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadable(path: directory.path, reason: SystemError().description)
        }
        // File systems without locks let everybody in.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            throw .busy(path: directory.path)
        }
        // Who removed the directory and made it anew since it was opened holds the lock of another.
        var (own, present) = (stat(), stat())
        guard fstat(descriptor, &own) == 0, stat(directory.path, &present) == 0,
            own.st_ino == present.st_ino, own.st_dev == present.st_dev
        else { throw .busy(path: directory.path) }
    }

    deinit { close(descriptor) }
}
