internal import Foundation
internal import Interactions
internal import Recommenders
internal import Torch
internal import TorchNN

/// Where a call of ``Trainer/train(resume:)`` begins.
///
/// What is in the directory is looked at under the lock: between a look without it and the lock another run can have
/// ended there.
extension Trainer {
    enum Beginning {
        /// Nothing is left to do.
        case ended(EvaluationResult)
        /// Training goes on from a state, with what the optimizer kept.
        case open(TrainingState, optimizer: [String: Tensor])
    }

    /// Takes the directory for a new run.
    func begun() throws -> Beginning {
        try run.requireVacant()
        try evaluator.requireCandidates()
        if model.phases.contains(where: \.isValidated) { try evaluator.requireValidation() }
        foreseenMemory = try forecast.bytes()
        return try .open(takePlace(), optimizer: [:])
    }

    /// Makes and locks the directory, if it is vacant still.
    func takePlace() throws -> TrainingState {
        try run.make()
        lock = try RunLock(run.url)
        try run.requireVacant()
        return try fresh()
    }

    /// Goes on with the run that the directory holds.
    func resumed() throws -> Beginning {
        guard FileManager.default.fileExists(atPath: run.url.path) else {
            throw RunError.nothingToResume(path: run.url.path)
        }
        lock = try RunLock(run.url)
        run.removeLeftovers()
        if let result = try resultOfEnded() { return .ended(result) }
        if let stored = try checkpoints.load() {
            let (state, optimizer) = (stored.state, stored.optimizer)
            try requireSame(state.experiment, dataset: state.dataset, phase: state.phase)
            foreseenMemory = try forecast.bytes()
            guard state.phase < model.phases.count else {
                throw lost("phase: expected a number below \(model.phases.count)", at: state)
            }
            do {
                try model.load(stored.weights)
            } catch {
                throw lost("the weights do not fit: \(error)", at: state)
            }
            try run.requireFiles()
            return try .open(mended(state), optimizer: optimizer.mapValues { $0.to(device) })
        }
        if run.wasMeasured {
            guard FileManager.default.fileExists(atPath: run.model.path) else {
                throw RunError.lost(path: run.url.path, file: run.model.path, reason: "it is lost")
            }
            return try measuredAgain()
        }
        guard HistoryFile.entries(run.history).isEmpty else {
            throw RunError.lost(
                path: run.url.path, file: run.checkpoint.path, reason: "it is lost")
        }
        guard
            FileManager.default.fileExists(atPath: run.manifest.path)
                || FileManager.default.fileExists(atPath: run.experiment.path)
        else { throw RunError.nothingToResume(path: run.url.path) }
        // It was stopped before the end of its first epoch: what can be read must be the same, what cannot is written.
        if let written = try? ExperimentConfiguration(contentsOf: run.experiment) {
            try requireSame(written, dataset: (try? run.facts())?.dataset)
        }
        return try .open(fresh(), optimizer: [:])
    }

    /// Reads and checks everything that a resumed training reads, without training.
    package func checkResuming() throws {
        defer { lock = nil }
        guard case .open(let state, let kept) = try resumed(), state.phase < model.phases.count
        else { return }
        model.setTrainable(prefixes: model.phases[state.phase].trainable)
        try take(kept, by: Optimizer(configuration.training.optimizer, module: model))
        if let stored = state.schedule {
            var schedule = LearningRateSchedule(
                configuration.training.schedule, base: 1, epochs: configuration.training.epochs)
            try restore(&schedule, from: stored)
        }
    }

    /// Writes what a run begins with.
    private func fresh() throws -> TrainingState {
        try run.requireFiles()
        run.removeLeftovers()
        checkpoints.removeEverything()
        try RunFile.write(Data(configuration.yaml().utf8), to: run.experiment)
        let state = TrainingState(configuration, dataset: split.dataset.checksum)
        try RunFile.write(json: manifest(state), to: run.manifest)
        return state
    }

    /// The state that goes on, after everything beside the checkpoint that was lost or damaged is written again.
    private func mended(_ stored: TrainingState) throws -> TrainingState {
        var state = stored
        state.resumed += 1
        state.experiment = configuration
        var mended: [String] = []
        let written = try? ExperimentConfiguration(contentsOf: run.experiment)
        if written != configuration {
            if written != stored.experiment { mended.append(run.experiment.lastPathComponent) }
            try RunFile.write(Data(configuration.yaml().utf8), to: run.experiment)
        }
        let facts = try? run.facts()
        if facts?.dataset != state.dataset || facts?.model != configuration.model
            || facts?.seed != configuration.seed
        {
            mended.append(run.manifest.lastPathComponent)
            try RunFile.write(json: manifest(state), to: run.manifest)
        }
        if HistoryFile.lost(run.history, of: state.history) > 0 {
            mended.append(run.history.lastPathComponent)
        }
        if !mended.isEmpty {
            observe(
                .warning(
                    "\(mended.joined(separator: ", ")): lost or damaged; written again from the "
                        + "checkpoint"))
        }
        return state
    }

    /// The result of a run that has ended, if all of it is there.
    private func resultOfEnded() throws -> EvaluationResult? {
        guard run.isFinished else { return nil }
        let facts = try? run.facts()
        guard let facts, let result = try? run.result(), run.hasEveryResult(result),
            (try? run.cases(of: result)) != nil || result.ratedCases != nil
        else { return nil }
        try requireSame(writtenExperiment(), dataset: facts.dataset, hasEnded: true)
        checkpoints.removeEverything()
        if !HistoryFile.isWhole(run.history) {
            observe(
                .warning(
                    "\(run.history.lastPathComponent): lost or damaged, and the checkpoint is gone that could "
                        + "write it again; a sweep shows no seconds to the best epoch of this run"))
        }
        return result
    }

    /// Ends a run anew whose model is whole and whose results, or facts, are lost or damaged.
    private func measuredAgain() throws -> Beginning {
        let description: SavedModel.Description
        do {
            description = try SavedModel.description(of: run)
            try requireSame(
                writtenExperiment(), dataset: description.dataset, hasEnded: true)
            foreseenMemory = try forecast.bytes()
            guard description.model == configuration.model,
                description.parameters == configuration.parameters
            else {
                throw RunError.unreadable(
                    path: run.model.path, reason: "the model of another experiment")
            }
            try SavedModel.load(run, description, into: model)
        } catch RunError.unreadable(let file, let reason) {
            throw RunError.lost(path: run.url.path, file: file, reason: reason)
        } catch let error as SafetensorsError {
            throw RunError.lost(
                path: run.url.path, file: error.path, reason: "\(error.reason)")
        }
        try run.requireFiles()
        var state = TrainingState(configuration, dataset: description.dataset)
        state.history = HistoryFile.entries(run.history)
        state.totalEpochs = state.history.count
        state.seconds = state.history.reduce(0) { $0 + $1.seconds + $1.validationSeconds }
        state.phase = model.phases.count
        state.resumed = ((try? run.facts())?.resumed ?? 0) + 1
        observe(
            .warning(
                "results or facts of the run are lost or damaged; its model is evaluated again")
        )
        return .open(state, optimizer: [:])
    }

    private func writtenExperiment() throws -> ExperimentConfiguration {
        do {
            return try ExperimentConfiguration(contentsOf: run.experiment)
        } catch {
            throw RunError.lost(
                path: run.url.path, file: run.experiment.path, reason: "lost or damaged")
        }
    }

    private func lost(_ reason: String, at state: TrainingState) -> RunError {
        .lost(
            path: run.url.path,
            file: run.checkpoint.appendingPathComponent("epoch-\(state.totalEpochs)").path,
            reason: reason)
    }

    /// Continues with what an optimizer kept.
    func take(_ stored: [String: Tensor], by optimizer: Optimizer) throws {
        do {
            try optimizer.load(stored)
        } catch {
            throw RunError.lost(
                path: run.url.path, file: run.checkpoint.path,
                reason: "optimizer.safetensors does not fit: \(error)")
        }
    }

    /// Continues with a schedule that was stored.
    func restore(
        _ schedule: inout LearningRateSchedule, from stored: LearningRateSchedule
    ) throws(RunError) {
        guard schedule.resume(from: stored) else {
            throw .lost(
                path: run.url.path, file: run.checkpoint.path,
                reason: "schedule: expected numbers from 0")
        }
    }

    // MARK: The same run

    /// Throws unless a run was begun with these settings on this dataset.
    ///
    /// More epochs and more patience are the same experiment where training goes on as it would have with them from the
    /// beginning: not where a schedule depends on the number of epochs, or an earlier phase ended by it.
    private func requireSame(
        _ old: ExperimentConfiguration, dataset: String?, phase: Int = 0, hasEnded: Bool = false
    ) throws {
        if let dataset, dataset != split.dataset.checksum {
            throw RunError.otherDataset(dataset, now: split.dataset.checksum, in: run)
        }
        let differences = configuration.differences(from: old)
        guard !differences.isEmpty else { return }
        guard differences.allSatisfy({ isLonger($0, old, phase) }) else {
            throw RunError.otherExperiment(differences.text, in: run)
        }
        if hasEnded { throw RunError.ended(path: run.url.path, differences: differences.text) }
    }

    private func isLonger(
        _ difference: SettingDifference, _ old: ExperimentConfiguration, _ phase: Int
    ) -> Bool {
        let (before, now) = (old.training, configuration.training)
        guard !model.phases.prefix(phase).contains(where: \.isValidated) else { return false }
        switch difference.key {
        case "training.epochs":
            return now.epochs > before.epochs && now.schedule.kind != .cosine
        case "training.patience": return now.patience > before.patience
        default: return false
        }
    }
}

extension RunDirectory {
    /// Whether its model was evaluated: with a loss that is not a number a model is left too, but nothing of these.
    fileprivate var wasMeasured: Bool {
        [metrics, users, report].contains { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Whether everything is there that is written beside a result.
    fileprivate func hasEveryResult(_ result: EvaluationResult) -> Bool {
        let needed = [weights, model, report] + (result.candidates == "ratings" ? [] : [users])
        return needed.allSatisfy {
            ((try? $0.resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])).map {
                $0.isRegularFile == true && ($0.fileSize ?? 0) > 0
            }) ?? false
        }
    }
}
