import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Against the authors' code at commit 89d4b92 on fixed weights; see Fixtures/manifest.json.
///
/// Errors are relative to the largest magnitude of the tensor in question.
@Suite struct C2DSRTests {
    private static let tolerance = 1e-5
    private let shape = DataShape.domains(6, 7)

    private func model(_ change: (inout C2DSRConfiguration) -> Void = { _ in }) throws -> C2DSR {
        var settings = C2DSRConfiguration()
        settings.embeddingSize = 8
        settings.heads = 2
        settings.dropout = 0
        settings.attendsPadding = true
        change(&settings)
        return try C2DSR(settings, shape: shape, random: .seeded(1))
    }

    /// The model with the fixture's weights and the graph of its training sequences.
    private func trained() throws -> C2DSR {
        let model = try model()
        model.prepare(with: try data())
        var state = try Fixture.tensors("c2dsr/parameters")
        for (name, parameter) in model.parameters() where parameter.isData {
            state[name] = parameter.value
        }
        try model.load(state)
        return model
    }

    private func data() throws -> TrainingData {
        let rows = try Fixture.tensors("c2dsr/train").rows("sequences")
        return TrainingData(catalogs: [], sequences: .histories(rows))
    }

    /// For each token and domain what replaces its item; the fixture has rows of 15, padded on the left.
    private func negatives(_ fixture: [String: Tensor], _ batch: SequenceBatch) throws -> [Int32] {
        let drawn = try ["corrupted_x", "corrupted_y"].map {
            try #require(fixture[$0]).elements(as: Int64.self).map(Int32.init)
        }
        return (0..<batch.rows).flatMap { row in
            let count = batch.tokens(ofRow: row).count
            return (0..<count).flatMap { index in
                drawn.map { $0[row * 15 + 15 - count + index] }
            }
        }
    }

    @Test("loss and the gradients of all parameters equal the reference's")
    func lossAndGradients() throws {
        let fixture = try Fixture.tensors("c2dsr/train")
        let model = try trained()
        let batch = SequenceBatch.training(fixture.rows("sequences"))
        let loss = model.loss(
            of: .sequences(batch, negatives: try negatives(fixture, batch)), in: model.phases[0])
        #expect(try relativeError(loss.total, #require(fixture["loss"])) < Self.tolerance)
        #expect(loss.parts.map(\.name) == ["infomax a", "infomax b", "prediction"])
        let infomax = loss.parts[0].value + loss.parts[1].value
        #expect(try relativeError(infomax, #require(fixture["infomax"])) < Self.tolerance)
        loss.total.backward()
        try model.expectGradients(of: fixture, count: 97)
    }

    @Test("scores of all items equal the reference's")
    func scores() throws {
        let fixture = try Fixture.tensors("c2dsr/evaluate")
        let model = try trained()
        model.train(false)
        let histories = SequenceBatch.histories(fixture.rows("sequences"))
        for (index, name) in ["scores_x", "scores_y"].enumerated() {
            let domain = DomainID(rawValue: index)
            let states = model.states(
                of: histories, in: [DomainID](repeating: domain, count: histories.rows))
            let scores = states.linear(model.itemVectors(of: domain))
            #expect(try relativeError(scores, #require(fixture[name])) < Self.tolerance)
        }
    }

    /// 1 → 2 twice and 1 → 3 once: shares of 2/3 and 1/3; each item's mean with its successors' mean and a bias.
    @Test func graphTakesSharesOfSuccessors() throws {
        let graph = ItemGraph(ids: 4)
        graph.take([(1, 2), (1, 3), (1, 2), (3, 1)], ids: 4)
        #expect(graph.offsets.value.elements() as [Int32] == [0, 0, 2, 2, 3])
        #expect(graph.successors.value.elements() as [Int32] == [2, 3, 1])
        let table = Tensor([0, 3, 6, 12] as [Float], shape: [4, 1])
        let dropout = Dropout(0, random: .seeded(1))
        let found: [Float] = graph.convolved(
            table, bias: Tensor([1] as [Float]), items: [3, 1, 2, 1], dropout: dropout
        ).elements()
        // 3: (12 + 3 + 1) / 2; 1: (3 + 4 + 4 + 1) / 2; 2 has no successor: (6 + 1) / 2.
        #expect(found == [8, 6, 3.5, 6])
    }

    @Test func graphIsReadAnewWhenItIsReplaced() throws {
        let graph = ItemGraph(ids: 3)
        let table = Tensor([0, 2, 4] as [Float], shape: [3, 1])
        let dropout = Dropout(0, random: .seeded(1))
        func value() -> Double {
            graph.convolved(table, bias: Tensor([0] as [Float]), items: [1], dropout: dropout)
                .sum().item()
        }
        #expect(value() == 1)
        graph.take([(1, 2)], ids: 3)
        #expect(value() == 3)
    }

    /// A domain's last item predicts only where the row's last target is of the domain.
    @Test func domainSequencesPairAnew() {
        let batch = SequenceBatch.training([[1, 8, 2, 9], [8, 1, 9, 2], [1, 8], [8, 9]])
        let own = DomainSequence(1..<7, of: batch)
        #expect(own.items == [1, 1])
        #expect(own.targets == [2, 2])
        #expect(own.offsets == [0, 1, 2, 2, 2])
        #expect(own.tokens == [0, 4])
        let other = DomainSequence(7..<14, of: batch)
        #expect(other.items == [8, 8, 8])
        #expect(other.targets == [9, 9, 9])
        let history = DomainSequence(1..<7, of: .histories([[1, 8, 2], [8]]))
        #expect(history.items == [1, 2] && history.targets.isEmpty)
        #expect(history.offsets == [0, 2, 2] && history.tokens == [0, 2])
    }
}
