internal import Files
internal import Foundation
internal import Torch
internal import TorchNN

/// Where a run stands between two epochs: with it and the seed, everything that follows is determined.
///
/// It says itself what is trained on what, so that the other files of the run can be written again when they are lost.
struct TrainingState: Sealed, Equatable {
    static let currentFormat = RunManifest.currentFormat

    var formatVersion = TrainingState.currentFormat
    var checksum = ""
    /// The resolved experiment.
    var experiment: ExperimentConfiguration
    /// The checksum of the dataset.
    var dataset: String
    /// The phase to continue, and its next epoch.
    var phase = 0
    var epoch = 0
    /// Epochs written so far, over all phases.
    var totalEpochs = 0
    var schedule: LearningRateSchedule?
    var bestScore: Double?
    var bestEpoch: Int?
    var epochsWithoutGain = 0
    var seconds = 0.0
    var resumed = 0
    /// Every epoch so far.
    var history: [HistoryEntry] = []
    /// The checksums of the files beside this one, by name.
    var files: [String: String] = [:]

    /// Nothing is trained yet.
    init(_ experiment: ExperimentConfiguration, dataset: String) {
        self.experiment = experiment
        self.dataset = dataset
    }

    /// What cannot be in a state that was read, by its key; nil where nothing is.
    var problem: String? {
        let counts = [
            ("phase", phase), ("epoch", epoch), ("totalEpochs", totalEpochs),
            ("epochsWithoutGain", epochsWithoutGain), ("resumed", resumed),
            ("bestEpoch", bestEpoch ?? 0),
        ]
        if let (key, value) = counts.first(where: { !(0...Int(Int32.max)).contains($0.1) }) {
            return "\(key): expected a number from 0, got \(value)"
        }
        if epoch > totalEpochs { return "epoch: expected at most totalEpochs, \(totalEpochs)" }
        if let bestEpoch, bestEpoch > totalEpochs {
            return "bestEpoch: expected at most totalEpochs, \(totalEpochs), got \(bestEpoch)"
        }
        if bestScore?.isFinite == false { return "bestScore: expected a finite number" }
        if history.count > totalEpochs { return "history: more lines than epochs" }
        return RunManifest.possibleSeconds.contains(seconds) ? nil : "seconds: got \(seconds)"
    }
}

/// Saves and finds the states of a run; the newest complete one counts.
///
/// A state is a directory `epoch-N` that appears by a rename. The best weights are written once, when they
/// are found, as `best-N.safetensors`.
struct CheckpointStore {
    let run: RunDirectory

    private static let weights = "weights.safetensors"
    private static let optimizer = "optimizer.safetensors"
    private static let state = "state.json"

    private var directory: URL { run.checkpoint }

    /// Writes a state; its checksums become those of what is written.
    func save(
        _ state: inout TrainingState, weights: [String: Tensor], optimizer: [String: Tensor]
    ) throws {
        let files = FileManager.default
        let final = directory.appendingPathComponent("epoch-\(state.totalEpochs)")
        let temporary = Unfinished.url(of: final.lastPathComponent, in: directory)
        try? files.removeItem(at: temporary)
        try RunFile.makeDirectory(temporary)
        state.files = state.files.filter { $0.key == state.bestName }
        do {
            for (name, tensors) in [(Self.weights, weights), (Self.optimizer, optimizer)] {
                let file = temporary.appendingPathComponent(name)
                try Safetensors.write(tensors, to: file)
                state.files[name] = try RunFile.checksum(of: file)
            }
            try RunFile.write(sealed: state, to: temporary.appendingPathComponent(Self.state))
            try? files.removeItem(at: final)
            guard rename(temporary.path, final.path) == 0 else {
                throw RunError.unwritable(path: final.path, reason: SystemError().description)
            }
        } catch {
            try? files.removeItem(at: temporary)
            throw error
        }
        removeAllBut(state)
    }

    /// Writes the weights that validation likes best so far.
    func saveBest(_ weights: [String: Tensor], _ state: inout TrainingState) throws {
        try RunFile.makeDirectory(directory)
        state.bestEpoch = state.totalEpochs
        let name = "best-\(state.totalEpochs).safetensors"
        let file = directory.appendingPathComponent(name)
        try Safetensors.write(weights, to: file)
        state.files[name] = try RunFile.checksum(of: file)
    }

    /// The best weights of a state; nil before the first validation.
    func loadBest(_ state: TrainingState) throws -> [String: Tensor]? {
        guard let name = state.bestName else { return nil }
        return try tensors(directory.appendingPathComponent(name), state)
    }

    /// The newest complete state with its tensors, all of it verified; nil when there is none.
    func load() throws -> (
        state: TrainingState, weights: [String: Tensor], optimizer: [String: Tensor]
    )? {
        guard let newest = try newest() else { return nil }
        let place = directory.appendingPathComponent("epoch-\(newest)")
        let file = place.appendingPathComponent(Self.state)
        let state = try naming(file) {
            try RunFile.read(sealed: TrainingState.self, file) { state in
                state.totalEpochs == newest
                    ? state.problem
                    : "totalEpochs: expected \(newest), as the directory's name says"
            }
        }
        _ = try loadBest(state)
        return (
            state, try tensors(place.appendingPathComponent(Self.weights), state),
            try tensors(place.appendingPathComponent(Self.optimizer), state)
        )
    }

    /// The number of the newest complete state; nil when there is none.
    func newest() throws(RunError) -> Int? {
        do {
            return try FileReading.names(in: directory)
                .compactMap { $0.hasPrefix("epoch-") ? Int($0.dropFirst(6)) : nil }.max()
        } catch {
            throw RunError(reading: error)
        }
    }

    func removeEverything() {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Reads a file that a state names, if it is still what was written.
    private func tensors(_ file: URL, _ state: TrainingState) throws -> [String: Tensor] {
        try naming(file) {
            let tensors = try Safetensors.read(file).tensors
            guard try RunFile.checksum(of: file) == state.files[file.lastPathComponent] else {
                throw RunError.unreadable(
                    path: file.path,
                    reason: "it was changed or damaged after it was written, or is another run's")
            }
            return tensors
        }
    }

    /// Says of what is wrong with a file that the run cannot be continued without it, and what to do.
    private func naming<Value>(_ file: URL, _ read: () throws -> Value) throws(RunError) -> Value {
        let reason: String
        do {
            return try read()
        } catch RunError.unreadable(_, let why) {
            reason = why
        } catch let error as SafetensorsError {
            reason = "\(error.reason)"
        } catch {
            reason = "cannot be read"
        }
        throw .lost(path: run.url.path, file: file.path, reason: reason)
    }

    private func removeAllBut(_ state: TrainingState) {
        let kept = ["epoch-\(state.totalEpochs)", state.bestName]
        for name in (try? FileReading.names(in: directory)) ?? [] where !kept.contains(name) {
            try? FileManager.default.removeItem(at: directory.appendingPathComponent(name))
        }
    }
}

extension TrainingState {
    /// The file with the best weights.
    var bestName: String? { bestEpoch.map { "best-\($0).safetensors" } }
}
