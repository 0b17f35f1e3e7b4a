import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// A fixture of one of RecBole's sequential models at commit 7b02be5 on fixed weights; see Fixtures/manifest.json.
struct RecBoleParity {
    static let tolerance = 1e-5
    let fixture: [String: Tensor]

    init(_ name: String) throws { fixture = try Fixture.tensors(name) }

    /// Loads the reference's weights.
    func load(into model: any ItemRanker) throws {
        let parameters = fixture.filter { $0.key.hasPrefix("param.") }
        try model.load(
            Dictionary(
                uniqueKeysWithValues: parameters.map { (String($0.key.dropFirst(6)), $0.value) }))
    }

    /// States, scores, loss and the gradients of all parameters against the reference's.
    func expectEqual(_ model: any ItemRanker, parameters: Int) throws {
        let histories = SequenceBatch.histories(fixture.rows("sequences"))
        let domains = [DomainID](repeating: DomainID(rawValue: 0), count: histories.rows)
        let states = model.states(of: histories, in: domains)
        #expect(relativeError(states, try #require(fixture["output"])) < Self.tolerance)
        let table = try #require(model.state()["item_embedding.weight"])
        let scores = states.matmul(table.transposed())
        #expect(relativeError(scores, try #require(fixture["scores"])) < Self.tolerance)
        #expect(identical(model.itemVectors(of: domains[0]), table[1..<table.size(0)]))

        // The padding row takes part, as in the reference.
        let targets = try #require(fixture["targets"]).to(.int32)
        let loss = states.fullSoftmaxLoss(table: table, targets: targets).mean()
        #expect(relativeError(loss, try #require(fixture["loss"])) < Self.tolerance)
        loss.backward()
        try model.expectGradients(of: fixture, count: parameters)
    }

    /// The training loss of rows against the mean over their prefixes, the reference's samples.
    func expectLossOverPrefixes(
        of model: any ItemRanker, location: SourceLocation = #_sourceLocation
    ) throws {
        let rows = fixture.rows("sequences").filter { $0.count > 2 }
        let prefixes = rows.flatMap { row in (1..<row.count).map { Array(row.prefix($0)) } }
        let states = model.states(
            of: .histories(prefixes),
            in: [DomainID](repeating: DomainID(rawValue: 0), count: prefixes.count))
        let expected = states.fullSoftmaxLoss(
            table: model.itemVectors(of: DomainID(rawValue: 0)),
            targets: Tensor(rows.flatMap { $0.dropFirst().map { $0 - 1 } })
        ).mean()
        let loss = model.loss(of: .sequences(.training(rows), negatives: []), in: model.phases[0])
        #expect(relativeError(loss.total, expected) < 1e-6, sourceLocation: location)
    }
}
