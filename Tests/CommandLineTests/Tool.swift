import Foundation
import Testing

/// The built command-line tool, run as a process of its own.
struct Tool {
    /// What a call left behind.
    struct Output {
        let code: Int32
        let text: String
        let errors: String

        /// The lines of standard error.
        var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    }

    /// The executable, which the build puts beside the bundle of tests.
    static var executable: URL {
        get throws {
            // The runner is the bundle itself, or a helper that names the bundle in its arguments.
            let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
            let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            for place in [bundle, runner].compactMap({ $0 }) {
                let tool = URL(fileURLWithPath: place).deletingLastPathComponent()
                    .appendingPathComponent("isthmus")
                if FileManager.default.isExecutableFile(atPath: tool.path) { return tool }
            }
            throw Missing()
        }
    }

    private struct Missing: Error {}

    /// Lets the tool heed what it is told, whoever runs the tests.
    ///
    /// Signals that are ignored, as under nohup or in a shell's background, are ignored by every program that is started. A
    /// handler is not handed down, and this one does nothing.
    private static let heeded: Void = {
        for number in [SIGINT, SIGHUP, SIGTERM] {
            let before = signal(number) { _ in }
            let wasIgnored =
                unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
            if !wasIgnored { signal(number, before) }
        }
    }()

    /// Starts the tool; its output goes to files, so that it never waits for a reader.
    static func start(
        _ arguments: [String], in directory: URL, environment: [String: String] = [:]
    ) throws -> Running {
        _ = heeded
        let process = Process()
        process.environment = ProcessInfo.processInfo.environment
            .merging(environment) { _, new in new }
        process.executableURL = try executable
        process.arguments = arguments
        process.currentDirectoryURL = directory
        let identifier = UUID().uuidString
        let text = directory.appendingPathComponent("\(identifier).out")
        let errors = directory.appendingPathComponent("\(identifier).err")
        try Data().write(to: text)
        try Data().write(to: errors)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: text)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        return Running(process: process, text: text, errors: errors)
    }

    /// A tool that runs.
    struct Running {
        let process: Process
        let text: URL
        let errors: URL

        /// Waits for its end.
        func output() throws -> Output {
            process.waitUntilExit()
            let output = Output(
                code: process.terminationStatus,
                text: try String(contentsOf: text, encoding: .utf8),
                errors: try String(contentsOf: errors, encoding: .utf8))
            try FileManager.default.removeItem(at: text)
            try FileManager.default.removeItem(at: errors)
            return output
        }
    }

    /// Runs the tool to its end.
    static func run(
        _ arguments: [String], in directory: URL, environment: [String: String] = [:]
    ) throws -> Output {
        try start(arguments, in: directory, environment: environment).output()
    }
}

/// A directory that goes away with the test.
final class Workspace: Sendable {
    let url: URL

    convenience init() throws {
        try self.init(
            at: FileManager.default.temporaryDirectory
                .appendingPathComponent("isthmus-tests-\(UUID().uuidString)"))
    }

    init(at place: URL) throws {
        url = place
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Runs the tool here.
    func run(_ arguments: String...) throws -> Tool.Output {
        try Tool.run(arguments, in: url)
    }

    /// Runs the tool and requires success.
    @discardableResult
    func succeed(_ arguments: String...) throws -> Tool.Output {
        let output = try Tool.run(arguments, in: url)
        try #require(output.code == 0, "\(arguments): \(output.errors)")
        return output
    }

    func path(_ name: String) -> URL { url.appendingPathComponent(name) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: path(name))
    }

    func data(_ name: String) throws -> Data { try Data(contentsOf: path(name)) }

    func text(_ name: String) throws -> String {
        String(decoding: try data(name), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path(name).path)
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }

    /// What stands in a run's directory of states now; nothing where there is none yet.
    func checkpoint(of run: String) -> [String] {
        let place = path("\(run)/checkpoint").path
        return (try? FileManager.default.contentsOfDirectory(atPath: place))?.sorted() ?? []
    }

    /// Whether a run has a whole state; one that is not whole yet has more behind its number.
    func hasState(_ run: String) -> Bool {
        checkpoint(of: run).contains { $0.hasPrefix("epoch-") && Int($0.dropFirst(6)) != nil }
    }
}
