import Experiments
import Foundation
import Interactions
import Recommenders
import Torch
import TorchNN

/// How much of an epoch is measured.
struct EpochExtent: Codable {
    /// Steps that are not counted: caches, pages and thread pools fill.
    let warmup: Int
    /// Steps after those; nil for the whole epoch, warm-up included.
    let timed: Int?
}

/// An epoch of an experiment by the trainer itself, in a process of its own.
struct EpochTask: Codable {
    let experiment: URL
    let dataset: URL
    /// A directory for the run, which never finishes.
    let output: URL
    let extent: EpochExtent

    /// Trains until the steps are done, prints an ``EpochReport`` and ends the process.
    func run() throws {
        let configuration = try ExperimentConfiguration(contentsOf: experiment)
        let data = try Dataset.open(dataset)
        let split = try configuration.data.split(data, seed: configuration.seed)
        let model = try Models.entry(named: configuration.model).build(
            configuration.parameters, DataShape(data),
            RandomSources(initializationSeed: 0, dropoutSeed: 0))
        let examples = SequenceExamples(split: split, window: model.window)
        let stopwatch = EpochStopwatch(
            extent: extent,
            batchesPerEpoch: Double(examples.count) / Double(configuration.training.batchSize),
            predictions: examples.batch(rows: Array(0..<examples.count)).tokens)
        try Trainer(
            configuration, dataset: data, run: RunDirectory(output), observe: stopwatch.observe
        ).train()
    }
}

/// Seconds, processor time and memory of an epoch, of ours or a peer's.
struct EpochReport: Codable {
    /// Of a whole epoch; scaled from the timed steps where not all were timed.
    let seconds: Double
    /// Processor time in user mode of the same, all threads.
    let userSeconds: Double
    /// In the kernel: above all memory that is got and given back.
    let systemSeconds: Double
    /// Wall time of each timed step.
    let stepSeconds: [Double]
    /// Steps of an epoch; the last one can be smaller.
    let batchesPerEpoch: Double
    /// Positions of an epoch whose next item is predicted.
    let predictions: Int
    let isWhole: Bool
    /// The largest resident memory of the process in bytes.
    let peakMemory: Int
    /// What the trainer foresaw; peers foresee nothing.
    let estimatedMemory: Int?
    let threads: Int
    /// What ran it, such as a version of torch.
    let engine: String
}

/// Watches a trainer and ends the process when enough steps are done.
private final class EpochStopwatch {
    private let extent: EpochExtent
    private let batchesPerEpoch: Double
    private let predictions: Int
    private var estimate = 0
    private var stamps: [Stamp] = []

    private struct Stamp {
        let wall = ContinuousClock.now
        let processor = processorTime()

        static func - (end: Stamp, begin: Stamp) -> (wall: Double, user: Double, system: Double) {
            (
                (end.wall - begin.wall) / .seconds(1), end.processor.user - begin.processor.user,
                end.processor.system - begin.processor.system
            )
        }
    }

    init(extent: EpochExtent, batchesPerEpoch: Double, predictions: Int) {
        self.extent = extent
        self.predictions = predictions
        self.batchesPerEpoch = batchesPerEpoch
    }

    func observe(_ event: TrainingEvent) {
        switch event {
        case .started(_, let estimatedMemory, _):
            estimate = estimatedMemory
            stamp()
        case .step(let progress):
            stamp()
            let last = extent.timed.map { min(extent.warmup + $0, progress.steps) }
            if progress.step == last ?? progress.steps { finish() }
        case .note, .warning, .epoch, .finished: break
        }
    }

    private func stamp() { stamps.append(Stamp()) }

    private func finish() -> Never {
        let counted = Array(stamps[(extent.timed == nil ? 0 : extent.warmup)...])
        let steps = zip(counted, counted.dropFirst()).map { ($1 - $0).wall }
        let sum = counted[counted.count - 1] - counted[0]
        let scale = extent.timed == nil ? 1 : batchesPerEpoch / Double(steps.count)
        let report = EpochReport(
            seconds: sum.wall * scale, userSeconds: sum.user * scale,
            systemSeconds: sum.system * scale, stepSeconds: steps,
            batchesPerEpoch: batchesPerEpoch, predictions: predictions,
            isWhole: extent.timed == nil, peakMemory: Machine.peakMemory,
            estimatedMemory: estimate, threads: Engine.threads,
            engine: "libtorch \(Engine.version)")
        do {
            try ChildTask.printReport(report)
        } catch {
            exit(1)
        }
        exit(0)
    }
}
