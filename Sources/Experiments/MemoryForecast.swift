internal import Interactions
internal import Recommenders
internal import Torch
internal import TorchNN

/// What a training run will need, foreseen by a rehearsal: one step of each phase that changes no parameter.
///
/// A formula over a model's shapes cannot know which of its maps meet every token and which only a sample.
struct MemoryForecast {
    let model: any Recommender
    let split: Split
    let configuration: ExperimentConfiguration
    let random: RandomSources

    /// Bytes: the most that the process held in the rehearsal, the optimizer's moments, memory that is kept for later
    /// steps, and sampled candidates.
    ///
    /// More than the machine has is an error, before and after the rehearsal: parameters alone can be too many to try.
    func bytes() throws -> Int {
        try require(
            Self.parameterBytes(of: model, moments: moments), of: "parameters",
            "the model's numbers with their gradients", advice: "take smaller widths")
        let bytes = try rehearsed()
        try require(
            Double(bytes), of: "training.batchSize", "training",
            advice: "lower it, parameters.maximumLength or the model's widths")
        return bytes
    }

    /// Bytes of a model's parameters: those that are trained with their gradients and moments, data alone.
    static func parameterBytes(of model: any Recommender, moments: Int) -> Double {
        model.parameters().reduce(0) { sum, entry in
            let copies = entry.parameter.isData ? 1 : 2 + moments
            return sum + Double(entry.parameter.value.count) * 4 * Double(copies)
        }
    }

    private func require(
        _ bytes: Double, of path: String, _ what: String, advice: String
    ) throws(ConfigurationError) {
        let limit = Double(Engine.memoryLimit)
        guard bytes > limit else { return }
        func gigabytes(_ bytes: Double) -> String { "\((bytes / 1e8).rounded() / 10) GB" }
        throw .invalid(
            path: path,
            reason: "\(what) would need \(gigabytes(bytes)) of memory, of which there are "
                + "\(gigabytes(limit)); \(advice)")
    }

    private var moments: Int { configuration.training.optimizer.kind == .sgd ? 1 : 2 }

    private func rehearsed() throws -> Int {
        let before = Machine.memory
        let earlierPeak = Machine.peakMemory
        var trained = 0
        for phase in model.phases {
            model.setTrainable(prefixes: phase.trainable)
            trained = max(
                trained,
                model.parameters().filter(\.parameter.isTrainable)
                    .reduce(0) { $0 + $1.parameter.value.count })
            try rehearse(phase)
        }
        let peak = Machine.peakMemory
        // Reading and preparing the data took more than a step does.
        guard peak > earlierPeak else { return peak }
        return peak + 4 * moments * trained + (peak - before) / 2 + candidates
    }

    private func rehearse(_ phase: TrainingPhase) throws {
        guard
            let batches = ExampleBatches(
                phase, split: split, configuration: configuration, window: model.window),
            batches.exampleCount > 0
        else { return }
        model.train()
        // Every step of the training seeds it anew.
        random.dropout.reseed(0)
        let optimizer = Optimizer(configuration.training.optimizer, module: model)
        let (batch, _) = try batches.batch(order: batches.order(epoch: 0), epoch: 0, step: 0)
        optimizer.recording { phase.loss(of: batch).total }?.backward()
        optimizer.clearGradients()
    }

    /// Bytes of the candidates that evaluation draws, which are kept for each part.
    private var candidates: Int {
        func bytes(_ candidates: Candidates, _ part: Part) -> Int {
            guard case .sampled(let number) = candidates else { return 0 }
            // More than there are items is refused when they are drawn.
            return 4 * min(number, split.dataset.itemCount) * split.cases(part).count
        }
        let evaluation = configuration.evaluation.resolved
        return bytes(evaluation.candidates, .validation) + bytes(evaluation.candidates, .test)
            + (evaluation.also.map { bytes($0, .test) }.max() ?? 0)
    }
}
