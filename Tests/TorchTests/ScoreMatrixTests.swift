import Testing
import Torch

/// Scores that are no inner products rank and are found as inner products are: against unit states on the scores as vectors.
struct ScoreMatrixTests {
    private static let rows = 5
    private static let items = 23

    /// Few different scores, so that many tie.
    private func scores(_ seed: UInt64) -> Tensor {
        let drawn = Generator(seed: seed).uniform([Self.rows, Self.items])
        return Tensor(
            drawn.elements(as: Float.self).map { ($0 * 6).rounded() / 4 },
            shape: [Self.rows, Self.items])
    }

    private var units: Tensor {
        Tensor(
            (0..<Self.rows * Self.rows).map { $0 % (Self.rows + 1) == 0 ? 1 : 0 as Float },
            shape: [Self.rows, Self.rows])
    }

    @Test(arguments: 1...20) func ranksAndFindsAsProductsDo(seed: UInt64) throws {
        let scores = scores(seed)
        let chance = Generator(seed: 100 + seed)
        func drawn(_ count: Int) -> [Int32] {
            chance.uniform([count]).elements(as: Float.self).map { Int32($0 * Float(Self.items)) }
        }
        var excluded = ItemSelection()
        for row in 0..<Self.rows { excluded.append(drawn(row * 7)) }
        let targets = drawn(Self.rows)
        let candidates = drawn(Self.rows * 4)
        let matrix = ScoreMatrix(scores)
        let vectors = scores.transposed()
        #expect(matrix.rows == Self.rows && matrix.items == Self.items)
        #expect(
            try matrix.ranks(of: targets, excluding: excluded)
                == units.ranks(of: targets, among: vectors, excluding: excluded))
        #expect(
            try matrix.ranks(of: targets, candidates: candidates)
                == units.ranks(of: targets, among: vectors, candidates: candidates))
        for count in [0, 1, 4, Self.items, 99] {
            let found = try matrix.topItems(count: count, excluding: excluded)
            let expected = try units.topItems(of: vectors, count: count, excluding: excluded)
            for row in 0..<Self.rows {
                #expect(Array(found[row].items) == Array(expected[row].items))
                #expect(Array(found[row].scores) == Array(expected[row].scores))
            }
        }
    }

    @Test func aRowIsReplaced() throws {
        var matrix = ScoreMatrix(Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]))
        matrix[0] = [9, 7, 8]
        #expect(Array(matrix[0]) == [9, 7, 8] && Array(matrix[1]) == [4, 5, 6])
        let none = ItemSelection(emptyRows: 2)
        #expect(try Array(matrix.topItems(count: 2, excluding: none)[0].items) == [0, 2])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func aScoreThatIsNoNumberIsNamed(value: Float) {
        let matrix = ScoreMatrix(Tensor([1, 2, 3, 4, value, 6], shape: [2, 3]))
        let none = ItemSelection(emptyRows: 2)
        for ask in [
            { _ = try matrix.topItems(count: 1, excluding: none) },
            { _ = try matrix.ranks(of: [0, 0], excluding: none) },
            { _ = try matrix.ranks(of: [0, 0], candidates: [1, 1]) },
        ] as [() throws -> Void] {
            let error = #expect(throws: TorchError.self) { try ask() }
            #expect(error?.message == "the score of row 1 and item 1 is not finite")
        }
    }
}
