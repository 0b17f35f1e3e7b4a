import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// The stand-in for CDSRNP: its parts, and what it may know when.
@Suite struct CDSRNPStyleTests {
    private func model(
        _ change: (inout CDSRNPStyleConfiguration) -> Void = { _ in }
    ) throws -> CDSRNPStyle {
        var settings = CDSRNPStyleConfiguration()
        settings.embeddingSize = 8
        settings.latentSize = 4
        settings.dropout = 0
        settings.maximumLength = 6
        settings.supportUsers = 3
        change(&settings)
        let model = try CDSRNPStyle(settings, shape: RankerCase.shape, random: .seeded(1))
        model.randomize(seed: 2)
        return model
    }

    private func prepared(
        _ change: (inout CDSRNPStyleConfiguration) -> Void = { _ in }
    ) throws -> CDSRNPStyle {
        let model = try model(change)
        model.prepare(with: RankerCase.data(imageSize: 1))
        model.train(false)
        return model
    }

    private func scores(_ model: CDSRNPStyle, _ rows: [[Int32]], _ domain: Int) -> [Float] {
        let domain = DomainID(rawValue: domain)
        return model.states(
            of: .histories(rows), in: [DomainID](repeating: domain, count: rows.count)
        ).linear(model.itemVectors(of: domain)).elements()
    }

    /// Of N(1, 2²) from N(0, 1): ln(1/2) + (4 + 1)/2 − 1/2; of N(0, 1) from itself: 0.
    @Test func divergenceOfNormals() {
        func normal(_ mean: [Float], _ deviation: [Float]) -> DiagonalNormal {
            DiagonalNormal(
                mean: Tensor(mean, shape: [1, mean.count]),
                deviation: Tensor(deviation, shape: [1, mean.count]))
        }
        let found = normal([1, 0], [2, 1]).divergence(from: normal([0, 0], [1, 1])).item()
        #expect(abs(found - (2 - log(2.0))) < 1e-6)
        #expect(normal([3], [0.5]).divergence(from: normal([3], [0.5])).item() == 0)
    }

    /// Two of the rows 0, 2, 4 and 6, which qualify, at equal distances: the first and the third of them.
    @Test func supportSetIsSpread() {
        let support = SupportSet(itemCount: 9)
        let rows = (0..<10).map { [Int32($0), 50] }
        support.take(2, of: .histories(rows)) { $0.isMultiple(of: 2) && $0 < 8 }
        #expect(support.batch.items == [0, 50, 4, 50])
        #expect(support.batch.offsets == [0, 2, 4])
        support.take(9, of: .histories(rows)) { $0 < 2 }
        #expect(support.batch.items == [0, 50, 1, 50])
        support.take(3, of: .histories(rows)) { _ in false }
        #expect(support.batch.items.isEmpty && support.batch.rows == 0)
    }

    @Test func historiesPredictTheirOwnItems() {
        let steps = SequenceBatch.histories([[1, 7, 2], [], [8]]).steps { Int32($0) + 20 }
        #expect(steps.targets == [7, 2, 20, 22])
        #expect(steps.items == [1, 7, 2, 8])
    }

    /// Tokens are numbered through the rows; items of the domain 0, 1 in the first and 2 in the second row.
    @Test func newestItemsUpToEachToken() {
        let batch = SequenceBatch.histories([[8, 1, 9, 2], [7, 8, 3], [9]])
        let own = DomainSequence(1..<7, of: batch)
        #expect(own.newest(in: batch) == [-1, 0, 0, 1, -1, -1, 2, -1])
    }

    /// Only people of several domains stand in the support set, and it is saved with the weights.
    @Test func supportSetHoldsPeopleOfSeveralDomains() throws {
        let model = try model()
        model.prepare(
            with: TrainingData(
                catalogs: [], sequences: .histories([[1, 2], [1, 7], [8, 9], [3, 2, 10]])))
        let state = model.state()
        #expect(try #require(state["support.items"]).elements() == [1, 7, 3, 2, 10] as [Int32])
        #expect(try #require(state["support.offsets"]).elements() == [0, 2, 5] as [Int32])
    }

    /// Who else is asked for does not matter: every row gets the scores that it gets alone.
    @Test(arguments: [[], [0, 1, 2]])
    func rowsDoNotKnowEachOther(stages: [Int]) throws {
        let model = try prepared { $0.gca.stages = stages }
        let rows = RankerCase.histories
        for domain in 0..<2 {
            let together = scores(model, rows, domain)
            for (index, row) in rows.enumerated() {
                expectClose(
                    Array(together[index * 6..<(index + 1) * 6]), scores(model, [row], domain),
                    within: 1e-5)
            }
        }
    }

    /// Cosines are those of the people asked for, however they are divided into batches.
    @Test func cosinesAreOfTheEvaluated() throws {
        let model = try prepared { $0.gca.stages = [0, 1] }
        let rows = RankerCase.histories
        func cosines(_ batches: [[[Int32]]]) -> [String: Double] {
            model.resetDiagnostics()
            for batch in batches { _ = scores(model, batch, 0) }
            return model.diagnostics()
        }
        let together = cosines([rows])
        let apart = cosines(rows.map { [$0] })
        #expect(together.count == 4 && together.keys == apart.keys)
        for (name, value) in together { #expect(abs(value - (apart[name] ?? 0)) < 1e-6) }
    }

    /// The support set counts: by z and by attention to its people.
    @Test func supportSetChangesScores() throws {
        let model = try prepared()
        let before = scores(model, RankerCase.histories, 0)
        model.prepare(with: TrainingData(catalogs: [], sequences: .histories([[6, 12]])))
        let after = scores(model, RankerCase.histories, 0)
        #expect(zip(before, after).contains { abs($0 - $1) > 1e-4 })
    }

    /// A person of one domain alone is ranked in the other: by what is known of the first.
    @Test func otherDomainCounts() throws {
        let model = try prepared()
        let (left, right) = (scores(model, [[1, 2]], 1), scores(model, [[3, 4]], 1))
        #expect(zip(left, right).contains { abs($0 - $1) > 1e-4 })
        #expect(scores(model, [[]], 0).allSatisfy { $0 == 0 })
    }

    /// In training z has read the query rows to their ends, as a neural process does; without it nothing of the future
    /// is left, and in evaluation nothing of it is there, which the suite of all models checks.
    @Test(arguments: [true, false])
    func posteriorKnowsTheFuture(readsLatent: Bool) throws {
        let random = RandomSources.seeded(1)
        var settings = CDSRNPStyleConfiguration()
        (settings.embeddingSize, settings.latentSize, settings.dropout) = (8, 4, 0)
        let model = try CDSRNPStyle(settings, shape: RankerCase.shape, random: random)
        model.randomize(seed: 2)
        if !readsLatent {
            // The decoder's columns of z: the last four of twelve.
            var state = model.state()
            let weight = try #require(state["decoder.dense_1.weight"])
            state["decoder.dense_1.weight"] = Tensor.concatenate(
                [weight.narrowed(1, 0..<8), .zeros([16, 4])], dimension: 1)
            try model.load(state)
        }
        func states(_ row: [Int32]) -> [Float] {
            random.dropout.reseed(3)
            // One row alone is never a support row.
            return model.trainingStates(of: .training([row]))[0].states.elements()
        }
        // The first state toward domain a stands after the first two events.
        let (left, right) = (states([1, 7, 2, 8, 3, 4]), states([1, 7, 2, 8, 5, 4]))
        let moved = zip(left.prefix(8), right.prefix(8)).map { abs($0 - $1) }.max() ?? 0
        #expect(readsLatent ? moved > 1e-4 : moved < 1e-6)
    }

    /// The loss counts the query rows: half of the people of several domains, and all others.
    @Test func supportRowsAreNotPredicted() throws {
        let model = try prepared { $0.divergenceWeight = 0 }
        let rows: [[Int32]] = [[1, 7, 2, 8], [3, 9, 4, 10], [5, 6, 1]]
        func loss(_ rows: [[Int32]]) -> [String: Double] {
            let loss = model.loss(
                of: .sequences(.training(rows), negatives: []), in: model.phases[0])
            return Dictionary(uniqueKeysWithValues: loss.parts.map { ($0.name, $0.value.item()) })
        }
        let before = loss(rows)
        // A support row's last target is read by nobody.
        #expect(loss([[1, 7, 2, 9], rows[1], rows[2]]) == before)
        #expect(loss([rows[0], [3, 9, 4, 11], rows[2]])["b"] != before["b"])
        #expect(loss([rows[0], rows[1], [5, 6, 2]])["a"] != before["a"])
        #expect(try #require(before["divergence"]) > 0)
        // A person of one domain is always predicted.
        let single = loss([[1, 2, 3], rows[0], rows[1]])
        #expect(loss([[1, 2, 4], rows[0], rows[1]])["a"] != single["a"])
        #expect(loss([[1, 2, 3], [1, 7, 2, 9], rows[1]]) == single)
    }

    /// At most `supportUsers` of a batch stand in its support set.
    @Test func supportOfABatchIsLimited() throws {
        let model = try prepared { $0.supportUsers = 1 }
        func loss(_ last: Int32) -> Double {
            let rows: [[Int32]] = [
                [1, 7, 2, 8], [3, 9, 4, last], [5, 11, 6, 12], [2, 10, 3, 7],
            ]
            return model.loss(of: .sequences(.training(rows), negatives: []), in: model.phases[0])
                .total.item()
        }
        // Of four people half would be two; the second's last item is then read by nobody.
        #expect(loss(10) != loss(11))
    }

    /// In training z is drawn, without dropout too; in evaluation it is the mean.
    @Test func latentIsDrawnInTrainingAlone() throws {
        let random = RandomSources.seeded(1)
        var settings = CDSRNPStyleConfiguration()
        (settings.embeddingSize, settings.latentSize, settings.dropout) = (8, 4, 0)
        let model = try CDSRNPStyle(settings, shape: RankerCase.shape, random: random)
        model.randomize(seed: 2)
        func losses(isTraining: Bool) -> Set<Double> {
            model.train(isTraining)
            return Set(
                ([1, 2, 3] as [UInt64]).map { seed in
                    random.dropout.reseed(seed)
                    return model.loss(
                        of: .sequences(.training(RankerCase.rows), negatives: []),
                        in: model.phases[0]
                    ).total.item()
                })
        }
        #expect(losses(isTraining: true).count == 3)
        #expect(losses(isTraining: false).count == 1)
    }

    /// Nobody of several domains, and nobody of domain b at all.
    @Test func oneDomainAloneIsLearned() throws {
        let rows: [[Int32]] = [[1, 2, 3], [4, 5]]
        let model = try model { $0.gca.stages = [0, 1, 2] }
        model.prepare(with: TrainingData(catalogs: [], sequences: .histories(rows)))
        let loss = model.loss(of: .sequences(.training(rows), negatives: []), in: model.phases[0])
        #expect(loss.parts.map(\.name) == ["a", "divergence"])
        loss.total.backward()
        model.train(false)
        let (own, other) = (scores(model, rows, 0), scores(model, rows, 1))
        #expect((own + other).allSatisfy(\.isFinite) && other.contains { $0 != 0 })
    }
}
