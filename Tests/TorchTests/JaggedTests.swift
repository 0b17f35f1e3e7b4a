import Foundation
import Testing
import Torch

/// One random problem for ``jaggedAttention(query:key:value:keyLimits:heads:phantoms:)``.
private struct AttentionCase {
    var queryLayout: JaggedLayout
    var keyLayout: JaggedLayout
    var limits: [Int32]
    var heads: Int
    var width: Int
    var counts: [Int32]
    var query: Tensor
    var key: Tensor
    var value: Tensor
    var phantomKey: Tensor
    var phantomValue: Tensor

    var phantoms: PhantomKeys {
        PhantomKeys(key: phantomKey, value: phantomValue, counts: counts)
    }

    /// Rows of 0 to 6 tokens; causal self-attention on even seeds, cross-attention on odd ones.
    init(seed: Int) {
        var numbers = SeededNumbers(seed: seed)
        heads = 1 + seed % 3
        width = heads * Int.random(in: 1...5, using: &numbers)
        let rows = Int.random(in: 1...5, using: &numbers)
        func lengths() -> [Int] { (0..<rows).map { _ in Int.random(in: 0...6, using: &numbers) } }
        let queryLayout = JaggedLayout(lengths: lengths())
        let isCausal = seed % 2 == 0
        let keyLayout = isCausal ? queryLayout : JaggedLayout(lengths: lengths())
        self.queryLayout = queryLayout
        self.keyLayout = keyLayout
        limits =
            isCausal
            ? queryLayout.causalLimits
            : (0..<rows).flatMap { row in
                let most = keyLayout.tokens(of: row).count
                return queryLayout.tokens(of: row).map { _ in
                    Int32(Int.random(in: 0...most, using: &numbers))
                }
            }
        counts = numbers.integers(queryLayout.tokenCount, in: 0..<4)
        query = numbers.tensor([queryLayout.tokenCount, width]) * 3
        key = numbers.tensor([keyLayout.tokenCount, width]) * 3
        value = numbers.tensor([keyLayout.tokenCount, width])
        phantomKey = numbers.tensor([width])
        phantomValue = numbers.tensor([width])
    }

    func attend(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, phantoms: PhantomKeys? = nil
    ) -> Tensor {
        jaggedAttention(
            query: JaggedTensor(values: query, layout: queryLayout),
            key: JaggedTensor(values: key, layout: keyLayout), value: value, keyLimits: limits,
            heads: heads, phantoms: phantoms
        ).values
    }
}

extension Array<Double> {
    fileprivate func rows(of width: Int) -> [[Double]] {
        stride(from: 0, to: count, by: width).map { Array(self[$0..<$0 + width]) }
    }
}

/// The definition by loops: each token's softmax over the keys that it sees, head by head.
private func naiveAttention(_ problem: AttentionCase, withPhantoms: Bool) -> [Double] {
    let query = doubles(problem.query).rows(of: problem.width)
    let key = doubles(problem.key).rows(of: problem.width)
    let value = doubles(problem.value).rows(of: problem.width)
    let headWidth = problem.width / problem.heads
    var result: [Double] = []
    for row in 0..<problem.queryLayout.rowCount {
        let first = problem.keyLayout.tokens(of: row).lowerBound
        for token in problem.queryLayout.tokens(of: row) {
            let seen = first..<first + Int(problem.limits[token])
            let extra = withPhantoms ? Int(problem.counts[token]) : 0
            let keys =
                key[seen] + Array(repeating: doubles(problem.phantomKey), count: extra)
            let values =
                value[seen] + Array(repeating: doubles(problem.phantomValue), count: extra)
            for head in 0..<problem.heads {
                let columns = head * headWidth..<(head + 1) * headWidth
                let weights = keys.map { key in
                    exp(
                        columns.reduce(0) { $0 + query[token][$1] * key[$1] }
                            / Double(headWidth).squareRoot())
                }
                let total = weights.reduce(0, +)
                result += columns.map { column in
                    zip(weights, values).reduce(0) { $0 + $1.0 / total * $1.1[column] }
                }
            }
        }
    }
    return result
}

@Suite struct JaggedTests {
    @Test func layoutsDivideTokensIntoRows() {
        let layout = JaggedLayout(lengths: [2, 0, 3])
        #expect(layout.offsets == [0, 2, 2, 5])
        #expect(layout == JaggedLayout(offsets: [0, 2, 2, 5]))
        #expect(layout.rowCount == 3)
        #expect(layout.tokenCount == 5)
        #expect(layout.tokens(of: 1).isEmpty)
        #expect(layout.tokens(of: 2) == 2..<5)
        #expect(layout.causalLimits == [1, 2, 1, 2, 3])
        #expect(JaggedLayout(lengths: []).tokenCount == 0)
    }

    @Test(arguments: 0..<60)
    func agreesWithLoops(seed: Int) {
        let problem = AttentionCase(seed: seed)
        let plain = problem.attend(problem.query, problem.key, problem.value)
        #expect(plain.shape == problem.query.shape)
        expectClose(plain, naiveAttention(problem, withPhantoms: false), within: 1e-12)
        let padded = problem.attend(
            problem.query, problem.key, problem.value, phantoms: problem.phantoms)
        expectClose(padded, naiveAttention(problem, withPhantoms: true), within: 1e-12)
        let single = problem.attend(
            problem.query.to(.float32), problem.key.to(.float32), problem.value.to(.float32))
        #expect(single.dtype == .float32)
        expectClose(single, plain, within: 1e-5)
    }

    @Test(arguments: 0..<12)
    func gradientsAgreeWithDifferences(seed: Int) throws {
        let problem = AttentionCase(seed: seed)
        let arguments = [problem.query, problem.key, problem.value]
        try expectGradients(at: arguments) { problem.attend($0[0], $0[1], $0[2]) }
        try expectGradients(at: arguments + [problem.phantomKey, problem.phantomValue]) {
            let phantoms = PhantomKeys(key: $0[3], value: $0[4], counts: problem.counts)
            return problem.attend($0[0], $0[1], $0[2], phantoms: phantoms)
        }
    }

    @Test(arguments: [false, true])
    func tokensThatSeeNothingYieldZerosAndFiniteGradients(withPhantoms: Bool) throws {
        var problem = AttentionCase(seed: 9)
        problem.limits = problem.limits.map { _ in 0 }
        problem.counts = problem.counts.map { _ in 0 }
        try #require(problem.queryLayout.tokenCount > 3 && problem.keyLayout.tokenCount > 3)
        let arguments = [problem.query * 1e6, problem.key, problem.value]
        let (result, slopes) = try gradients(at: arguments) {
            problem.attend(
                $0[0], $0[1], $0[2], phantoms: withPhantoms ? problem.phantoms : nil)
        }
        #expect(doubles(result).allSatisfy { $0 == 0 })
        #expect(slopes.count == 3)
        for slope in slopes { #expect(doubles(slope).allSatisfy { $0 == 0 }) }
    }

    /// Each row attended twice: once with `count` phantoms, once with as many keys really appended.
    @Test(arguments: [0, 1, 2, 5])
    func phantomsEqualAppendedKeys(count: Int) throws {
        var problem = AttentionCase(seed: 13)
        let rows = problem.queryLayout.rowCount
        let lengths = (0..<rows).map { problem.keyLayout.tokens(of: $0).count }
        let fullLimits = (0..<rows).flatMap { row in
            problem.queryLayout.tokens(of: row).map { _ in Int32(lengths[row]) }
        }
        problem.limits = fullLimits
        problem.counts = fullLimits.map { _ in Int32(count) }
        var appended = problem
        appended.keyLayout = JaggedLayout(lengths: lengths.map { $0 + count })
        appended.limits = fullLimits.map { $0 + Int32(count) }
        let arguments = [
            problem.query, problem.key, problem.value, problem.phantomKey, problem.phantomValue,
        ]
        func append(_ phantom: Tensor, to tokens: Tensor) -> Tensor {
            let copies = Tensor.zeros([count, problem.width], dtype: .float64) + phantom
            return Tensor.concatenate(
                (0..<rows).flatMap { [tokens[problem.keyLayout.tokens(of: $0)], copies] })
        }
        let byPhantoms = try gradients(at: arguments) {
            let phantoms = PhantomKeys(key: $0[3], value: $0[4], counts: problem.counts)
            return problem.attend($0[0], $0[1], $0[2], phantoms: phantoms)
        }
        let byCopies = try gradients(at: arguments) {
            appended.attend($0[0], append($0[3], to: $0[1]), append($0[4], to: $0[2]))
        }
        expectClose(byPhantoms.result, byCopies.result, within: 1e-12)
        for (left, right) in zip(byPhantoms.gradients, byCopies.gradients) {
            expectClose(left, right, within: 1e-12)
        }
    }

    @Test func dropoutActsOnTheWeights() throws {
        // Equal keys and one-hot values: the result is the row of weights, each 1/8 before dropout.
        let layout = JaggedLayout(lengths: Array(repeating: 8, count: 300))
        let tokens = layout.tokenCount
        let hot = (0..<8).flatMap { row in (0..<8).map { $0 == row ? 1.0 : 0 } }
        let value = Tensor(
            Array(repeating: hot, count: layout.rowCount).flatMap(\.self), shape: [tokens, 8])
        let zeros = JaggedTensor(
            values: .zeros([tokens, 8], dtype: .float64), layout: layout)
        func attend(seed: UInt64) -> [Double] {
            doubles(
                jaggedAttention(
                    query: zeros, key: zeros, value: value,
                    keyLimits: Array(repeating: 8, count: tokens), heads: 1, dropout: 0.25,
                    generator: Generator(seed: seed)
                ).values)
        }
        let weights = attend(seed: 1)
        #expect(weights.allSatisfy { $0 == 0 || abs($0 - 1 / (8 * 0.75)) < 1e-12 })
        // The standard error of the share over 19,200 weights is 0.0031.
        let share = Double(weights.count { $0 == 0 }) / Double(weights.count)
        #expect(abs(share - 0.25) < 0.016)
        #expect(attend(seed: 1) == weights)
        #expect(attend(seed: 2) != weights)
    }

    @Test func noRowsAreAnEmptyResult() {
        let empty = JaggedTensor(
            values: Tensor.zeros([0, 4]), layout: JaggedLayout(lengths: []))
        let result = jaggedAttention(
            query: empty, key: empty, value: empty.values, keyLimits: [], heads: 2)
        #expect(result.values.shape == [0, 4])
    }
}
