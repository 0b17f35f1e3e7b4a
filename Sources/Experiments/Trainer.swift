internal import Foundation
public import Interactions
internal import RankingMetrics
internal import Recommenders
public import Torch
internal import TorchNN

/// Trains one experiment on one dataset into a run directory.
public final class Trainer {
    let configuration: ExperimentConfiguration
    let run: RunDirectory
    let device: Device
    let split: Split
    let model: any Recommender
    let random: RandomSources
    let evaluator: Evaluator
    let checkpoints: CheckpointStore
    /// What is worth a word before the first step: of the settings, and of what the model took of the data.
    let notes: [String]
    let observe: (TrainingEvent) -> Void
    let started = Date()
    var foreseenMemory = 0
    var lock: RunLock?

    /// Builds the model and plans the run; nothing is written yet.
    public init(
        _ configuration: ExperimentConfiguration, dataset: Dataset, run: RunDirectory,
        device: Device = .cpu, observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws {
        try configuration.validate()
        let settingNotes = configuration.notes
        let configuration = try configuration.resolved()
        self.configuration = configuration
        self.run = run
        self.device = device
        self.observe = observe
        try require(
            device == .cpu || !configuration.training.optimizer.rowSparse,
            "training.optimizer.rowSparse", expected: "false on \(device)", got: true)
        let seed = configuration.seed
        split = try configuration.data.split(dataset, seed: seed)
        random = RandomSources(
            initializationSeed: RandomStream.deriveSeed(seed, "initialization"),
            dropoutSeed: RandomStream.deriveSeed(seed, "dropout"), device: device)
        model = try configuration.builtModel(DataShape(dataset), random)
        if model is any RatingPredictor && !split.trainsOnRatings {
            throw EvaluationError.noRatings
        }
        let task = configuration.evaluation.task
        try require(
            task.suits(model), "evaluation.task", expected: "what \(configuration.model) does",
            got: task.rawValue)
        notes = try settingNotes + Self.prepare(model, with: split)
        model.move(to: device)
        evaluator = Evaluator(
            configuration.evaluation, split: split, seed: seed)
        checkpoints = CheckpointStore(run: run)
    }

    /// What the split does to the test's figures, a line each.
    public var warnings: [String] { evaluator.warnings }

    /// Trains all phases, restores the best epoch, evaluates the test part and writes the run.
    ///
    /// With `resume`, continues from the last whole epoch of an earlier call with the same settings and data;
    /// the result is bit for bit that of a call that was not interrupted.
    @discardableResult
    public func train(resume: Bool = false) throws -> EvaluationResult {
        defer { lock = nil }
        let beginning = try resume ? resumed() : begun()
        var state: TrainingState
        var optimizerState: [String: Tensor]
        switch beginning {
        case .ended(let result):
            observe(.finished(result))
            return result
        case .open(let found, let optimizer): (state, optimizerState) = (found, optimizer)
        }
        let history = try HistoryFile(run.history, state.history)
        announce(state, resumed: resume)

        while state.phase < model.phases.count {
            let phase = model.phases[state.phase]
            model.setTrainable(prefixes: phase.trainable)
            guard
                let batches = ExampleBatches(
                    phase, split: split, configuration: configuration, window: model.window)
            else {
                if case .fit(let body) = phase.work { body(ExampleBatches.everything(split)) }
                try requireFinite(phase, epoch: 0, state)
                try endPhase(&state)
                continue
            }
            guard batches.exampleCount > 0 else { throw RunError.noExamples(phase: phase.name) }
            let epochs = phase.epochs ?? configuration.training.epochs
            let optimizer = Optimizer(configuration.training.optimizer, module: model)
            try take(optimizerState, by: optimizer)
            optimizerState = [:]
            var schedule = LearningRateSchedule(
                configuration.training.schedule,
                base: configuration.training.optimizer.learningRate, epochs: epochs)
            if let stored = state.schedule { try restore(&schedule, from: stored) }

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
                state.history.append(entry)
                state.seconds += entry.seconds + entry.validationSeconds
                try checkpoints.save(
                    &state, weights: model.state(), optimizer: optimizer.state())
                try history.append(entry)
                observe(.epoch(entry))
            }
            warnOfEarlyEnd(phase, epochs: epochs, state)
            try endPhase(&state)
        }
        return try finish(state)
    }

    /// Says where validation still gained when the epochs were over, though it could have gained nothing often enough.
    private func warnOfEarlyEnd(_ phase: TrainingPhase, epochs: Int, _ state: TrainingState) {
        let settings = configuration.training
        guard phase.isValidated, state.epoch == epochs, state.epochsWithoutGain == 0,
            epochs > settings.patience * settings.evaluateEvery
        else { return }
        observe(
            .warning(
                "the last of \(epochs) epochs was the best on validation: more may be better still; "
                    + "raise training.epochs"))
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
            let (loss, total) = optimizer.recording {
                let loss = phase.loss(of: batch)
                return (loss, loss.total)
            }
            totals.add(loss, examples: size)
            // A batch can leave nothing to learn from: then it changes what an optimizer changes without gradients.
            guard total?.item().isFinite ?? true else {
                throw RunError.lossNotFinite(
                    phase: phase.name, epoch: epoch + 1, step: step + 1, kept: try rescue(state))
            }
            total?.backward()
            if settings.clipNorm > 0 {
                clipGradients(of: optimizer.leaves, toNorm: settings.clipNorm)
            }
            rate = schedule.rate(
                epoch: epoch, progress: Double(step) / Double(batches.stepCount))
            optimizer.step(learningRate: rate)
            let seconds = Date().timeIntervalSince(begin)
            observe(
                .step(
                    StepProgress(
                        phase: phase.name, isLastPhase: state.phase + 1 == model.phases.count,
                        epoch: epoch + 1, epochs: epochs, step: step + 1,
                        steps: batches.stepCount,
                        examplesPerSecond: Double(totals.examples) / max(seconds, 1e-9),
                        loss: totals.mean)))
        }
        optimizer.clearGradients()
        optimizer.settle(learningRate: rate)
        try requireFinite(phase, epoch: epoch, state, optimizer)
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
        let result: EvaluationResult
        do {
            result = try evaluator.evaluate(model, on: .validation)
        } catch EvaluationError.notFinite(let domain) {
            throw try diverged("scores in \(domain)", state)
        }
        guard let score = result.mean(configuration.evaluation.selection) else {
            throw EvaluationError.noCases(
                part: Part.validation.rawValue,
                reason: "no case has a value of \(configuration.evaluation.selection)")
        }
        guard score.isFinite else { throw try diverged(configuration.evaluation.selection, state) }
        // Errors are better when small.
        let gain = configuration.evaluation.task == .rating ? -score : score
        // A score that stays the same is no gain: the earliest of equal epochs is kept, and patience is spent.
        let gained = state.bestScore.map { gain > $0 } ?? true
        if gained {
            state.bestScore = gain
            try checkpoints.saveBest(model.state(), &state)
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

    private func diverged(_ what: String, _ state: TrainingState) throws -> RunError {
        .notFinite(
            what: what, phase: model.phases[state.phase].name, epoch: state.epoch,
            kept: try rescue(state))
    }

    /// Leaves a phase with its best weights and clears what belongs to it alone.
    private func endPhase(_ state: inout TrainingState) throws {
        if let best = try checkpoints.loadBest(state) { try model.load(best) }
        state.phase += 1
        state.epoch = 0
        state.schedule = nil
        state.bestScore = nil
        state.bestEpoch = nil
        state.epochsWithoutGain = 0
        guard state.phase < model.phases.count else { return }
        state.totalEpochs += 1
        try checkpoints.save(&state, weights: model.state(), optimizer: [:])
    }
}
