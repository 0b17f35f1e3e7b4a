import Files
import Foundation
import Synchronization

/// Standard output and standard error, the one way out for all text.
///
/// Each piece is written at once, so that a pipe sees it when it happens. What cannot be written to standard
/// output is remembered, and the launcher makes it the command's failure. A line that is being redrawn is
/// removed before anything else appears. Ids and titles of strangers never steer a terminal, also not by way of a
/// pipe or a file that is shown on one later: control characters are replaced.
enum Console {
    /// Where text goes.
    enum Stream: Int32 {
        case output = 1
        case errors = 2

        /// Whether this is a terminal on which a line can be redrawn.
        var isRedrawable: Bool {
            let name = ProcessInfo.processInfo.environment["TERM"] ?? ""
            return isatty(rawValue) == 1 && !name.isEmpty && name != "dumb"
        }

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
        /// Whether there was no standard output when the process began.
        var isClosed = false
    }

    private static let eraseLine = "\r\u{1B}[2K"
    private static let state = Mutex(State())

    /// Makes the standard streams usable: one that is closed takes no text, and a closed pipe ends the process.
    ///
    /// The next file that is opened would otherwise get the number of a closed stream, and the text in it.
    static func prepare() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is the closed stream's own.
            _ = open("/dev/null", O_RDWR)
            // Who closes standard error too, as for a daemon, asks for no words at all.
            if descriptor != STDIN_FILENO {
                state.withLock { $0.isClosed = descriptor == STDOUT_FILENO }
            }
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

    /// Writes one line to standard error, with the tool's name before it.
    static func error(_ text: String) {
        // Ids and names may have line ends.
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        errorText("isthmus: \(line)")
    }

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
            send(shown(text), to: stream, &state)
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
        if stream == .output, state.isClosed, !text.isEmpty {
            state.failure = EBADF
            return
        }
        var copy = text
        let refusal = copy.withUTF8 { UnsafeRawBufferPointer($0).write(to: stream.rawValue) }
        if stream == .output { state.failure = refusal?.code ?? 0 }
    }

    private static func shown(_ text: String) -> String {
        text.replacingControls { _ in "\u{FFFD}" }
    }
}

extension String {
    /// The text with something else for each control character but line ends and tabs.
    func replacingControls(by replacement: (Unicode.Scalar) -> String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
        }
        guard unicodeScalars.contains(where: isControl) else { return self }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if isControl(scalar) {
                text.append(contentsOf: replacement(scalar).unicodeScalars)
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }
}
