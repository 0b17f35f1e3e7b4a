import Interactions
import Torch

/// Attention and recurrence over jagged rows and the losses over items.
enum JaggedSuite {
    static func benchmarks(_ effort: Effort) -> [Benchmark] {
        let random = Generator(seed: 3)
        return [
            attention(random, effort), recurrence(random, effort),
            sampledSoftmax(random, effort), sharedSoftmax(random, effort),
            fullSoftmax(random, effort),
        ]
    }

    /// ABXI's batch: 256 rows of 8 to 47 tokens, width 256, 2 heads, causal.
    private static func attention(_ random: Generator, _ effort: Effort) -> Benchmark {
        let width = 256
        let layout = JaggedLayout(lengths: (0..<256).map { 8 + $0 % 40 })
        let leaves = (0..<3).map { _ in random.normal([layout.tokenCount, width]) }
        let limits = layout.causalLimits
        // Two products over every visible pair forward, four backward.
        let pairs = limits.reduce(0) { $0 + Int($1) }
        let array = float32Bytes(layout.tokenCount * width)
        return bothPasses(
            "jagged attention", Work(flops: 4 * Double(pairs * width), bytes: 4 * array),
            Work(flops: 8 * Double(pairs * width), bytes: 7 * array),
            handling: layout.tokenCount, "tokens", leaves: leaves, effort
        ) {
            jaggedAttention(
                query: JaggedTensor(values: leaves[0], layout: layout),
                key: JaggedTensor(values: leaves[1], layout: layout), value: leaves[2],
                keyLimits: limits, heads: 2
            ).values
        }
    }

    /// GRU4Rec's layer: 256 rows of 1 to 38 tokens, from width 64 to 128, without biases.
    private static func recurrence(_ random: Generator, _ effort: Effort) -> Benchmark {
        let (input, hidden) = (64, 128)
        let layout = JaggedLayout(lengths: (0..<256).map { 1 + $0 * 37 % 38 })
        let tokens = layout.tokenCount
        let leaves = [
            random.normal([tokens, input]), random.normal([3 * hidden, input], deviation: 0.1),
            random.normal([3 * hidden, hidden], deviation: 0.1),
        ]
        let flops = 2 * Double(tokens * (input + hidden) * 3 * hidden)
        let arrays = float32Bytes(tokens * (input + hidden))
        return bothPasses(
            "jagged GRU", Work(flops: flops, bytes: arrays),
            Work(flops: 2 * flops, bytes: 2 * arrays), handling: tokens, "tokens",
            leaves: leaves, effort
        ) {
            jaggedGRU(
                JaggedTensor(values: leaves[0], layout: layout),
                weights: GRUWeights(input: leaves[1], state: leaves[2])
            ).values
        }
    }

    /// What ABXI's loss takes: 5,400 tokens of width 256, each with its target of 28,095 items.
    private struct LossInputs {
        let tokens = 5400
        let width = 256
        let rows = SyntheticSequences.foodKitchen.itemCount + 1
        let hidden: Tensor
        let table: Tensor
        let targets: Tensor

        init(_ random: Generator) {
            hidden = random.normal([tokens, width])
            table = random.normal([rows, width], deviation: 0.02)
            targets = drawn(tokens, of: rows, "targets")
        }
    }

    /// 256 negatives for each token.
    private static func sampledSoftmax(_ random: Generator, _ effort: Effort) -> Benchmark {
        let inputs = LossInputs(random)
        let (tokens, width, rows) = (inputs.tokens, inputs.width, inputs.rows)
        let negatives = 256
        let others = drawn(tokens * negatives, of: rows, "negatives").reshaped([tokens, negatives])
        let flops = 2 * Double(tokens * (1 + negatives) * width)
        let arrays = float32Bytes(tokens * width + rows * width + tokens * (1 + negatives))
        return bothPasses(
            "sampled softmax", Work(flops: flops, bytes: arrays),
            // The gradients of hidden and table are as large as what they belong to.
            Work(flops: 2 * flops, bytes: arrays + float32Bytes(tokens * width + rows * width)),
            handling: tokens, "tokens", leaves: [inputs.hidden, inputs.table], effort
        ) {
            inputs.hidden.sampledSoftmaxLoss(
                table: inputs.table, targets: inputs.targets, negatives: others)
        }
    }

    /// 2,048 negatives that all tokens share.
    private static func sharedSoftmax(_ random: Generator, _ effort: Effort) -> Benchmark {
        let inputs = LossInputs(random)
        let (tokens, width, rows) = (inputs.tokens, inputs.width, inputs.rows)
        let negatives = 2048
        let others = drawn(negatives, of: rows, "negatives")
        let flops = 2 * Double(tokens * (1 + negatives) * width)
        let arrays = float32Bytes((2 * tokens + negatives) * width)
        return bothPasses(
            "shared softmax", Work(flops: flops, bytes: arrays),
            Work(flops: 2 * flops, bytes: arrays + float32Bytes((tokens + rows) * width)),
            handling: tokens, "tokens", leaves: [inputs.hidden, inputs.table], effort
        ) {
            inputs.hidden.sharedSoftmaxLoss(
                table: inputs.table, targets: inputs.targets, negatives: others)
        }
    }

    /// 2,000 tokens against 3,000 items, width 64.
    private static func fullSoftmax(_ random: Generator, _ effort: Effort) -> Benchmark {
        let tokens = 2000
        let items = 3000
        let width = 64
        let hidden = random.normal([tokens, width])
        let table = random.normal([items, width], deviation: 0.02)
        let targets = drawn(tokens, of: items, "classes")
        let flops = 2 * Double(tokens * items * width)
        let arrays = float32Bytes((tokens + items) * width)
        return bothPasses(
            "full softmax", Work(flops: flops, bytes: arrays),
            Work(flops: 2 * flops, bytes: 2 * arrays), handling: tokens, "tokens",
            leaves: [hidden, table], effort
        ) { hidden.fullSoftmaxLoss(table: table, targets: targets) }
    }

    private static func drawn(_ count: Int, of bound: Int, _ name: String) -> Tensor {
        var stream = RandomStream(seed: 3, name: name)
        return Tensor((0..<count).map { _ in Int32(stream.uniform(below: bound)) })
    }
}
