import Foundation

/// A process that this program started ended badly.
struct ChildError: Error, CustomStringConvertible {
    let command: String
    let reason: String

    var description: String { "\(command): \(reason)" }
}

/// Starts other processes and reads the one JSON value that each prints.
enum ChildProcess {
    /// Runs this program again in one of ``ChildTask``'s roles, so that its memory is that task's alone.
    static func run<Report: Decodable>(_ task: ChildTask) throws -> Report {
        // The link names this program however it was started.
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return try run(own, [ChildTask.option, task.encoded()])
    }

    /// Runs a program; what it writes to standard error goes to ours.
    static func run<Report: Decodable>(_ program: URL, _ arguments: [String]) throws -> Report {
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let name = ([program.lastPathComponent] + arguments.prefix(1)).joined(separator: " ")
        guard process.terminationStatus == 0 else {
            throw ChildError(
                command: name, reason: "ended with status \(process.terminationStatus)")
        }
        do {
            return try JSONDecoder().decode(Report.self, from: data)
        } catch {
            throw ChildError(command: name, reason: "its report is not the one expected: \(error)")
        }
    }
}
