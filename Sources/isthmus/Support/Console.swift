import Foundation
import Synchronization

/// Standard output and standard error, the one way out for all text.
///
/// Each piece is written at once, so that a pipe sees it when it happens. What cannot be written to standard
/// output is remembered, and the launcher makes it the command's failure. A line that is being redrawn is
/// removed before anything else appears.
enum Console {
    /// Where text goes.
    enum Stream: Int32 {
        case output = 1
        case errors = 2

        /// Whether this is a terminal on which a line can be redrawn.
        var isRedrawable: Bool {
            let name = ProcessInfo.processInfo.environment["TERM"] ?? ""
            return isTerminal && !name.isEmpty && name != "dumb"
        }

        fileprivate var isTerminal: Bool { isatty(rawValue) == 1 }

        /// The terminal's columns now; 80 where it does not say.
        var columns: Int {
            var size = winsize()
            let isKnown = ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
            guard !isKnown else { return Int(size.ws_col) }
            let named = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 0
            return named > 0 ? named : 80
        }
    }

    private struct State {
        /// The stream on which a line is drawn now.
        var drawn: Stream?
        /// Why standard output could not be written; 0 while it could.
        var failure: Int32 = 0
    }

    private static let eraseLine = "\r\u{1B}[2K"
    private static let state = Mutex(State())

    /// Makes the standard streams usable: one that is closed leads nowhere, and a closed pipe ends the process.
    ///
    /// The next file that is opened would otherwise get the number of a closed stream, and the text in it.
    static func prepare() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is the closed stream's own.
            _ = open("/dev/null", O_RDWR)
        }
        signal(SIGPIPE, SIG_DFL)
    }

    /// Why something could not be written to standard output, in the system's words; nil if all was.
    static var failure: String? {
        state.withLock { state in
            if state.failure == 0 {
                // Some file systems tell of a full disk only when a file is closed.
                let copy = dup(Stream.output.rawValue)
                if copy >= 0, close(copy) != 0, errno != EINTR { state.failure = errno }
            }
            return state.failure == 0 ? nil : String(cString: strerror(state.failure)).lowercased()
        }
    }

    /// Writes text to standard output.
    static func write(_ text: String) { put(text, on: .output) }

    /// Writes a line to standard output.
    static func line(_ text: String = "") { write(text + "\n") }

    /// Writes a line to standard error, with the tool's name before it.
    static func error(_ text: String) { errorText("isthmus: \(text)") }

    /// Writes text to standard error.
    static func errorText(_ text: String) { put(text + "\n", on: .errors) }

    /// Draws a line in place of the one that was drawn last; it must fit the terminal.
    static func redraw(_ text: String, on stream: Stream) {
        Interruption.safePoint()
        state.withLock { state in
            // A line end within the line would leave its first part behind.
            let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
            send(eraseLine + shown(line), to: stream, &state)
            state.drawn = stream
        }
    }

    /// Removes the line that is drawn, if there is one.
    static func erase() {
        state.withLock { erase(&$0) }
    }

    /// Writes a last line to standard error, whatever other threads have to say.
    static func lastWords(_ text: String) {
        state.withLock { state in
            erase(&state)
            send(shown("isthmus: \(text)\n"), to: .errors, &state)
        }
    }

    private static func put(_ text: String, on stream: Stream) {
        Interruption.safePoint()
        state.withLock { state in
            erase(&state)
            send(stream.isTerminal ? shown(text) : text, to: stream, &state)
        }
    }

    private static func erase(_ state: inout State) {
        guard let stream = state.drawn else { return }
        state.drawn = nil
        send(eraseLine, to: stream, &state)
    }

    /// After the first failure nothing more is tried, so that what was written has no gap.
    private static func send(_ text: String, to stream: Stream, _ state: inout State) {
        guard stream == .errors || state.failure == 0 else { return }
        let result = writeAll(text, to: stream.rawValue)
        if stream == .output { state.failure = result }
    }

    /// Text for a terminal: ids and titles of strangers must not steer it.
    private static func shown(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(isControl(scalar) ? "\u{FFFD}" : scalar)
        }
        return String(scalars)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }
}

/// Writes all of a text; returns 0, or the number of the error.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
    var copy = text
    return copy.withUTF8 { bytes in
        var written = 0
        while written < bytes.count {
            guard let start = bytes.baseAddress else { break }
            let count = write(descriptor, start + written, bytes.count - written)
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                // Whoever started this process left the stream in a form that does not wait.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}
