import Interactions
import Testing

@testable import Recommenders

/// Worked out by hand; items below 10 are one domain, from 10 on another.
struct SequenceBatchSelectionTests {
    @Test("only the latest tokens of each row are kept, with their times and targets")
    func keepingLast() {
        let batch = SequenceBatch.training([[1, 2, 3, 4, 5], [6, 7], [8, 9, 1]])
        let kept = batch.keepingLast(2)
        #expect(kept.offsets == [0, 2, 3, 5])
        #expect(kept.items == [3, 4, 6, 8, 9])
        #expect(kept.targets == [4, 5, 7, 9, 1])
        // Times number the tokens of the batch from 0.
        #expect(kept.times == [2, 3, 4, 5, 6])
        #expect(kept.users == batch.users)
        #expect(batch.keepingLast(4) == batch)
        let histories = SequenceBatch.histories([[1, 2, 3], []]).keepingLast(1)
        #expect(histories.items == [3] && histories.offsets == [0, 1, 1])
        #expect(histories.targets.isEmpty)
    }

    @Test("one domain's events of histories stay in place; rows can become empty")
    func restrictedHistories() {
        let own = SequenceBatch.histories([[1, 10, 2], [11, 12], [3]]).restricted(to: 1..<10)
        #expect(own.offsets == [0, 2, 2, 3])
        #expect(own.items == [1, 2, 3])
        #expect(own.times == [0, 2, 5])
        #expect(own.targets.isEmpty && own.rows == 3)
    }

    @Test("one domain's events of training rows are paired anew")
    func restrictedTraining() {
        // Events of the domain: 1 2 3 (the last is a target only); 4; none; 5 6 (a target of
        // the other domain ends the row).
        let batch = SequenceBatch.training([
            [1, 10, 2, 11, 3], [12, 4], [13, 14], [5, 6, 15],
        ])
        let own = batch.restricted(to: 1..<10)
        #expect(own.offsets == [0, 2, 2, 2, 3])
        #expect(own.items == [1, 2, 5])
        #expect(own.targets == [2, 3, 6])
        #expect(own.times == [0, 2, 6])
        let other = batch.restricted(to: 10..<20)
        #expect(other.offsets == [0, 1, 1, 2, 2])
        #expect(other.items == [10, 13])
        #expect(other.targets == [11, 14])
    }

    @Test("each row's tokens come first, then those of a range")
    func joined() {
        let batch = SequenceBatch.histories([[1, 10, 2, 11], [12], [], [3, 13]])
        let joined = batch.joined(with: 1..<10)
        #expect(joined.rows == 8)
        #expect(joined.offsets == [0, 4, 5, 5, 7, 9, 9, 9, 10])
        #expect(joined.items == [1, 10, 2, 11, 12, 3, 13, 1, 2, 3])
        #expect(joined.users == batch.users + batch.users)
    }

    @Test("distances count from each row's end")
    func distances() {
        let batch = SequenceBatch.histories([[5, 6, 7], [], [8]])
        #expect(batch.distancesFromEnd == [3, 2, 1, 1])
    }

    @Test("each step weighs one part of its row's steps")
    func weights() {
        // Row 0 has two steps, row 2 one, row 1 and 3 none.
        #expect(rowShares([0, 0, 2], rows: 4) == [0.5, 0.5, 1])
    }
}
