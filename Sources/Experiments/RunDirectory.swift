internal import Files
public import Foundation

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

    private var files: [URL] {
        [experiment, manifest, history, weights, model, metrics, users, report]
    }

    // MARK: What is there

    /// What stands there, but for files that killed processes left half-written.
    private func names() throws(RunError) -> [String] {
        do {
            return try FileReading.names(in: url).filter { !$0.contains(".tmp-") }.sorted()
        } catch {
            throw RunError(reading: error)
        }
    }

    private func isThere(_ file: URL) -> Bool {
        FileManager.default.fileExists(atPath: file.path)
    }

    /// Whether something of a run is there that another would destroy: an epoch, a model, a result.
    private func holdsWork() throws(RunError) -> Bool {
        let size = (try? history.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
        if size > 0 || [model, weights, metrics, users].contains(where: isThere) { return true }
        return try CheckpointStore(run: self).newest() != nil
    }

    /// Throws unless a new run may take the place: it is vacant, or a run stopped there before its first epoch ended.
    func requireVacant() throws(RunError) {
        let own = Set((files + [checkpoint]).map(\.lastPathComponent))
        if let name = try names().first(where: { !own.contains($0) }) {
            throw .occupied(path: url.path, name: name)
        }
        guard try !holdsWork() else { throw .exists(path: url.path) }
    }

    /// Throws where a directory has the name of one of the run's files, which could not be written at the end.
    func requireFiles() throws(RunError) {
        func isDirectory(_ url: URL) -> Bool {
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory)
                && isDirectory.boolValue
        }
        if let file = files.first(where: isDirectory) {
            throw .unwritable(path: file.path, reason: SystemError(code: EISDIR).description)
        }
        if isThere(checkpoint), !isDirectory(checkpoint) {
            throw .unwritable(path: checkpoint.path, reason: SystemError(code: ENOTDIR).description)
        }
    }

    /// Removes what killed processes left half-written.
    func removeLeftovers() {
        Unfinished.removeLeftovers(in: url)
        Unfinished.removeLeftovers(in: checkpoint)
    }

    /// Makes the directory.
    func make() throws(RunError) { try RunFile.makeDirectory(url) }

    /// Whether a run was begun there that can be resumed.
    public var isBegun: Bool { (try? holdsWork()) ?? true }

    /// Whether some process trains there now.
    public var isBusy: Bool { isThere(url) && (try? RunLock(url)) == nil }

    /// Whether the run has ended and its result can be read.
    public var isFinished: Bool { isThere(metrics) && (try? result()) != nil }

    // MARK: What it says

    /// The result of a run that has ended; throws a ``RunError`` where this is no run directory of this version with one.
    @discardableResult
    func requireFinished() throws(RunError) -> EvaluationResult {
        let known = try names()
        guard !known.isEmpty else {
            throw .unreadable(path: url.path, reason: "not a run directory")
        }
        guard isThere(experiment) || isThere(manifest) || isThere(metrics) else {
            throw .unreadable(path: url.path, reason: "not a run directory")
        }
        if isThere(manifest) { _ = try facts() }
        guard isThere(metrics) else { throw .unfinished(path: url.path) }
        return try result()
    }

    /// The result on the test part of a finished run.
    public func result() throws(RunError) -> EvaluationResult {
        do {
            return try RunFile.read(EvaluationResult.self, json: metrics)
        } catch RunError.unreadable(let path, let reason) {
            throw .unreadable(
                path: path,
                reason: reason
                    + "; the command that trained the run, with --resume, measures it anew")
        }
    }

    /// The facts about the run.
    public func facts() throws(RunError) -> RunManifest {
        let found = try RunFile.read(
            RunManifest.self, json: manifest, version: RunManifest.currentFormat)
        guard let problem = found.problem else { return found }
        throw .unreadable(path: manifest.path, reason: problem)
    }

    /// The history of the run, one entry an epoch; lines that cannot be read are left out.
    public func historyEntries() throws -> [HistoryEntry] { HistoryFile.entries(history) }
}
