internal import Foundation
public import Interactions
internal import RankingMetrics
internal import Recommenders
public import Torch
internal import TorchNN

/// Trains one experiment on one dataset into a run directory.
public final class Trainer {
    private let configuration: ExperimentConfiguration
    private let run: RunDirectory
    private let device: Device
    private let split: Split
    private let model: any Recommender
    private let random: RandomSources
    private let resolved: ExperimentConfiguration
    private let evaluator: Evaluator
    private let checkpoints: CheckpointStore
    /// What the model says that it took of the data.
    private let notes: [String]
    private let observe: (TrainingEvent) -> Void
    private let started = Date()
    private var foreseenMemory = 0
    private var lock: RunLock?

    /// Builds the model and plans the run; nothing is written yet.
    public init(
        _ configuration: ExperimentConfiguration, dataset: Dataset, run: RunDirectory,
        device: Device = .cpu, observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws {
        try configuration.validate()
        let configuration = try configuration.resolved()
        self.configuration = configuration
        resolved = configuration
        self.run = run
        self.device = device
        self.observe = observe
        try require(
            device == .cpu || !configuration.training.optimizer.rowSparse,
            "training.optimizer.rowSparse", expected: "false on \(device)", got: true)
        let seed = configuration.seed
        split = try Split(configuration.data.split, dataset: dataset, seed: seed)
        random = RandomSources(
            initializationSeed: RandomStream.deriveSeed(seed, "initialization"),
            dropoutSeed: RandomStream.deriveSeed(seed, "dropout"), device: device)
        model = try configuration.builtModel(DataShape(dataset), random)
        if model is any RatingPredictor && !dataset.hasRatings { throw EvaluationError.noRatings }
        let task = configuration.evaluation.task
        try require(
            task.suits(model), "evaluation.task", expected: "what \(configuration.model) does",
            got: task.rawValue)
        notes = try Self.prepare(model, with: split)
        model.move(to: device)
        evaluator = Evaluator(
            configuration.evaluation, split: split, maximumLength: configuration.windowLength,
            seed: seed)
        checkpoints = CheckpointStore(directory: run.checkpoint)
    }

    /// Trains all phases, restores the best epoch, evaluates the test part and writes the run.
    ///
    /// With `resume`, continues from the last whole epoch of an earlier call with the same settings and data;
    /// the result is bit for bit that of a call that was not interrupted.
    @discardableResult
    public func train(resume: Bool = false) throws -> EvaluationResult {
        defer { lock = nil }
        var (state, optimizerState) = try prepare(resume: resume)
        if resume && run.isFinished {
            let result = try run.result()
            observe(.finished(result))
            return result
        }
        let history = try HistoryFile(run.history, bytes: state.historyBytes)
        announce(state, resumed: resume)

        while state.phase < model.phases.count {
            let phase = model.phases[state.phase]
            model.setTrainable(prefixes: phase.trainable)
            guard
                let batches = ExampleBatches(
                    phase, split: split, configuration: configuration,
                    window: model.window(configuration.windowLength))
            else {
                (model as? any ClosedFormRecommender)?.fit(to: ExampleBatches.everything(split))
                try endPhase(&state)
                continue
            }
            guard batches.exampleCount > 0 else { throw RunError.noExamples(phase: phase.name) }
            let epochs = phase.epochs ?? configuration.training.epochs
            let optimizer = Optimizer(configuration.training.optimizer, module: model)
            optimizer.load(optimizerState)
            optimizerState = [:]
            var schedule =
                state.schedule
                ?? LearningRateSchedule(
                    configuration.training.schedule,
                    base: configuration.training.optimizer.learningRate, epochs: epochs)

            while state.epoch < epochs && !isExhausted(state, phase) {
                let epoch = state.epoch
                var entry = try trainEpoch(
                    epoch, of: epochs, phase: phase, batches: batches, optimizer: optimizer,
                    schedule: schedule, state: state)
                state.epoch += 1
                state.totalEpochs += 1
                if phase.epochs == nil && isDue(epoch, of: epochs) {
                    try validate(&entry, &state, &schedule)
                }
                state.schedule = schedule
                state.historyBytes = try history.append(entry)
                state.seconds += entry.seconds + entry.validationSeconds
                try checkpoints.save(
                    state, weights: model.state(), optimizer: optimizer.state())
                observe(.epoch(entry))
            }
            try endPhase(&state)
        }
        return try finish(state)
    }

    /// Gives the model what it takes of the data; what is wrong with its settings is named by the experiment's keys.
    private static func prepare(
        _ model: any Recommender, with split: Split
    ) throws(ConfigurationError) -> [String] {
        guard let model = model as? any DataPreparing else { return [] }
        do {
            return try model.prepare(with: split.trainingData)
        } catch {
            throw error.under("parameters")
        }
    }

    // MARK: Steps

    /// One pass over a phase's examples.
    private func trainEpoch(
        _ epoch: Int, of epochs: Int, phase: TrainingPhase, batches: ExampleBatches,
        optimizer: Optimizer, schedule: LearningRateSchedule, state: TrainingState
    ) throws -> HistoryEntry {
        model.train()
        let settings = configuration.training
        var stream = BatchStream(batches, epoch: epoch)
        let begin = Date()
        var totals = LossTotals()
        var rate = 0.0
        var step = 0
        while let (batch, size) = try stream.next() {
            defer { step += 1 }
            random.dropout.reseed(
                RandomStream.deriveSeed(
                    configuration.seed, "dropout", UInt64(state.phase), UInt64(epoch),
                    UInt64(step)))
            if step == 0 || !settings.clearsGradientsEachEpoch { optimizer.clearGradients() }
            let loss = optimizer.recording { model.loss(of: batch, in: phase) }
            let value = loss.total.item()
            guard value.isFinite else {
                throw try stop(phase, epoch: epoch, step: step, state)
            }
            loss.total.backward()
            if settings.clipNorm > 0 {
                clipGradients(of: optimizer.leaves, toNorm: settings.clipNorm)
            }
            rate = schedule.rate(
                epoch: epoch, progress: Double(step) / Double(batches.stepCount))
            optimizer.step(learningRate: rate)
            totals.add(value, loss.parts, examples: size)
            let seconds = Date().timeIntervalSince(begin)
            observe(
                .step(
                    StepProgress(
                        phase: phase.name, isLastPhase: state.phase + 1 == model.phases.count,
                        epoch: epoch + 1, epochs: epochs, step: step + 1,
                        steps: batches.stepCount,
                        examplesPerSecond: Double(totals.examples) / max(seconds, 1e-9),
                        loss: totals.mean,
                        secondsLeft: seconds / Double(step + 1)
                            * Double(batches.stepCount - step - 1))))
        }
        optimizer.clearGradients()
        optimizer.settle(learningRate: rate)
        let seconds = Date().timeIntervalSince(begin)
        return HistoryEntry(
            phase: phase.name, epoch: epoch + 1, loss: totals.mean, parts: totals.partMeans,
            learningRate: rate, seconds: seconds, validationSeconds: 0,
            examplesPerSecond: Double(totals.examples) / max(seconds, 1e-9), validation: nil,
            isBest: false)
    }

    /// Whether validation runs after an epoch: on schedule, and always at the end.
    private func isDue(_ epoch: Int, of epochs: Int) -> Bool {
        epoch + 1 == epochs || (epoch + 1) % configuration.training.evaluateEvery == 0
    }

    private func isExhausted(_ state: TrainingState, _ phase: TrainingPhase) -> Bool {
        phase.epochs == nil && state.epochsWithoutGain >= configuration.training.patience
    }

    /// Evaluates the validation part, keeps the weights if they are the best, moves the schedule.
    private func validate(
        _ entry: inout HistoryEntry, _ state: inout TrainingState,
        _ schedule: inout LearningRateSchedule
    ) throws {
        let begin = Date()
        let result = try evaluator.evaluate(model, on: .validation)
        guard let score = result.mean(configuration.evaluation.selection) else {
            throw EvaluationError.noCases(part: Part.validation.rawValue)
        }
        // Errors are better when small.
        let gain = configuration.evaluation.task == .rating ? -score : score
        let gained = state.bestScore.map { gain >= $0 } ?? true
        if gained {
            state.bestScore = gain
            state.bestEpoch = state.totalEpochs
            try checkpoints.saveBest(model.state(), totalEpochs: state.totalEpochs)
        }
        // An epoch of the warm-up can be the best one, but no patience is spent on it.
        if !schedule.isWarmup(epoch: state.epoch - 1) {
            state.epochsWithoutGain = gained ? 0 : state.epochsWithoutGain + 1
            schedule.epochEnded(gained: gained)
        }
        entry.validation = result
        entry.isBest = gained
        entry.validationSeconds = Date().timeIntervalSince(begin)
    }

    /// Leaves a phase with its best weights and clears what belongs to it alone.
    private func endPhase(_ state: inout TrainingState) throws {
        if let best = state.bestEpoch { try model.load(checkpoints.loadBest(best)) }
        state.phase += 1
        state.epoch = 0
        state.schedule = nil
        state.bestScore = nil
        state.bestEpoch = nil
        state.epochsWithoutGain = 0
        guard state.phase < model.phases.count else { return }
        state.totalEpochs += 1
        try checkpoints.save(state, weights: model.state(), optimizer: [:])
    }

    // MARK: Beginning and end

    private func prepare(resume: Bool) throws -> (TrainingState, [String: Tensor]) {
        guard resume else {
            guard run.isReplaceable else { throw RunError.exists(path: run.url.path) }
            try evaluator.requireCandidates()
            if model.phases.contains(where: \.isValidated) { try evaluator.requireValidation() }
            foreseenMemory = try forecast.bytes()
            try run.make()
            lock = try RunLock(run.url)
            try AtomicFile.write(Data(resolved.yaml().utf8), to: run.experiment)
            try AtomicFile.write(json: manifest(TrainingState()), to: run.manifest)
            return (TrainingState(), [:])
        }
        guard FileManager.default.fileExists(atPath: run.manifest.path) else {
            throw RunError.nothingToResume(path: run.url.path)
        }
        lock = try RunLock(run.url)
        guard let written = try? ExperimentConfiguration(contentsOf: run.experiment),
            written == resolved
        else { throw RunError.changed(what: "experiment", path: run.url.path) }
        let old = try run.facts()
        guard old.dataset == split.dataset.checksum else {
            throw RunError.changed(what: "dataset", path: run.url.path)
        }
        if !run.isFinished { foreseenMemory = try forecast.bytes() }
        guard let (stored, weights, optimizer) = try checkpoints.load() else {
            return (TrainingState(), [:])
        }
        var state = stored
        state.resumed += 1
        try model.load(weights)
        return (state, optimizer.mapValues { $0.to(device) })
    }

    private var forecast: MemoryForecast {
        MemoryForecast(
            model: model, split: split, configuration: configuration, random: random)
    }

    private func announce(_ state: TrainingState, resumed: Bool) {
        observe(
            .started(
                parameters: model.parameterCount, estimatedMemory: foreseenMemory,
                resumedAtEpoch: resumed ? state.totalEpochs : nil))
        for note in notes { observe(.note(note)) }
    }

    private func manifest(_ state: TrainingState) -> RunManifest {
        RunManifest(
            libtorch: Engine.version, seed: configuration.seed, dataset: split.dataset.checksum,
            model: configuration.model, parameters: model.parameterCount,
            device: device.description, threads: Engine.threads, machine: Machine.summary,
            started: ISO8601DateFormatter().string(from: started), seconds: state.seconds,
            peakMemory: Machine.peakMemory, estimatedMemory: foreseenMemory,
            resumed: state.resumed)
    }

    /// Puts the last good weights in place and reports where the loss broke.
    private func stop(
        _ phase: TrainingPhase, epoch: Int, step: Int, _ state: TrainingState
    ) throws -> RunError {
        var kept = "no epoch had ended, so no weights were kept"
        if let best = state.bestEpoch {
            try model.load(checkpoints.loadBest(best))
            kept = "the best epoch's weights were kept"
        } else if let last = try checkpoints.load() {
            try model.load(last.weights)
            kept = "the last whole epoch's weights were kept"
        }
        if state.totalEpochs > 0 { try saved().write(to: run) }
        return .lossNotFinite(
            phase: phase.name, epoch: epoch + 1, step: step + 1, kept: kept)
    }

    private func saved() -> SavedModel {
        let dataset = split.dataset
        return SavedModel(
            description: SavedModel.Description(
                model: configuration.model, parameters: resolved.parameters,
                shape: DataShape(dataset), maximumLength: configuration.windowLength,
                dataset: dataset.checksum, catalogs: dataset.catalogs,
                popularity: split.trainingEventsOfItems),
            model: model)
    }

    /// Evaluates the test part and writes everything that a finished run has; `metrics.json` comes last.
    private func finish(_ state: TrainingState) throws -> EvaluationResult {
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
        try AtomicFile.write(json: manifest(state), to: run.manifest)
        try Report(
            configuration: resolved, manifest: manifest(state), history: run.historyEntries(),
            result: result
        ).write(to: run.report)
        try AtomicFile.write(json: result, to: run.metrics)
        checkpoints.removeEverything()
        observe(.finished(result))
        return result
    }
}
