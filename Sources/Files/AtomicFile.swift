package import Foundation

/// Writes files so that a reader finds the old content or the new, never half of it.
package enum AtomicFile {
    /// Writes to a temporary name beside the file, then renames.
    package static func write(_ data: Data, to url: URL) throws(FileError) {
        let writer = try AtomicWriter(url)
        try writer.write(data)
        try writer.commit()
    }

    /// Makes a directory and those above it.
    package static func makeDirectory(_ url: URL) throws(FileError) {
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            // Where a file has the name, Foundation only says that something is there.
            var isDirectory: ObjCBool = false
            let isThere = FileManager.default.fileExists(
                atPath: url.path, isDirectory: &isDirectory)
            throw FileError(
                url,
                isThere && !isDirectory.boolValue ? SystemError(code: ENOTDIR) : error)
        }
    }
}

/// Writes one file piece by piece under a temporary name, which ``commit()`` replaces by the file's.
///
/// What a writer leaves that is let go of before is removed; what a killed process leaves is called as
/// ``Unfinished`` says and goes at the next start.
package final class AtomicWriter {
    private let url: URL
    private let temporary: URL
    private let descriptor: Int32
    private var isCommitted = false

    /// Begins a file.
    package init(_ url: URL) throws(FileError) {
        self.url = url
        temporary = Unfinished.url(
            of: url.lastPathComponent, in: url.deletingLastPathComponent())
        descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(url, SystemError()) }
    }

    deinit {
        close(descriptor)
        if !isCommitted { unlink(temporary.path) }
    }

    /// Adds bytes.
    package func write(_ data: Data) throws(FileError) {
        if let failure = data.withUnsafeBytes({ $0.write(to: descriptor) }) {
            throw FileError(url, failure)
        }
    }

    /// Gives the file its name when all of it is on the device.
    package func commit() throws(FileError) {
        // Some file systems have nothing to synchronise and say so.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOSYS,
            rename(temporary.path, url.path) == 0
        else { throw FileError(url, SystemError()) }
        isCommitted = true
    }
}
