import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Properties of SASRec; items 1 to 6 are domain a, 7 to 11 domain b.
struct SASRecTests {
    private let shape = DataShape.domains(6, 5)

    private func model(_ scope: SequenceScope) throws -> SASRec {
        var settings = SASRecConfiguration()
        settings.embeddingSize = 8
        settings.innerSize = 12
        settings.hiddenDropout = 0
        settings.attentionDropout = 0
        settings.maximumLength = 6
        settings.scope = scope
        let model = try SASRec(settings, shape: shape, random: .seeded(2))
        model.randomize(seed: 3)
        return model
    }

    private func loss(_ model: SASRec, _ rows: [[Int32]]) -> MeasuredLoss {
        model.loss(of: .sequences(.training(rows), negatives: []), in: model.phases[0])
    }

    private func states(_ model: SASRec, _ rows: [[Int32]], domain: Int) -> Tensor {
        model.states(
            of: .histories(rows),
            in: [DomainID](repeating: DomainID(rawValue: domain), count: rows.count))
    }

    @Test("each step of training sees what a history that ends there shows: nothing later")
    func futureIsUnseen() throws {
        let events: [Int32] = [1, 7, 2, 3, 8, 4, 9]
        let prefixes = (1..<7).map { Array(events.prefix($0)) }

        let mixed = try model(.mixed)
        let vectors = Tensor.concatenate(
            [0, 1].map { mixed.itemVectors(of: DomainID(rawValue: $0)) })
        let expected = states(mixed, prefixes, domain: 0).fullSoftmaxLoss(
            table: vectors, targets: Tensor(events.dropFirst().map { $0 - 1 }))
        #expect(relativeError(loss(mixed, [events]).total, expected.mean()) < 1e-6)

        // Domain a: 1 → 2 → 3 → 4 are the targets after the prefixes of 2, 3 and 5 events; domain b:
        // 7 → 8 → 9 after those of 4 and 6.
        let split = try model(.perDomain)
        let parts = loss(split, [events]).parts
        #expect(parts.map(\.name) == ["a", "b"])
        for (domain, lengths) in [[2, 3, 5], [4, 6]].enumerated() {
            let first = shape.domains[domain].firstItem
            let expected = states(split, lengths.map { prefixes[$0 - 1] }, domain: domain)
                .fullSoftmaxLoss(
                    table: split.itemVectors(of: DomainID(rawValue: domain)),
                    targets: Tensor(lengths.map { events[$0] - first }))
            #expect(relativeError(parts[domain].value, expected.mean()) < 1e-6)
        }
    }

    @Test("with one encoder a domain, other domains' events change nothing")
    func domainsAreApart() throws {
        let model = try model(.perDomain)
        let own = states(model, [[1, 2, 3]], domain: 0)
        #expect(identical(states(model, [[7, 1, 8, 2, 9, 10, 3, 11]], domain: 0), own))
        #expect(!identical(states(model, [[1, 2, 4]], domain: 0), own))
        #expect(states(model, [[7, 8]], domain: 0).elements() == [Float](repeating: 0, count: 8))
        let mixed = try self.model(.mixed)
        #expect(
            !identical(
                states(mixed, [[7, 1, 2, 3]], domain: 0), states(mixed, [[1, 2, 3]], domain: 0)))
    }

    @Test("rows of several domains are answered by each one's own encoder")
    func rowsOfSeveralDomains() throws {
        let model = try model(.perDomain)
        let rows: [[Int32]] = [[1, 7, 2], [8, 3, 9], [4, 10]]
        let together = model.states(
            of: .histories(rows), in: [1, 0, 1].map { DomainID(rawValue: $0) })
        for (row, domain) in [1, 0, 1].enumerated() {
            let alone = states(model, [rows[row]], domain: domain)
            #expect(relativeError(together[row..<row + 1], alone) < 1e-6)
        }
    }

    @Test("a batch that leaves no domain a pair has a loss without terms")
    func noPairs() throws {
        let model = try model(.perDomain)
        let loss = model.loss(of: .training([[1, 7]]), .none)
        #expect(loss.terms.isEmpty && loss.total == nil)
    }
}
