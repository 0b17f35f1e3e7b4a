import Testing
import Torch

struct AttentionPoolTests {
    private static let lengths = [3, 0, 1, 17, 5]
    private static let heads = 2
    private static let width = 19

    private struct Inputs {
        let queries: Tensor
        let tokens: Tensor

        init(seed: Int) {
            var numbers = SeededNumbers(seed: seed)
            queries = numbers.tensor([lengths.count, heads * width]) * 2
            tokens = numbers.tensor([lengths.reduce(0, +), width])
        }

        func pool(zeros: [Int32]?, dtype: DType = .float64) -> Tensor {
            attentionPool(
                queries: queries.to(dtype),
                tokens: JaggedTensor(
                    values: tokens.to(dtype), layout: JaggedLayout(lengths: lengths)),
                heads: heads, scale: 0.7, zeros: zeros)
        }
    }

    /// By loops over tokens, in float64.
    private func reference(_ inputs: Inputs, zeros: [Int32]?) -> [Double] {
        let queries: [Double] = inputs.queries.elements()
        let tokens: [Double] = inputs.tokens.elements()
        let width = Self.width
        var first = 0
        var result: [Double] = []
        for (row, length) in Self.lengths.enumerated() {
            for head in 0..<Self.heads {
                let query = (row * Self.heads + head) * width
                let logits = (first..<first + length).map { token in
                    0.7
                        * (0..<width).reduce(0) {
                            $0 + queries[query + $1] * tokens[token * width + $1]
                        }
                }
                let scale = logits.reduce(Double(zeros?[row] ?? 0)) { $0 + exponential($1) }
                result += (0..<width).map { column in
                    logits.enumerated().reduce(0) {
                        $0 + exponential($1.element) / scale
                            * tokens[(first + $1.offset) * width + column]
                    }
                }
            }
            first += length
        }
        return result
    }

    private func exponential(_ number: Double) -> Double {
        Tensor(number, dtype: .float64).exp().item()
    }

    @Test("kernel and composition are the weighted means of a loop", arguments: [false, true])
    func means(hasZeros: Bool) {
        let inputs = Inputs(seed: 5)
        let zeros: [Int32]? = hasZeros ? [4, 2, 0, 30, 1] : nil
        let expected = reference(inputs, zeros: zeros)
        expectClose(inputs.pool(zeros: zeros), expected, within: 1e-12)
        expectClose(inputs.pool(zeros: zeros, dtype: .float32), expected, within: 1e-5)
    }

    @Test("the composition's gradients are those of differences", arguments: [false, true])
    func differences(hasZeros: Bool) throws {
        let inputs = Inputs(seed: 6)
        let layout = JaggedLayout(lengths: Self.lengths)
        try expectGradients(at: [inputs.queries, inputs.tokens]) {
            attentionPool(
                queries: $0[0], tokens: JaggedTensor(values: $0[1], layout: layout),
                heads: Self.heads, scale: 0.7, zeros: hasZeros ? [4, 2, 0, 30, 1] : nil)
        }
    }

    /// In a process of its own: the number of threads is the process's.
    @Test func anyNumberOfThreadsGivesTheSameBits() async {
        await #expect(processExitsWith: .success) {
            var numbers = SeededNumbers(seed: 7)
            let lengths = (0..<300).map { $0 % 23 }
            let queries = numbers.tensor([300, Self.heads * Self.width]).to(.float32)
            let values = numbers.tensor([lengths.reduce(0, +), Self.width]).to(.float32)
            func run(threads: Int) -> [Float] {
                Engine.threads = threads
                return attentionPool(
                    queries: queries,
                    tokens: JaggedTensor(values: values, layout: JaggedLayout(lengths: lengths)),
                    heads: Self.heads, scale: 0.7, zeros: nil
                ).elements()
            }
            let once = run(threads: 1)
            for threads in 2..<4 { #expect(run(threads: threads) == once) }
        }
    }

    @Test("large logits neither overflow nor lose the zero vectors")
    func largeLogits() {
        let tokens = JaggedTensor(
            values: Tensor([300, -300] as [Float], shape: [2, 1]),
            layout: JaggedLayout(lengths: [1, 1]))
        let pooled = attentionPool(
            queries: .ones([2, 1]), tokens: tokens, heads: 1, scale: 1, zeros: [1, 1])
        // e³⁰⁰ outweighs the zero vector, which outweighs e⁻³⁰⁰.
        #expect(pooled.elements(as: Float.self) == [300, 0])
    }
}
