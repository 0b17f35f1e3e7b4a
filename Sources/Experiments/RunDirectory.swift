public import Foundation

/// A run directory or one of its files is not what it should be.
public enum RunError: Error, Equatable, CustomStringConvertible {
    /// A file is missing or does not decode.
    case unreadable(path: String, reason: String)
    /// A new run would overwrite something.
    case exists(path: String)
    /// There is nothing to resume from.
    case nothingToResume(path: String)
    /// What is asked for is there only when the run has ended.
    case unfinished(path: String)
    /// Another process trains there.
    case busy(path: String)
    /// The resumed run was started with other settings or data.
    case changed(what: String, path: String)
    /// Training produced a loss that is not a number.
    case lossNotFinite(phase: String, epoch: Int, step: Int, kept: String)
    /// The split leaves nothing to learn from.
    case noExamples(phase: String)
    /// The run does not fit the dataset that it is evaluated on.
    case otherData(path: String, reason: String)

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .exists(let path):
            "\(path) exists already; choose another --output, or --resume to continue it"
        case .nothingToResume(let path): "\(path) holds no run to resume; leave out --resume"
        case .unfinished(let path):
            "\(path) is not finished; continue it with the command that began it and --resume"
        case .busy(let path): "\(path): another process is training there"
        case .changed(let what, let path):
            "\(path) was started with another \(what); resume it with the same, or choose another "
                + "--output"
        case .lossNotFinite(let phase, let epoch, let step, let kept):
            "the loss is not a number in phase \(phase), epoch \(epoch), step \(step); \(kept). "
                + "Lower training.optimizer.learningRate or set training.clipNorm"
        case .noExamples(let phase):
            "phase \(phase) has no example to learn from; look at the dataset with describe"
        case .otherData(let path, let reason): "\(path): \(reason)"
        }
    }
}

/// The files of one run.
public struct RunDirectory: Sendable {
    /// Where it is.
    public let url: URL

    /// Names a run directory; nothing is made.
    public init(_ url: URL) {
        self.url = url
    }

    /// The resolved experiment.
    public var experiment: URL { url.appendingPathComponent("experiment.yaml") }
    /// Facts about the run: data, machine, times, memory.
    public var manifest: URL { url.appendingPathComponent("manifest.json") }
    /// One line an epoch.
    public var history: URL { url.appendingPathComponent("history.jsonl") }
    /// The chosen weights.
    public var weights: URL { url.appendingPathComponent("model.safetensors") }
    /// What it takes to recommend beside the weights.
    public var model: URL { url.appendingPathComponent("model.json") }
    /// The result on the test part.
    public var metrics: URL { url.appendingPathComponent("metrics.json") }
    /// Each test case's rank.
    public var users: URL { url.appendingPathComponent("users.csv") }
    /// The report for people.
    public var report: URL { url.appendingPathComponent("report.html") }
    /// The states to resume from.
    public var checkpoint: URL { url.appendingPathComponent("checkpoint") }

    /// Makes the directory.
    func make() throws(RunError) {
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw .unreadable(path: url.path, reason: "cannot be made a directory")
        }
    }

    /// Whether a new run may take the place: it is vacant, or a run stopped there before its first epoch ended.
    var isReplaceable: Bool {
        let files = FileManager.default
        guard files.fileExists(atPath: url.path) else { return true }
        let names = (try? files.contentsOfDirectory(atPath: url.path)) ?? ["unreadable"]
        let early = [experiment, manifest, history].map(\.lastPathComponent)
        let size = (try? files.attributesOfItem(atPath: history.path)[.size] as? Int) ?? 0
        return Set(names).isSubset(of: early) && size == 0
    }

    /// Whether a run was begun there that can be resumed.
    public var isBegun: Bool {
        !isReplaceable && FileManager.default.fileExists(atPath: manifest.path)
    }

    /// Whether some process trains there now.
    public var isBusy: Bool {
        FileManager.default.fileExists(atPath: url.path) && (try? RunLock(url)) == nil
    }

    /// Whether the run has ended.
    public var isFinished: Bool { FileManager.default.fileExists(atPath: metrics.path) }

    /// Throws a ``RunError`` unless this is a run directory and the run has ended.
    func requireFinished() throws {
        guard FileManager.default.fileExists(atPath: experiment.path) else {
            throw RunError.unreadable(path: url.path, reason: "not a run directory")
        }
        guard isFinished else { throw RunError.unfinished(path: url.path) }
    }

    /// The result on the test part of a finished run.
    public func result() throws -> EvaluationResult {
        try AtomicFile.read(EvaluationResult.self, json: metrics)
    }

    /// The facts about the run.
    public func facts() throws -> RunManifest {
        try AtomicFile.read(RunManifest.self, json: manifest)
    }
}
