import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Against the authors' code at commit 11ed252 on fixed weights; see Fixtures/manifest.json.
///
/// Errors are relative to the largest magnitude of the tensor in question.
@Suite struct TriCDRTests {
    private static let tolerance = 1e-5

    private func model(
        _ shape: DataShape = .domains(6, 7), _ change: (inout TriCDRConfiguration) -> Void
    ) throws -> TriCDR {
        var settings = TriCDRConfiguration()
        settings.embeddingSize = 8
        settings.heads = 2
        settings.dropout = 0
        settings.pretrainingEpochs = 0
        change(&settings)
        return try TriCDR(settings, shape: shape, random: .seeded(1))
    }

    /// The model with the fixture's weights and settings.
    private func trained() throws -> TriCDR {
        let model = try model {
            $0.attendsPadding = true
            $0.target = "b"
            ($0.mixedSourceRate, $0.mixedTargetRate, $0.sourceTargetRate) = (1, 2, 3)
            ($0.contrastWeight, $0.tripletWeight, $0.tripletMargin) = (0.7, 0.9, 4)
        }
        try model.load(Fixture.tensors("tricdr/parameters"))
        return model
    }

    @Test("loss and the gradients of all parameters equal the reference's")
    func lossAndGradients() throws {
        let fixture = try Fixture.tensors("tricdr/train")
        let model = try trained()
        let batch = SequenceBatch.training(fixture.rows("sequences"))
        let negatives = try #require(fixture["negatives"]).elements(as: Int64.self)
        let loss = model.loss(
            of: .sequences(batch, negatives: negatives.map(Int32.init)), in: model.phases[0])
        #expect(try relativeError(loss.total, #require(fixture["loss"])) < Self.tolerance)
        #expect(loss.parts.map(\.name) == ["b", "contrast b", "triplet b"])
        for (part, name) in zip(loss.parts, ["recommendation", "contrast", "triplet"]) {
            #expect(
                try relativeError(part.value, #require(fixture[name])) < Self.tolerance, "\(name)")
        }
        loss.total.backward()
        try model.expectGradients(of: fixture, count: 107)
    }

    @Test("scores of all items equal the reference's")
    func scores() throws {
        let fixture = try Fixture.tensors("tricdr/evaluate")
        let model = try trained()
        model.train(false)
        let histories = SequenceBatch.histories(fixture.rows("sequences"))
        let domain = DomainID(rawValue: 1)
        let states = model.states(
            of: histories, in: [DomainID](repeating: domain, count: histories.rows))
        let scores = states.linear(model.itemVectors(of: domain))
        let error = try relativeError(scores, #require(fixture["scores"]))
        #expect(error < Self.tolerance, "\(error)")
    }

    @Test("each encoder is trained alone, then all together; a head has only the joint phase")
    func phases() throws {
        let model = try model { $0.pretrainingEpochs = 3 }
        #expect(
            model.phases.map(\.name) == ["pretrain-mixed", "pretrain-a", "pretrain-b", "joint"])
        #expect(model.phases.map(\.epochs) == [3, 3, 3, nil])
        let batch = SequenceBatch.training([[1, 8, 2, 9], [3, 10, 4]])
        let negatives: [Int32] = (0..<batch.tokens).flatMap { _ in [5, 12] as [Int32] }
        for phase in model.phases {
            model.setTrainable(prefixes: phase.trainable)
            model.clearGradients()
            let loss = model.loss(of: .sequences(batch, negatives: negatives), in: phase)
            loss.total.backward()
            for (name, parameter) in model.parameters() {
                let trains = phase.trainable.map { $0.contains(where: name.hasPrefix) } ?? true
                #expect((parameter.value.gradient != nil) == trains, "\(phase.name) \(name)")
            }
        }
    }

    @Test("the loss of an encoder alone is that of its own sequence, at any place in the batch")
    func pretraining() throws {
        let model = try model { $0.pretrainingEpochs = 1 }
        func loss(_ rows: [[Int32]], _ phase: Int) -> Double {
            let batch = SequenceBatch.training(rows)
            let negatives: [Int32] = (0..<batch.tokens).flatMap { _ in [5, 12] as [Int32] }
            return model.loss(
                of: .sequences(batch, negatives: negatives), in: model.phases[phase]
            ).total.item()
        }
        // Items of the other domain change nothing for a domain's encoder.
        #expect(abs(loss([[1, 8, 2, 9, 3]], 1) - loss([[1, 2, 3]], 1)) < 1e-6)
        #expect(abs(loss([[1, 8, 2, 9, 3]], 2) - loss([[8, 9, 3]], 2)) < 1e-6)
        #expect(abs(loss([[1, 8, 2, 9, 3]], 0) - loss([[1, 2, 3]], 0)) > 1e-4)
    }

    /// A step needs an item of the domain before it, and sees all that came before what it predicts.
    @Test func stepsSeeWhatCameBefore() {
        let batch = SequenceBatch.training([[8, 1, 9, 2, 3, 10], [9, 4], [1, 5]])
        let own = DomainSequence(1..<7, of: batch.withoutTargets)
        let steps = TripleSteps(1..<7, own: own, of: batch)
        // Item 1 predicts 2 after token 2, item 2 predicts 3 after token 3; 1 predicts 5 in the last row, at token 6.
        #expect(steps.queries == [0, 1, 3])
        #expect(steps.targets == [2, 3, 5])
        #expect(steps.tokens == [2, 3, 6])
        #expect(steps.offsets == [0, 2, 2, 3])
        #expect(steps.ranges[0] == [0..<3, 0..<4, 6..<7])
        // Of the other domain's items 8, 9, 9.
        #expect(steps.ranges[1] == [0..<2, 0..<2, 3..<3])
        #expect(steps.ranges[2] == [0..<1, 0..<2, 3..<4])
        #expect(steps.contrasted == [1])
        let histories = SequenceBatch.histories([[8, 1, 9], [7], [], [2]])
        let known = DomainSequence(1..<7, of: histories)
        let asked = TripleSteps(1..<7, own: known, of: histories, rows: [true, true, true, false])
        #expect(asked.queries == [0, -1, -1] && asked.tokens == [2, 3, -1])
        #expect(asked.ranges[0] == [0..<3, 3..<4, 4..<4])
        #expect(asked.ranges[1] == [0..<2, 2..<3, 3..<3])
        #expect(asked.ranges[2] == [0..<1, 1..<1, 1..<1])
        #expect(asked.offsets == [0, 1, 2, 3, 3])
    }

    /// Unit vectors at cosines 0 and 1: each row has its partner and two others.
    @Test func contrastByHand() {
        let left = Tensor([1, 0, 0, 2] as [Float], shape: [2, 2])
        let right = Tensor([3, 0, 1, 0] as [Float], shape: [2, 2])
        // Row 0 (1, 0): partner 1, others 0 and 1. Row 1 (0, 1): partner 0, others 0 and 0. Row 2 (1, 0): partner 1, others
        // 0 and 1. Row 3 (1, 0): partner 0, others 1 and 1. Over 0.5: ln(2e² + 1) − 2, ln 3, ln(2e² + 1) − 2,
        // ln(2e² + 1).
        let e2 = 7.38905609893065
        let expected = (3 * log(2 * e2 + 1) - 4 + log(3)) / 4
        expectClose(contrastiveLoss(left, right, temperature: 0.5), expected)
    }

    /// Distances 5 and 13 with margins 4 and 10.
    @Test func tripletByHand() {
        func row(_ numbers: [Float]) -> Tensor { Tensor(numbers, shape: [1, 2]) }
        func loss(_ margin: Double) -> Tensor {
            tripletLoss(
                anchor: row([1, 1]), positive: row([4, 5]), negative: row([6, 13]), margin: margin)
        }
        expectClose(loss(4), 0)
        expectClose(loss(10), 2)
    }

    private func expectClose(_ tensor: Tensor, _ expected: Double) {
        #expect(abs(tensor.item() - expected) < 1e-5, "\(tensor.item()) is not \(expected)")
    }

    /// With a third domain, what happens there counts as source.
    @Test func othersTogetherAreTheSource() throws {
        let model = try model(.domains(4, 4, 4)) { $0.target = "a" }
        model.randomize(seed: 4)
        model.train(false)
        func state(_ row: [Int32]) -> [Float] {
            model.states(of: .histories([row]), in: [DomainID(rawValue: 0)]).elements()
        }
        let before = state([1, 5, 9, 2])
        #expect(before != state([1, 6, 9, 2]) && before != state([1, 5, 10, 2]))
        #expect(before.allSatisfy(\.isFinite) && before.contains { $0 != 0 })
        // Another domain than the target has no head.
        let other = model.states(of: .histories([[1, 5]]), in: [DomainID(rawValue: 1)])
        #expect(other.elements(as: Float.self).allSatisfy { $0 == 0 })
    }
}
