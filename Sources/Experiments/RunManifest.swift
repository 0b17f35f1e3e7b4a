internal import Foundation

/// Isthmus itself.
public enum Isthmus {
    /// The version of this code, recorded with every run.
    public static let version = "0.1.0"

    /// The commit of the checkout that this program was built from, `+changes` behind it where files differed.
    ///
    /// `make build` writes it beside the executable. It is `unknown` where nothing was written since the executable
    /// was linked, as after a plain `swift build`, and in programs that have Isthmus as a library.
    public static let commit = recordedCommit(
        of: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath())

    static func recordedCommit(of executable: URL) -> String {
        func time(_ url: URL) -> Date {
            let values = try? FileManager.default.attributesOfItem(atPath: url.path)
            return values?[.modificationDate] as? Date ?? .distantPast
        }
        let record = executable.appendingPathExtension("commit")
        guard time(record) >= time(executable),
            let text = try? String(contentsOf: record, encoding: .utf8)
        else { return "unknown" }
        let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let digits = name.utf8.prefix { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
        let isCommit =
            digits.count >= 40 && ["", "+changes"].contains(name.dropFirst(digits.count))
        return isCommit ? name : "unknown"
    }
}

/// Facts about a run: what was trained on what, where, for how long.
public struct RunManifest: Codable, Equatable, Sendable {
    /// The version of the run directory's layout that this library writes and reads.
    public static let currentFormat = 3

    /// The version of the run directory's layout.
    public var formatVersion = RunManifest.currentFormat
    /// The version of Isthmus.
    public var isthmus = Isthmus.version
    /// The commit that it was built from, or `unknown`.
    public var commit = Isthmus.commit
    /// The version of libtorch.
    public var libtorch: String
    /// The seed.
    public var seed: UInt64
    /// The checksum of the dataset.
    public var dataset: String
    /// The model's name.
    public var model: String
    /// The number of parameters.
    public var parameters: Int
    /// The device that computed.
    public var device: String
    /// Threads of operators.
    public var threads: Int
    /// Processor and operating system.
    public var machine: String
    /// When the run began, in UTC.
    public var started: String
    /// Wall time of training and evaluation so far, over all resumptions.
    public var seconds: Double
    /// The largest resident memory of the process in bytes.
    public var peakMemory: Int
    /// The memory that was foreseen, in bytes.
    public var estimatedMemory: Int
    /// How often the run was resumed.
    public var resumed: Int

    /// At most a thousand years of training.
    static let possibleSeconds = 0...3.2e10

    /// What cannot be in a manifest that was read, by its key; nil where nothing is.
    var problem: String? {
        let counts = [
            ("parameters", parameters), ("threads", threads), ("peakMemory", peakMemory),
            ("estimatedMemory", estimatedMemory), ("resumed", resumed),
        ]
        // Far above what any run has, and far below where sums overflow.
        if let (key, value) = counts.first(where: { !(0...1 << 60).contains($0.1) }) {
            return "\(key): expected a number from 0 to 2^60, got \(value)"
        }
        guard Self.possibleSeconds.contains(seconds) else {
            return "seconds: expected a number of seconds, got \(seconds)"
        }
        return nil
    }
}

/// Facts about the process and its machine.
public enum Machine {
    /// The largest resident memory of this process so far, in bytes.
    public static var peakMemory: Int { status("VmHWM:") }

    /// The resident memory of this process, in bytes.
    public static var memory: Int { status("VmRSS:") }

    /// Processor and operating system in one line.
    public static var summary: String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }
            .flatMap { $0.split(separator: ":").last }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let process = ProcessInfo.processInfo
        return "\(model ?? "unknown processor"), \(process.activeProcessorCount) cores, "
            + process.operatingSystemVersionString
    }

    private static func status(_ key: String) -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        let kilobytes = line.flatMap { Int($0.split(whereSeparator: \.isWhitespace)[1]) }
        return (kilobytes ?? 0) * 1024
    }
}
