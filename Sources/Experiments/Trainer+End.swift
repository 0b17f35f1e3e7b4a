internal import Foundation
internal import Interactions
internal import RankingMetrics
internal import Recommenders
internal import Torch
internal import TorchNN

extension Trainer {
    var forecast: MemoryForecast {
        MemoryForecast(
            model: model, split: split, configuration: configuration, random: random)
    }

    func announce(_ state: TrainingState, resumed: Bool) {
        observe(
            .started(
                parameters: model.parameterCount, estimatedMemory: foreseenMemory,
                resumedAtEpoch: resumed ? state.totalEpochs : nil))
        for note in notes { observe(.note(note)) }
    }

    func manifest(_ state: TrainingState) -> RunManifest {
        RunManifest(
            libtorch: Engine.version, seed: configuration.seed, dataset: split.dataset.checksum,
            model: configuration.model, parameters: model.parameterCount,
            device: device.description, threads: Engine.threads, machine: Machine.summary,
            started: ISO8601DateFormatter().string(from: started), seconds: state.seconds,
            peakMemory: Machine.peakMemory, estimatedMemory: foreseenMemory,
            resumed: state.resumed)
    }

    /// Throws where training left weights, or what the optimizer keeps, that are not numbers; no file gets them.
    func requireFinite(
        _ phase: TrainingPhase, epoch: Int, _ state: TrainingState, _ optimizer: Optimizer? = nil
    ) throws {
        guard let name = model.notFiniteParameter ?? optimizer?.notFiniteMoment else { return }
        throw RunError.notFinite(
            what: name, phase: phase.name, epoch: epoch + 1, kept: try rescue(state))
    }

    /// Puts the last good weights in place and says which they are.
    func rescue(_ state: TrainingState) throws -> String {
        let kept: String
        if let best = try checkpoints.loadBest(state) {
            try model.load(best)
            kept = "the best epoch's weights were kept"
        } else if let last = try checkpoints.load() {
            try model.load(last.weights)
            kept = "the last whole epoch's weights were kept"
        } else {
            return "no epoch had ended, so no weights were kept"
        }
        try saved().write(to: run)
        return kept
    }

    private func saved() -> SavedModel {
        let dataset = split.dataset
        return SavedModel(
            description: SavedModel.Description(
                model: configuration.model, parameters: configuration.parameters,
                shape: DataShape(dataset), maximumLength: model.window.length,
                dataset: dataset.checksum, catalogs: dataset.catalogs,
                popularity: split.trainingEventsOfItems),
            model: model)
    }

    /// Evaluates the test part and writes everything that a finished run has; `metrics.json` comes last.
    func finish(_ state: TrainingState) throws -> EvaluationResult {
        let begin = Date()
        try saved().write(to: run)
        var state = state
        let result: EvaluationResult
        if configuration.evaluation.task == .ranking {
            let writer = try UserResultsWriter(to: run.users)
            result = try evaluator.evaluate(model, on: .test) { try writer.write($0) }
            try writer.finish()
        } else {
            result = try evaluator.evaluate(model, on: .test)
        }
        state.seconds += Date().timeIntervalSince(begin)
        try RunFile.write(json: manifest(state), to: run.manifest)
        try Report(
            configuration: configuration, manifest: manifest(state), history: state.history,
            result: result
        ).write(to: run.report)
        try RunFile.write(json: result, to: run.metrics)
        checkpoints.removeEverything()
        observe(.finished(result))
        return result
    }
}
