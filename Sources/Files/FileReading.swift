package import Foundation

/// Reads files.
///
/// Where a regular one is asked for, what is none, such as a directory or a pipe, is refused at once and not waited for.
package enum FileReading {
    /// Opens a regular file; the caller closes it.
    package static func open(_ path: String) throws(SystemError) -> (descriptor: Int32, size: Int) {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError() }
        var status = stat()
        let failure: SystemError? =
            if fstat(descriptor, &status) != 0 {
                SystemError()
            } else {
                switch status.st_mode & S_IFMT {
                case S_IFREG: nil
                case S_IFDIR: SystemError(code: EISDIR)
                default: SystemError(code: ENODEV)
                }
            }
        if let failure {
            close(descriptor)
            throw failure
        }
        return (descriptor, Int(status.st_size))
    }

    /// Above all that is read as a whole, and below what a sparse file can say to hold.
    private static let mostBytes = 16 << 30

    /// The bytes of a file of at most 16 GiB.
    package static func data(_ url: URL) throws(FileError) -> Data {
        do {
            let (descriptor, size) = try open(url.path)
            defer { close(descriptor) }
            guard size <= mostBytes else { throw SystemError(code: EFBIG) }
            var data = Data(count: size)
            let filled = try data.withUnsafeMutableBytes { try $0.fill(from: descriptor) }
            return filled == size ? data : data.prefix(filled)
        } catch {
            throw FileError(url, error)
        }
    }

    /// The first bytes of a file or of a pipe, at most so many; a pipe that nobody writes to has none.
    package static func beginning(of url: URL, upTo count: Int) throws(FileError) -> Data {
        do {
            let descriptor = Foundation.open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { throw SystemError() }
            defer { close(descriptor) }
            var data = Data(count: count)
            let filled = try data.withUnsafeMutableBytes { try $0.fill(from: descriptor) }
            return data.prefix(filled)
        } catch {
            throw FileError(url, error)
        }
    }

    /// Maps the bytes of a file, which the caller unmaps where there are some.
    package static func map(_ path: String) throws(SystemError) -> UnsafeRawBufferPointer {
        let (descriptor, size) = try open(path)
        defer { close(descriptor) }
        guard size > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
            address != MAP_FAILED
        else { throw SystemError() }
        return UnsafeRawBufferPointer(start: address, count: size)
    }

    /// The bytes of a file, mapped: they are read when they are used.
    package static func mapped(_ url: URL) throws(FileError) -> Data {
        do {
            let bytes = try map(url.path)
            guard let start = bytes.baseAddress else { return Data() }
            return Data(
                bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count,
                deallocator: .custom { start, count in munmap(start, count) })
        } catch {
            throw FileError(url, error)
        }
    }

    /// The text of a file in UTF-8.
    package static func text(_ url: URL) throws(FileError) -> String {
        guard let text = String(validating: try data(url), as: UTF8.self) else {
            throw FileError(path: url.path, reason: "not text in UTF-8")
        }
        return text
    }

    /// The names in a directory; none where there is no such directory.
    package static func names(in directory: URL) throws(FileError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory.path)
        } catch {
            if SystemError(error)?.code == ENOENT { return [] }
            throw FileError(directory, error)
        }
    }
}
