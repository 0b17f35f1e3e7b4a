import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Against the authors' code at commit 72e52c9 on fixed weights; see Fixtures/manifest.json.
///
/// Errors are relative to the largest magnitude of the tensor in question.
struct ABXIParityTests {
    private static let tolerance = 1e-5
    private let shape = DataShape.domains(13, 11)

    private func model() throws -> ABXI {
        var settings = ABXIConfiguration()
        settings.embeddingSize = 16
        settings.innerSize = 24
        settings.domainRank = 2
        settings.invariantRank = 4
        settings.dropout = 0
        settings.maximumLength = 9
        settings.negatives = 5
        settings.attendsPadding = true
        let model = try ABXI(settings, shape: shape, random: .seeded(1))
        try model.load(Fixture.tensors("abxi/parameters"))
        return model
    }

    /// The fixture's training batch: padding on the left is dropped.
    private func trainingBatch(_ fixture: [String: Tensor]) throws -> TrainingBatch {
        let batch = SequenceBatch.training(fixture.rows("sequences"))
        let drawn = try #require(fixture["negatives"]).reshaped([54, 10])
            .rows(Tensor(places(of: batch)))
        return .sequences(batch, negatives: drawn.elements(as: Int64.self).map(Int32.init))
    }

    /// Where each token stands in the reference's 9 columns, as row × 9 + column.
    private func places(of batch: SequenceBatch) -> [Int32] {
        (0..<batch.rows).flatMap { row in
            let count = batch.tokens(ofRow: row).count
            return (0..<count).map { Int32(row * 9 + 9 - count + $0) }
        }
    }

    private func losses(_ model: ABXI, _ batch: TrainingBatch) -> MeasuredLoss {
        model.loss(of: batch, in: model.phases[0])
    }

    @Test("training states equal the reference's at every step")
    func trainingStates() throws {
        let fixture = try Fixture.tensors("abxi/train")
        let batch = SequenceBatch.training(fixture.rows("sequences"))
        let steps = shape.domains.map { batch.trainingSteps(of: $0.items) }
        let states = try model().trainingStates(of: batch, steps: steps)
        let expected = try #require(fixture["h"]).reshaped([54, 16])
        let places = places(of: batch)
        #expect(steps.map(\.predictingTokens.count) == [18, 16] && states.count == 2)
        for (state, steps) in zip(states, steps) {
            let rows = Tensor(steps.predictingTokens.map { places[Int($0)] })
            #expect(relativeError(state, expected.rows(rows)) < Self.tolerance)
        }
    }

    @Test("losses and the gradients of all parameters equal the reference's")
    func lossAndGradients() throws {
        let fixture = try Fixture.tensors("abxi/train")
        let model = try model()
        let loss = try losses(model, trainingBatch(fixture))
        #expect(loss.parts.map(\.name) == ["a", "b"])
        #expect(
            try relativeError(loss.parts[0].value, #require(fixture["loss_a"])) < Self.tolerance)
        #expect(
            try relativeError(loss.parts[1].value, #require(fixture["loss_b"])) < Self.tolerance)
        loss.total.backward()
        try model.expectGradients(of: fixture, count: 44)
    }

    @Test("evaluation states, logits and ranks equal the reference's")
    func evaluation() throws {
        let fixture = try Fixture.tensors("abxi/evaluate")
        let sequences = fixture.rows("sequences")
        let model = try model()
        model.train(false)
        // Of a longer row the reference's domain threads also read what its mixed sequence no longer holds.
        let rows = sequences.indices.filter { sequences[$0].count - 1 <= model.window.length }
        #expect(rows.count >= 4, "\(rows)")
        let targets = rows.compactMap { sequences[$0].last }
        let domains = targets.map { DomainID(rawValue: shape.domain(of: $0)) }
        let histories = SequenceBatch.histories(rows.map { Array(sequences[$0].dropLast()) })
        let states = model.states(of: histories, in: domains)
        let places = Tensor(rows.map(Int32.init))
        #expect(
            relativeError(states, try #require(fixture["h"]).rows(places)) < Self.tolerance)

        let negatives = try #require(fixture["negatives"]).elements(as: Int64.self)
        // Of both domains: the reference's pool for b holds the last item of a.
        let vectors = Tensor.concatenate(
            shape.domains.indices.map { model.itemVectors(of: DomainID(rawValue: $0)) })
        var logits: [Float] = []
        for (place, row) in rows.enumerated() {
            let candidates = [targets[place]] + negatives[row * 5..<row * 5 + 5].map(Int32.init)
            let scores = vectors.rows(Tensor(candidates.map { $0 - 1 }))
                .matmul(states[place..<place + 1].transposed())
            logits += scores.elements(as: Float.self)
        }
        let expected = try #require(fixture["logits"])
        #expect(
            relativeError(Tensor(logits, shape: [rows.count, 6]), expected.rows(places))
                < Self.tolerance)
        let ranks = rows.indices.map { row in
            let own = logits[row * 6..<row * 6 + 6]
            return Int64(own.count { $0 > own[own.startIndex] } + 1)
        }
        let all = try #require(fixture["ranks"]).elements(as: Int64.self)
        #expect(ranks == rows.map { all[$0] })
    }

    @Test("five steps of AdamW give the reference's losses and weights")
    func steps() throws {
        let fixture = try Fixture.tensors("abxi/steps")
        let batch = try trainingBatch(Fixture.tensors("abxi/train"))
        let model = try model()
        var configuration = OptimizerConfiguration()
        configuration.weightDecay = 0.1
        let optimizer = Optimizer(configuration, module: model)
        var found: [Float] = []
        for step in 0...5 {
            let loss = losses(model, batch)
            found += loss.parts.map { Float($0.value.item()) }
            guard step < 5 else { break }
            optimizer.clearGradients()
            loss.total.backward()
            optimizer.step(learningRate: 0.01)
        }
        let expected = try #require(fixture["losses"])
        #expect(relativeError(Tensor(found, shape: [6, 2]), expected) < Self.tolerance)
        for (name, value) in model.state() where name != "mha.mha.in_proj_bias" {
            let final = try #require(fixture["final.\(name)"])
            #expect(relativeError(value, final) < Self.tolerance, "\(name)")
        }
    }

    private struct Shapes: Decodable {
        struct Parameter: Decodable, Comparable {
            let name: String
            let shape: [Int]

            static func < (left: Self, right: Self) -> Bool { left.name < right.name }
        }

        let total: Int
        let parameters: [Parameter]
    }

    @Test("names, shapes and number of parameters are the reference's", arguments: [false, true])
    func parameterList(isFoodKitchen: Bool) throws {
        let sizes = try JSONDecoder().decode(
            [String: Shapes].self, from: Fixture.data("abxi/shapes.json"))
        let model = try isFoodKitchen ? foodKitchen() : model()
        let expected = try #require(sizes[isFoodKitchen ? "foodKitchen" : "small"])
        let own = model.parameters().map {
            Shapes.Parameter(name: $0.name, shape: $0.parameter.value.shape)
        }
        #expect(own.sorted() == expected.parameters.sorted())
        #expect(model.parameterCount == expected.total)
    }

    private func foodKitchen() throws -> ABXI {
        try ABXI(ABXIConfiguration(), shape: .domains(11_837, 16_258), random: .seeded(1))
    }
}
