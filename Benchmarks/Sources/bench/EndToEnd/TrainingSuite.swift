import Experiments
import Interactions
import Recommenders
import Torch
import TorchNN

/// Training steps of ABXI with its authors' settings for Food–Kitchen, as the trainer takes them.
enum TrainingSuite {
    private static let batchSize = 256
    private static let batchCount = 4

    static func benchmarks(_ effort: Effort) throws -> [Benchmark] {
        let settings = ABXIConfiguration()
        let dataset = try FoodKitchen.dataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let random = RandomSources(initializationSeed: 6, dropoutSeed: 6)
        let model = try ABXI(settings, shape: DataShape(dataset), random: random)
        let phase = model.phases[0]
        let optimizer = Optimizer(OptimizerConfiguration(), module: model)
        let examples = SequenceExamples(split: split, maximumLength: settings.maximumLength)
        let sampler = NegativeSampler(dataset: dataset)
        let excluded = ItemSets.training(of: split)
        let order = examples.epochOrder(seed: 6, epoch: 0)
        let rows = (0..<batchCount).map {
            Array(order[$0 * batchSize..<($0 + 1) * batchSize])
        }

        // Steps take different batches in turn; the floor is that of their mean.
        let batches = rows.map { examples.batch(rows: $0) }
        let counter = ABXIFlops(settings, domains: FoodKitchen.itemRanges)
        let passes = batches.map { Work(flops: counter.training($0)) }.reduce(Work(), +)
        let update = Work(bytes: 7 * float32Bytes(model.parameterCount))
        let tokens = batches.reduce(0) { $0 + $1.tokens } / batchCount
        var stream = RandomStream(seed: 6, name: "negatives")
        var step = 0
        return [
            Benchmark(
                "ABXI training step", passes / batchCount, update, handling: tokens, "tokens",
                effort: effort
            ) {
                let batch = examples.batch(rows: rows[step % batchCount])
                step += 1
                let negatives = try sampler.training(
                    batch: batch, perDomain: settings.negatives, excluding: excluded,
                    stream: &stream)
                optimizer.clearGradients()
                let loss = model.loss(of: .sequences(batch, negatives: negatives), in: phase).total
                precondition(loss.item().isFinite, "ABXI training step: the loss is not a number")
                loss.backward()
                optimizer.step(learningRate: 1e-4)
            }
        ]
    }
}
