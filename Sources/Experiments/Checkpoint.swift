internal import Foundation
internal import Torch
internal import TorchNN

/// Where a run stands between two epochs: with it and the seed, everything that follows is determined.
struct TrainingState: Codable, Equatable {
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
    /// The length of the history file that belongs to this state.
    var historyBytes: UInt64 = 0
    var resumed = 0
}

/// Saves and finds the states of a run; the newest complete one counts.
///
/// A state is a directory `epoch-N` that appears by a rename. The best weights are written once, when they
/// are found, as `best-N.safetensors`.
struct CheckpointStore {
    let directory: URL

    func save(_ state: TrainingState, weights: [String: Tensor], optimizer: [String: Tensor]) throws
    {
        let files = FileManager.default
        let final = directory.appendingPathComponent("epoch-\(state.totalEpochs)")
        let temporary = directory.appendingPathComponent("epoch-\(state.totalEpochs).tmp")
        try? files.removeItem(at: temporary)
        try files.createDirectory(at: temporary, withIntermediateDirectories: true)
        try Safetensors.write(
            weights, to: temporary.appendingPathComponent("weights.safetensors"))
        try Safetensors.write(
            optimizer, to: temporary.appendingPathComponent("optimizer.safetensors"))
        try AtomicFile.write(json: state, to: temporary.appendingPathComponent("state.json"))
        try? files.removeItem(at: final)
        try files.moveItem(at: temporary, to: final)
        removeAllBut(state)
    }

    /// Writes the weights that validation likes best so far.
    func saveBest(_ weights: [String: Tensor], totalEpochs: Int) throws {
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true)
        try Safetensors.write(weights, to: best(totalEpochs))
    }

    func loadBest(_ totalEpochs: Int) throws -> [String: Tensor] {
        try Safetensors.read(best(totalEpochs)).tensors
    }

    /// The newest complete state; nil when there is none.
    func load() throws -> (
        state: TrainingState, weights: [String: Tensor], optimizer: [String: Tensor]
    )? {
        guard let newest = epochs().last else { return nil }
        let place = directory.appendingPathComponent("epoch-\(newest)")
        return (
            try AtomicFile.read(
                TrainingState.self, json: place.appendingPathComponent("state.json")),
            try Safetensors.read(place.appendingPathComponent("weights.safetensors")).tensors,
            try Safetensors.read(place.appendingPathComponent("optimizer.safetensors")).tensors
        )
    }

    func removeEverything() {
        try? FileManager.default.removeItem(at: directory)
    }

    private func best(_ totalEpochs: Int) -> URL {
        directory.appendingPathComponent("best-\(totalEpochs).safetensors")
    }

    private func names() -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    }

    private func epochs() -> [Int] {
        names().compactMap { $0.hasPrefix("epoch-") ? Int($0.dropFirst(6)) : nil }.sorted()
    }

    private func removeAllBut(_ state: TrainingState) {
        let kept = [
            "epoch-\(state.totalEpochs)", state.bestEpoch.map { "best-\($0).safetensors" },
        ]
        for name in names() where !kept.contains(name) {
            try? FileManager.default.removeItem(at: directory.appendingPathComponent(name))
        }
    }
}
