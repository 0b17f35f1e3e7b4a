import Interactions
import Recommenders
import Torch
import TorchNN

/// What a training step does beside the model's passes: the optimizer and the negatives.
enum UpdateSuite {
    static func benchmarks(_ effort: Effort) throws -> [Benchmark] {
        [try adamW(effort), try rowAdamW(effort), negativeSampling(effort)]
    }

    /// AdamW over tensors of the shapes of ABXI's parameters.
    private static func adamW(_ effort: Effort) throws -> Benchmark {
        let model = try ABXI(
            ABXIConfiguration(), shape: SyntheticSequences.foodKitchen.shape(users: 1),
            random: RandomSources(initializationSeed: 4, dropoutSeed: 4))
        let shapes = model.parameters().map(\.parameter.value.shape)
        let random = Generator(seed: 4)
        let weights = shapes.map { random.normal($0, deviation: 0.02) }
        let gradients = shapes.map { random.normal($0, deviation: 0.01) }
        let first = shapes.map { Tensor.zeros($0) }
        let second = shapes.map { Tensor.zeros($0) }
        let counters = shapes.map { _ in Tensor.zeros([]) }
        let count = model.parameterCount
        // Reads weight, gradient and both moments; writes weight and moments.
        return Benchmark(
            "AdamW step", Work(bytes: 7 * float32Bytes(count)), handling: count, "parameters",
            effort: effort
        ) {
            adamStep(
                parameters: weights, gradients: gradients, firstMoments: first,
                secondMoments: second, steps: counters, options: AdamOptions(learningRate: 1e-4))
        }
    }

    /// AdamW over the 20,000 rows of 1,000,000 × 64 that a batch looked up; its floor is theirs.
    private static func rowAdamW(_ effort: Effort) throws -> Benchmark {
        let rows = 1_000_000
        let width = 64
        let touched = 20_000
        let random = Generator(seed: 5)
        let table = random.normal([rows, width], deviation: 0.02)
        table.requiresGradient = true
        let moments = RowMoments(
            first: .zeros([rows, width]), second: .zeros([rows, width]),
            steps: Tensor([Int32](repeating: 0, count: rows)))
        var stream = RandomStream(seed: 5, name: "rows")
        let looked = Tensor((0..<touched).map { _ in Int32(stream.uniform(below: rows)) })
        withSparseTableGradients { table.rows(looked).sum() }.backward()
        guard let gradient = table.gradient else { preconditionFailure("no gradient") }
        var step = 0
        return Benchmark(
            "row-sparse AdamW step", Work(bytes: 7 * float32Bytes(touched * width)),
            handling: touched * width, "parameters", effort: effort
        ) {
            step += 1
            rowAdamStep(
                table, gradient: gradient, moments: moments, step: step,
                options: AdamOptions(learningRate: 1e-4))
        }
    }

    /// 128 negatives of each domain for each of 5,400 tokens, none of the user's 25 items.
    private static func negativeSampling(_ effort: Effort) -> Benchmark {
        let rows = 216
        let length = 25
        let perDomain = 128
        var stream = RandomStream(seed: 4, name: "negatives")
        let items = (0..<rows * length).map { _ in
            Int32(1 + stream.uniform(below: SyntheticSequences.foodKitchen.itemCount))
        }
        let batch = SequenceBatch(
            users: (0..<Int32(rows)).map(UserID.init(rawValue:)),
            offsets: (0...Int32(rows)).map { $0 * Int32(length) }, items: items,
            times: [Int64](repeating: 0, count: items.count),
            targets: Array(items[1...] + items[..<1]))
        let excluded = ItemSets(
            (0..<rows).map { Array(items[$0 * length..<($0 + 1) * length]) })
        let sampler = NegativeSampler(itemRanges: SyntheticSequences.foodKitchen.itemRanges)
        let count = items.count * SyntheticSequences.foodKitchen.itemRanges.count * perDomain
        return Benchmark(
            "negative sampling", Work(bytes: float32Bytes(count)), handling: count, "draws",
            effort: effort
        ) {
            _ = try sampler.perPosition(perDomain, for: batch, excluding: excluded) {
                RandomStream(seed: 5, name: "negatives", UInt64($0))
            }
        }
    }
}
