import Interactions
import Recommenders
import Testing

@testable import Experiments

/// What models read of a split: training events alone, and negatives that are nothing of the person's own.
///
/// Items 1 to 4 are domain a, 5 to 8 domain b. The last event of a row is for test, the one before for validation.
struct ExampleBatchesTests {
    /// Train on 1 5 2, on 3 4 alone, on 6 1, on 7 8; held out are 6 3, 5 8, 2 2, 1 3.
    private static let rows: [[Int32]] = [
        [1, 5, 2, 6, 3], [3, 4, 5, 8], [6, 1, 2, 2], [7, 8, 1, 3],
    ]

    private func split() throws -> Split {
        let dataset = try dataset(
            of: Self.rows, domains: [("a", 4), ("b", 4)], time: { Int64(10 * $0 + $1) },
            rating: { Float(Self.rows[$0][$1]) })
        return try Split(.leaveOneOut, dataset: dataset, seed: 0)
    }

    private func batches(
        _ work: TrainingPhase.Work, phase: String = "train", seed: Int = 0, batchSize: Int = 256
    ) throws -> ExampleBatches {
        let configuration = try ExperimentConfiguration(
            yaml: "{model: popularity, seed: \(seed), training: {batchSize: \(batchSize)}}")
        return try #require(
            ExampleBatches(
                TrainingPhase(phase, work), split: split(),
                configuration: configuration, window: HistoryWindow(50)))
    }

    /// Graphs and support sets are made of it: an event of validation or test in it is a leak.
    @Test func whatModelsPrepareWithIsTrainingEvents() throws {
        let data = try split().trainingData
        #expect(data.sequences.items == [1, 5, 2, 3, 4, 6, 1, 7, 8])
        #expect(data.sequences.offsets == [0, 3, 5, 7, 9])
        #expect(data.sequences.times == [0, 1, 2, 10, 11, 20, 21, 30, 31])
        #expect(data.sequences.users.map(\.rawValue) == [0, 1, 2, 3])
        #expect(data.sequences.targets.isEmpty && data.catalogs.map(\.name) == ["a", "b"])
    }

    @Test func closedFormsAndPopularityCountTrainingEvents() throws {
        let split = try split()
        let everything = ExampleBatches.everything(split)
        #expect(everything.users == [0, 0, 0, 1, 1, 2, 2, 3, 3])
        #expect(everything.items == [1, 5, 2, 3, 4, 6, 1, 7, 8])
        #expect(everything.ratings == everything.items.map(Float.init))
        #expect(split.trainingEventsOfItems == [2, 1, 1, 1, 1, 1, 1, 1])
    }

    @Test func ratingsAreThoseOfTrainingInTheDomain() throws {
        let batches = try batches(.ratings(in: [DomainID(rawValue: 1)]) { _ in Loss() })
        let (batch, size) = try batches.batch(order: [0, 1, 2, 3], epoch: 0, step: 0)
        guard case .ratings(let ratings) = batch else {
            Issue.record("expected ratings")
            return
        }
        #expect(
            ratings
                == RatingBatch(users: [0, 2, 3, 3], items: [5, 6, 7, 8], ratings: [5, 6, 7, 8]))
        #expect(size == 4 && batches.exampleCount == 4)
    }

    /// People 0 and 2 have training events in both domains; 1 and 3 have the other domain in what is held out.
    @Test func bridgesLearnFromPeopleOfBothDomains() throws {
        let (a, b) = (DomainID(rawValue: 0), DomainID(rawValue: 1))
        for (source, target) in [(a, b), (b, a)] {
            let batches = try batches(.users(in: [source, target]) { _ in Loss() })
            #expect(batches.exampleCount == 2)
            let (batch, _) = try batches.batch(order: [0, 1], epoch: 0, step: 0)
            guard case .users(let users) = batch else {
                Issue.record("expected users")
                return
            }
            #expect(users == [0, 2])
        }
    }

    /// So many are asked for that all that may be drawn is: of four items those that the person has not trained on, what
    /// is held out among them.
    @Test func negativesAreNothingThatThePersonTrainsOn() throws {
        let batches = try batches(.sequences(.perPosition(2)) { _, _ in Loss() })
        let free: [Int32: [[Int32]]] = [0: [[3, 4], [6, 7, 8]], 1: [[1, 2], [5, 6, 7, 8]]]
        var seen: Set<Int32> = []
        for epoch in 0..<20 {
            let (batch, _) = try batches.batch(order: [0, 1, 2, 3], epoch: epoch, step: 0)
            guard case .sequences(let sequences, let drawn) = batch else {
                Issue.record("expected sequences")
                return
            }
            #expect(drawn.draws == sequences.tokens && drawn.width == 4)
            for row in 0..<sequences.rows {
                guard let allowed = free[sequences.users[row].rawValue] else { continue }
                for token in sequences.tokens(ofRow: row) {
                    for domain in 0..<2 {
                        let own = drawn.items(of: domain, at: token)
                        #expect(Set(own).count == 2 && own.allSatisfy(allowed[domain].contains))
                        seen.formUnion(own)
                    }
                }
            }
        }
        // Item 3 is what person 0 is tested with, 5 and 8 are what person 1 is: negatives do not know it.
        #expect(seen == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    /// Every epoch, phase and seed draws anew for a position, every step too for a batch, and each the same when it is
    /// asked for again.
    @Test func eachEpochStepPhaseAndSeedDrawsAnew() throws {
        func drawn(
            _ negatives: Negatives = .perPosition(1), epoch: Int = 0, step: Int = 0,
            phase: String = "train", seed: Int = 0
        ) throws -> [Int32] {
            let batches = try batches(
                .sequences(negatives) { _, _ in Loss() }, phase: phase, seed: seed, batchSize: 1)
            // The same person at every step.
            let (batch, _) = try batches.batch(order: [1, 1, 1], epoch: epoch, step: step)
            guard case .sequences(_, let drawn) = batch else { return [] }
            return drawn.all
        }
        func draws(_ draw: (Int) throws -> [Int32]) rethrows -> Set<[Int32]> {
            Set(try (0..<12).map(draw))
        }
        // Of 2 · 4 pairs twelve draws have several; without the index they are one.
        #expect(try draws { try drawn(epoch: $0) }.count > 2)
        #expect(try draws { try drawn(.perBatch(2), step: $0 % 3) }.count > 1)
        #expect(try draws { try drawn(step: $0 % 3) }.count == 1)
        #expect(try draws { try drawn(phase: "\($0)") }.count > 2)
        #expect(try draws { try drawn(seed: $0) }.count > 2)
        #expect(try draws { _ in try drawn(epoch: 5) }.count == 1)
    }

    /// Whatever batch an example is in, and with whom, it is given the same.
    @Test func aPartOfABatchIsGivenWhatTheWholeIs() throws {
        func batch(_ order: [Int], size: Int, step: Int) throws -> (SequenceBatch, DrawnItems) {
            let batches = try batches(
                .sequences(.perPosition(2)) { _, _ in Loss() }, batchSize: size)
            guard
                case .sequences(let batch, let drawn) = try batches.batch(
                    order: order, epoch: 1, step: step
                ).batch
            else { throw RunError.noExamples(phase: "train") }
            return (batch, drawn)
        }
        let order = [2, 0, 3, 1]
        let (whole, all) = try batch(order, size: 4, step: 0)
        var position = 0
        for step in 0..<2 {
            let (part, drawn) = try batch(order, size: 2, step: step)
            for token in 0..<part.tokens {
                #expect(part.items[token] == whole.items[position])
                for domain in 0..<2 {
                    #expect(
                        drawn.items(of: domain, at: token) == all.items(of: domain, at: position))
                }
                position += 1
            }
        }
        #expect(position == whole.tokens)
    }

    @Test func eachEpochHasAnOrderOfItsOwn() throws {
        let batches = try batches(.sequences(.none) { _, _ in Loss() })
        let orders = (0..<12).map { batches.order(epoch: $0) }
        #expect(orders.allSatisfy { $0.sorted() == [0, 1, 2, 3] })
        #expect(Set(orders).count > 2)
        #expect(batches.order(epoch: 3) == orders[3])
        let others = try self.batches(.sequences(.none) { _, _ in Loss() }, phase: "other")
        #expect((0..<12).map { others.order(epoch: $0) } != orders)
    }
}
