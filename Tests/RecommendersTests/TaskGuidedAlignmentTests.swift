import Interactions
import Testing
import Torch

@testable import Recommenders

/// Domain threads by hand and against the sequences of ABXI's authors' code.
struct TaskGuidedAlignmentTests {
    private let first: Range<Int32> = 1..<10
    private let second: Range<Int32> = 10..<20

    @Test("in training each item stands where its successor in its domain is predicted")
    func training() {
        // Row 0: inputs 1 10 2 11, targets 10 2 11 3. Steps 1 and 3 predict the first domain from
        // 1 and 2; steps 0 and 2 the second, the first of them without a predecessor, and 11 is left
        // out. Row 1: inputs 12 4, targets 4 5: step 0 predicts 4 without predecessor, step 1 from 4.
        let batch = SequenceBatch.training([[1, 10, 2, 11, 3], [12, 4, 5]])
        let own = batch.trainingSteps(of: first)
        #expect(own.items == [1, 2, 4])
        #expect(own.offsets == [0, 2, 3])
        #expect(own.places == [0, 2, 1])
        #expect(own.axis == [1, 3, 1])
        #expect(own.distances == [2, 1, 1])
        #expect(own.predictingTokens == [1, 3, 4, 5])
        #expect(own.predictors == [0, 1, -1, 2])
        #expect(own.predictingRows == [0, 0, 1, 1])
        // Two vacant places before the row, then those of the axis that the domain leaves empty.
        #expect(own.vacancies(rowLengths: [4, 2], length: 6) == [3, 4, 5])

        let other = batch.trainingSteps(of: second)
        #expect(other.items == [10])
        #expect(other.offsets == [0, 1, 1])
        #expect(other.places == [1])
        #expect(other.axis == [2])
        #expect(other.predictingTokens == [0, 2])
        #expect(other.predictors == [-1, 0])
    }

    @Test("in inference all items stand, the newest at the row's end")
    func inference() {
        let batch = SequenceBatch.histories([[1, 10, 2, 11], [12], []])
        let own = batch.inferenceSteps(of: first)
        #expect(own.items == [1, 2])
        #expect(own.offsets == [0, 2, 2, 2])
        #expect(own.places == [0, 2])
        #expect(own.axis == [1, 3])
        #expect(own.distances == [2, 1])
        #expect(own.predictingTokens == [3, 4, -1])
        #expect(own.predictors == [1, -1, -1])
        #expect(own.predictingRows == [0, 1, 2])
        let other = batch.inferenceSteps(of: second)
        #expect(other.items == [10, 11, 12])
        #expect(other.places == [1, 3, 0])
        #expect(other.axis == [2, 3, 0])
        #expect(other.predictors == [1, 2, -1])
    }

    @Test(
        "training sequences are those of the authors' code",
        arguments: [("a", 1, 14), ("b", 14, 25)])
    func trainingFixture(letter: String, low: Int32, high: Int32) throws {
        let fixture = try Fixture.tensors("abxi/train")
        let batch = SequenceBatch.training(fixture.rows("sequences"))
        let steps = batch.trainingSteps(of: low..<high)
        var padded = [Int64](repeating: 0, count: 6 * 9)
        for row in 0..<6 {
            let shift = 9 - batch.tokens(ofRow: row).count
            for index in Int(steps.offsets[row])..<Int(steps.offsets[row + 1]) {
                padded[row * 9 + shift + Int(steps.axis[index])] = Int64(steps.items[index])
            }
        }
        #expect(try padded == #require(fixture["seq_\(letter)"]).elements())
    }

    @Test(
        "evaluation sequences are those of the authors' code",
        arguments: [("a", 1, 14), ("b", 14, 25)])
    func evaluationFixture(letter: String, low: Int32, high: Int32) throws {
        let fixture = try Fixture.tensors("abxi/evaluate")
        let batch = SequenceBatch.histories(
            fixture.rows("sequences").map { Array($0.dropLast()) })
        let steps = batch.inferenceSteps(of: low..<high)
        var padded = [Int64](repeating: 0, count: 8 * 9)
        for row in 0..<8 {
            let own = (Int(steps.offsets[row])..<Int(steps.offsets[row + 1])).suffix(9)
            for index in own {
                padded[row * 9 + 9 - (own.upperBound - index)] = Int64(steps.items[index])
            }
        }
        #expect(try padded == #require(fixture["seq_\(letter)"]).elements())
    }
}
