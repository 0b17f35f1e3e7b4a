import Foundation

extension UnsafeRawBufferPointer {
    /// Writes all bytes to an open file; returns what the system refused, or nil.
    package func write(to descriptor: Int32) -> SystemError? {
        var position = 0
        while position < count {
            let written = Foundation.write(
                descriptor, baseAddress.map { $0 + position }, count - position)
            if written >= 0 {
                position += written
            } else if errno == EAGAIN {
                // Whoever started this process left the stream in a form that does not wait.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, -1)
            } else if errno != EINTR {
                return SystemError()
            }
        }
        return nil
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Reads from an open file until the buffer is full or the file ends; returns the number of bytes.
    package func fill(from descriptor: Int32) throws(SystemError) -> Int {
        var filled = 0
        while filled < count {
            let got = read(descriptor, baseAddress.map { $0 + filled }, count - filled)
            if got == 0 { break }
            if got > 0 {
                filled += got
            } else if errno == EAGAIN {
                // A pipe, opened so that nobody waits for a writer who may never come.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&wanted, 1, -1)
            } else if errno != EINTR {
                throw SystemError()
            }
        }
        return filled
    }
}
