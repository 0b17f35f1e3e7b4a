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
        examples = SequenceExamples(
            split: split, window: HistoryWindow(configuration.windowLength))
        let random = RandomSources(initializationSeed: 6, dropoutSeed: 6)
        model = try Models.entry(named: configuration.model)
            .build(configuration.parameterDictionary, DataShape(dataset), random).model
        try (model as? any DataPreparing)?.prepare(with: split.trainingData)
        parameterCount = model.parameterCount
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
        guard let phase = model.phases.last, case .sequences(let wantedNegatives) = phase.examples
        else { preconditionFailure("\(name): expected a model of sequences") }
        let training = configuration.training
        let optimizer = Optimizer(training.optimizer, module: model)
        let sampler = NegativeSampler(
            dataset: split.dataset, abxiPoolQuirk: training.negativePoolQuirk)
        let excluded = ItemSets.training(of: split)
        let order = examples.epochOrder(seed: 6, epoch: 0)
        let rows = (0..<wanted).map {
            Array(order[$0 * training.batchSize..<($0 + 1) * training.batchSize])
        }
        let batches = rows.map { examples.batch(rows: $0) }
        var stream = RandomStream(seed: 6, name: "negatives")
        var step = 0
        let next: () throws -> Void = {
            let batch = examples.batch(rows: rows[step % wanted])
            step += 1
            let negatives: [Int32] =
                switch wantedNegatives {
                case .none: []
                case .perPosition(let count):
                    try sampler.training(
                        batch: batch, perDomain: count, excluding: excluded, stream: &stream)
                case .perBatch(let count): try sampler.shared(perDomain: count, stream: &stream)
                }
            optimizer.clearGradients()
            let loss = model.loss(of: .sequences(batch, negatives: negatives), in: phase).total
            precondition(loss.item().isFinite, "\(name): the loss is not a number")
            loss.backward()
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
