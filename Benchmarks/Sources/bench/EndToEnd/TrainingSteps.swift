import Experiments
import Interactions
import Recommenders
import Torch
import TorchNN

/// The training steps of an experiment, taken as the trainer takes them, with their floor.
struct TrainingSteps {
    let configuration: ExperimentConfiguration
    private let split: Split
    private let examples: SequenceExamples
    private let flops: ((SequenceBatch) -> Double)?
    private let parameterCount: Int
    private let model: any Recommender

    /// Builds the model of an experiment for a dataset.
    ///
    /// `flops` counts the arithmetic that a batch cannot do without; without it that of the products is measured.
    init(
        _ configuration: ExperimentConfiguration, dataset: Dataset,
        flops: ((SequenceBatch) -> Double)? = nil
    ) throws {
        self.configuration = configuration
        self.flops = flops
        split = try configuration.data.split(dataset, seed: 0)
        let random = RandomSources(initializationSeed: 6, dropoutSeed: 6)
        model = try Models.entry(named: configuration.model)
            .build(configuration.parameters, DataShape(dataset), random)
        try (model as? any DataPreparing)?.prepare(with: split.trainingData)
        parameterCount = model.parameterCount
        examples = SequenceExamples(split: split, window: model.window)
    }

    /// Reads and writes of an optimizer step: weight, gradient and moments in; weight and moments out.
    private var update: Work { Work(bytes: 7 * float32Bytes(parameterCount)) }

    /// The steps of an epoch.
    var count: Int {
        let size = configuration.training.batchSize
        return (examples.count + size - 1) / size
    }

    /// The rows of an epoch over the rows of a full batch.
    var batchesPerEpoch: Double {
        Double(examples.count) / Double(configuration.training.batchSize)
    }

    /// What a whole epoch cannot do without.
    var epoch: (parts: [Work], tokens: Int) {
        guard let flops else {
            preconditionFailure("\(configuration.model): expected a count of an epoch's operations")
        }
        let all = examples.batch(rows: Array(0..<examples.count))
        let updates = Work(bytes: update.bytes * Double(count))
        return ([Work(flops: flops(all)), updates], all.tokens)
    }

    /// Steps of the last phase over different batches in turn; the floor is that of their mean.
    func benchmark(_ name: String, batches wanted: Int = 4, effort: Effort) throws -> Benchmark {
        guard let phase = model.phases.last,
            case .sequences(let wantedNegatives, let loss) = phase.work
        else { preconditionFailure("\(name): expected a model of sequences") }
        let training = configuration.training
        let optimizer = Optimizer(training.optimizer, module: model)
        let sampler = NegativeSampler(dataset: split.dataset, pool: wantedNegatives.pool)
        let excluded = ItemSets.training(of: split)
        let order = examples.epochOrder(seed: 6, epoch: 0)
        let rows = (0..<wanted).map {
            Array(order[$0 * training.batchSize..<($0 + 1) * training.batchSize])
        }
        let batches = rows.map { examples.batch(rows: $0) }
        var step = 0
        let next: () throws -> Void = {
            let batch = examples.batch(rows: rows[step % wanted])
            step += 1
            var stream = RandomStream(seed: 6, name: "negatives", UInt64(step))
            let drawn: DrawnItems =
                switch wantedNegatives {
                case .none: .none
                case .perPosition(let count, _):
                    try sampler.perPosition(count, for: batch, excluding: excluded) {
                        RandomStream(seed: 6, name: "negatives", UInt64(step), UInt64($0))
                    }
                case .perBatch(let count, _): try sampler.perBatch(count, stream: &stream)
                }
            optimizer.clearGradients()
            guard let total = loss(batch, drawn).total, total.item().isFinite else {
                preconditionFailure("\(name): the loss is not a number")
            }
            total.backward()
            optimizer.step(learningRate: training.optimizer.learningRate)
        }
        let counted = Engine.productFlops
        if flops == nil { for _ in batches { try next() } }
        let arithmetic =
            flops.map { flops in batches.reduce(0) { $0 + flops($1) } }
            ?? Double(Engine.productFlops - counted)
        return Benchmark(
            name, Work(flops: arithmetic) / wanted, update,
            handling: batches.reduce(0) { $0 + $1.tokens } / wanted, "tokens",
            perEpoch: batchesPerEpoch, effort: effort, body: next)
    }
}
