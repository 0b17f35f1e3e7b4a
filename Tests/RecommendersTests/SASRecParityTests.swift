import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Against RecBole's SASRec at commit 7b02be5 on fixed weights; see Fixtures/manifest.json.
struct SASRecParityTests {
    private static let tolerance = 1e-5

    private func model(_ fixture: [String: Tensor], scoresPadding: Bool = true) throws -> SASRec {
        var settings = SASRecConfiguration()
        settings.embeddingSize = 8
        settings.innerSize = 16
        settings.hiddenDropout = 0
        settings.attentionDropout = 0
        settings.maximumLength = 7
        settings.scoresPadding = scoresPadding
        let model = try SASRec(settings, shape: .domains(22), random: .seeded(1))
        let parameters = fixture.filter { $0.key.hasPrefix("param.") }
        try model.load(
            Dictionary(
                uniqueKeysWithValues: parameters.map { (String($0.key.dropFirst(6)), $0.value) }))
        return model
    }

    @Test("states, scores, loss and the gradients of all parameters equal the reference's")
    func parity() throws {
        let fixture = try Fixture.tensors("sasrec/sasrec")
        let model = try model(fixture)
        let histories = SequenceBatch.histories(fixture.rows("sequences"))
        let domains = [DomainID](repeating: DomainID(rawValue: 0), count: 7)
        let states = model.states(of: histories, in: domains)
        #expect(relativeError(states, try #require(fixture["output"])) < Self.tolerance)

        let table = try #require(model.state()["item_embedding.weight"])
        let scores = states.matmul(table.transposed())
        #expect(relativeError(scores, try #require(fixture["scores"])) < Self.tolerance)
        #expect(identical(model.itemVectors(of: domains[0]), table[1..<23]))

        let targets = try #require(fixture["targets"]).to(.int32)
        let loss = states.fullSoftmaxLoss(table: table, targets: targets).mean()
        #expect(relativeError(loss, try #require(fixture["loss"])) < Self.tolerance)
        loss.backward()
        try model.expectGradients(of: fixture, count: 36)
    }

    @Test(
        "a row's loss is the mean over its prefixes, the reference's samples",
        arguments: [false, true])
    func lossOverPrefixes(scoresPadding: Bool) throws {
        let fixture = try Fixture.tensors("sasrec/sasrec")
        let model = try model(fixture, scoresPadding: scoresPadding)
        let events: [Int32] = [19, 15, 14, 1, 5, 22, 3, 9]
        let prefixes = (1...7).map { Array(events.prefix($0)) }
        let states = model.states(
            of: .histories(prefixes),
            in: [DomainID](repeating: DomainID(rawValue: 0), count: 7))
        let table = try #require(model.state()["item_embedding.weight"])
        let expected = states.fullSoftmaxLoss(
            table: scoresPadding ? table : table[1..<23],
            targets: Tensor(events.dropFirst().map { scoresPadding ? $0 : $0 - 1 })
        ).mean()
        let loss = model.loss(
            of: .sequences(.training([events]), negatives: []), in: model.phases[0])
        #expect(relativeError(loss.total, expected) < 1e-6)
    }
}
