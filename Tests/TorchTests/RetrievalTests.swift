import Testing
import Torch

/// States and items whose elements are small whole numbers, so that scores are exact and often tie.
private struct RetrievalCase {
    let states: Tensor
    let items: Tensor
    let scores: [[Double]]
    let excluded: [Set<Int32>]
    let targets: [Int32]

    init(seed: Int, states count: Int, items rows: Int, width: Int, excluding share: Double = 0.2) {
        var numbers = SeededNumbers(seed: seed)
        let left = numbers.integers(count * width, in: -2..<3).map(Float.init)
        let right = numbers.integers(rows * width, in: -1..<2).map(Float.init)
        states = Tensor(left, shape: [count, width])
        items = Tensor(right, shape: [rows, width])
        scores = (0..<count).map { state in
            (0..<rows).map { item in
                (0..<width).reduce(0) {
                    $0 + Double(left[state * width + $1] * right[item * width + $1])
                }
            }
        }
        excluded = (0..<count).map { _ in
            Set((0..<Int32(rows)).filter { _ in Double.random(in: 0..<1, using: &numbers) < share })
        }
        targets = numbers.integers(count, in: 0..<rows)
    }

    var selection: ItemSelection {
        var selection = ItemSelection()
        // In no order and partly twice: the selection sorts it out.
        for row in excluded { selection.append(Array(row) + row.prefix(3)) }
        return selection
    }

    func best(_ state: Int, _ count: Int) -> [Int32] {
        let open = scores[state].indices.map(Int32.init).filter { !excluded[state].contains($0) }
        return Array(
            open.sorted {
                let left = scores[state][Int($0)]
                let right = scores[state][Int($1)]
                return left > right || (left == right && $0 < $1)
            }.prefix(count))
    }

    /// How many of some items score above and like the target, by loops.
    func counts(_ state: Int, among rivals: [Int32]) -> [Int64] {
        let target = scores[state][Int(targets[state])]
        return [
            Int64(rivals.count { scores[state][Int($0)] > target }),
            Int64(rivals.count { scores[state][Int($0)] == target }),
        ]
    }
}

private func expectTop(_ top: TopItems, _ known: RetrievalCase, _ count: Int) {
    #expect(top.rowCount == known.scores.count)
    for state in known.scores.indices {
        let expected = known.best(state, count)
        #expect(Array(top[state].items) == expected)
        #expect(
            top[state].scores.map(Double.init) == expected.map { known.scores[state][Int($0)] })
    }
}

struct RetrievalTests {
    /// Sizes on both sides of sixteen lanes, of pairs of groups and of blocks of items.
    private static let sizes: [(states: Int, items: Int, width: Int)] = [
        (1, 1, 1), (1, 400, 16), (2, 191, 5), (3, 192, 33), (16, 193, 7), (17, 50, 16),
        (18, 600, 3), (40, 385, 20), (300, 200, 4),
    ]

    @Test("the best items are those of a sort over all items", arguments: sizes)
    func topItems(states: Int, items: Int, width: Int) throws {
        let known = RetrievalCase(seed: states + items, states: states, items: items, width: width)
        for count in [1, 10, items + 5] {
            for dtype in [DType.float32, .float64] {
                let top = try known.states.to(dtype).topItems(
                    of: known.items.to(dtype), count: count, excluding: known.selection)
                expectTop(top, known, count)
            }
        }
    }

    @Test("ranks are those of loops over all items", arguments: sizes)
    func ranksAmongAll(states: Int, items: Int, width: Int) throws {
        let known = RetrievalCase(seed: states * items, states: states, items: items, width: width)
        for dtype in [DType.float32, .float64] {
            let counts = try known.states.to(dtype).ranks(
                of: known.targets, among: known.items.to(dtype), excluding: known.selection)
            for state in 0..<states {
                let rivals = (0..<Int32(items)).filter {
                    $0 != known.targets[state] && !known.excluded[state].contains($0)
                }
                #expect(
                    [counts.greater[state], counts.equal[state]]
                        == known.counts(state, among: rivals))
            }
        }
    }

    @Test("ranks among candidates are those of loops over them", arguments: sizes)
    func ranksAmongCandidates(states: Int, items: Int, width: Int) throws {
        let known = RetrievalCase(seed: items, states: states, items: items, width: width)
        var numbers = SeededNumbers(seed: 3)
        for number in [0, 1, 21] {
            let candidates = numbers.integers(states * number, in: 0..<items)
            for dtype in [DType.float32, .float64] {
                let counts = try known.states.to(dtype).ranks(
                    of: known.targets, among: known.items.to(dtype), candidates: candidates)
                for state in 0..<states {
                    let own = Array(candidates[state * number..<(state + 1) * number])
                    #expect(
                        [counts.greater[state], counts.equal[state]]
                            == known.counts(state, among: own))
                }
            }
        }
    }

    /// Copies of one vector in every lane and block, and scores with rounding errors: all must tie.
    @Test("equal vectors tie exactly wherever they stand", arguments: [1, 2, 5, 16, 33, 64])
    func equalVectorsTie(states count: Int) throws {
        let rows = 1000
        let width = 37
        var numbers = SeededNumbers(seed: count)
        let vector = numbers.doubles(width)
        let states = numbers.tensor([count, width]).to(.float32)
        let items = Tensor((0..<rows).flatMap { _ in vector }, shape: [rows, width]).to(.float32)
        let targets = numbers.integers(count, in: 0..<rows)
        let all = try states.ranks(of: targets, among: items)
        #expect(all.equal == [Int64](repeating: 999, count: count))
        #expect(all.greater == [Int64](repeating: 0, count: count))
        let some = try states.ranks(
            of: targets, among: items, candidates: numbers.integers(count * 50, in: 0..<rows))
        #expect(some.equal == [Int64](repeating: 50, count: count))
        let top = try states.topItems(of: items, count: 7)
        for state in 0..<count {
            #expect(Array(top[state].items) == [0, 1, 2, 3, 4, 5, 6])
            #expect(Set(top[state].scores).count == 1)
        }
    }

    @Test("a score depends neither on the batch nor on the number of threads")
    func scoresAreFunctionsOfTheirVectors() throws {
        var numbers = SeededNumbers(seed: 8)
        let states = numbers.tensor([70, 29]).to(.float32)
        let items = numbers.tensor([1300, 29]).to(.float32)
        let threads = Engine.threads
        defer { Engine.threads = threads }
        let together = try states.topItems(of: items, count: 20)
        Engine.threads = 1
        #expect(try states.topItems(of: items, count: 20) == together)
        for state in [0, 15, 16, 69] {
            let alone = try states[state..<state + 1].topItems(of: items, count: 20)
            #expect(Array(alone[0].items) == Array(together[state].items))
            #expect(Array(alone[0].scores) == Array(together[state].scores))
        }
    }

    @Test("nothing is found where everything is excluded or nothing is asked for")
    func nothingLeft() throws {
        let known = RetrievalCase(seed: 1, states: 3, items: 30, width: 4, excluding: 1)
        let top = try known.states.topItems(
            of: known.items, count: 5, excluding: known.selection)
        #expect((0..<3).allSatisfy { top[$0].items.isEmpty })
        let none = try known.states.topItems(of: known.items, count: 0)
        #expect(none.rowCount == 3 && none[2].scores.isEmpty)
        let ranks = try known.states.ranks(
            of: known.targets, among: known.items, excluding: known.selection)
        #expect(ranks.greater == [0, 0, 0] && ranks.equal == [0, 0, 0])
    }

    @Test(
        "a score that is no number is an error that names state and item",
        arguments: [Float.nan, .infinity], [DType.float32, .float64])
    func infiniteScores(value: Float, dtype: DType) throws {
        var elements = [Float](repeating: 1, count: 500 * 3)
        elements[431 * 3] = value
        let items = Tensor(elements, shape: [500, 3]).to(dtype)
        let states = Tensor.ones([1, 3], dtype: dtype)
        func error(_ operation: String) -> TorchError {
            TorchError(
                operation: operation, message: "the score of state 0 and item 431 is not finite")
        }
        #expect(throws: error("topItems")) { try states.topItems(of: items, count: 2) }
        #expect(throws: error("ranks")) { try states.ranks(of: [0], among: items) }
        #expect(throws: error("ranks")) {
            try states.ranks(of: [0], among: items, candidates: [0, 431, 2])
        }
        #expect(try states.ranks(of: [0], among: items, candidates: [0, 2]).equal == [2])
        // Among many states the first one is named.
        #expect(throws: error("ranks")) {
            try Tensor.ones([40, 3], dtype: dtype).ranks(
                of: [Int32](repeating: 0, count: 40), among: items)
        }
    }

    @Test("a selection sorts its rows and drops what stands twice")
    func selection() {
        var selection = ItemSelection()
        selection.append([5, 1, 5, 3])
        selection.append([])
        selection.append([2, 2])
        #expect(selection.rowCount == 3)
        #expect(selection.offsets == [0, 3, 3, 4])
        #expect(selection.items == [1, 3, 5, 2])
        #expect(Array(selection[0]) == [1, 3, 5] && selection[1].isEmpty)
        #expect(ItemSelection(emptyRows: 2).rowCount == 2)
    }
}
