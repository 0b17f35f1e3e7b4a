import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Properties of ABXI that hold without a reference; items 1 to 6 are domain a, 7 to 11 domain b.
struct ABXITests {
    private let shape = DataShape.domains(6, 5)
    private let rows: [[Int32]] = [
        [1, 7, 2, 8, 3, 9], [10, 4, 11], [7, 8, 5, 6, 1, 9, 2, 10], [3, 4, 9, 5, 7],
    ]

    private func model(attendsPadding: Bool, dropout: Double = 0) throws -> ABXI {
        var settings = ABXIConfiguration()
        settings.embeddingSize = 8
        settings.innerSize = 12
        settings.domainRank = 2
        settings.invariantRank = 3
        settings.dropout = dropout
        settings.maximumLength = 8
        settings.negatives = 3
        settings.attendsPadding = attendsPadding
        let model = try ABXI(settings, shape: shape, random: .seeded(4))
        model.randomize(seed: 5)
        return model
    }

    private func loss(_ model: ABXI, _ rows: [[Int32]]) -> MeasuredLoss {
        let batch = SequenceBatch.training(rows)
        // Three of each domain for a token, which depend on the token alone.
        let negatives = batch.items.flatMap { item -> [Int32] in
            let shifted: [Int32] = [item, item + 1, item + 2]
            return shifted.map { $0 % 6 + 1 } + shifted.map { $0 % 5 + 7 }
        }
        return model.loss(of: .sequences(batch, negatives: negatives), in: model.phases[0])
    }

    private func trainingStates(_ model: ABXI, _ rows: [[Int32]]) -> [Tensor] {
        let batch = SequenceBatch.training(rows)
        return model.trainingStates(
            of: batch, steps: shape.domains.map { batch.trainingSteps(of: $0.items) })
    }

    /// States for domain a, then states for domain b.
    private func states(_ model: ABXI, _ rows: [[Int32]]) -> Tensor {
        let batch = SequenceBatch.histories(rows)
        return Tensor.concatenate(
            shape.domains.indices.map {
                model.states(
                    of: batch, in: [DomainID](repeating: DomainID(rawValue: $0), count: rows.count))
            })
    }

    @Test("the padding switch changes nothing where a padded row would have no vacant place")
    func noVacancy() throws {
        // Nine events of domain a fill eight places in both the mixed and a's own sequence.
        let full: [[Int32]] = [[1, 2, 3, 4, 5, 6, 1, 2, 3], [6, 5, 4, 3, 2, 1, 6, 5, 4]]
        let jagged = try model(attendsPadding: false)
        let padded = try model(attendsPadding: true)
        let left = loss(jagged, full)
        let right = loss(padded, full)
        #expect(left.parts.map(\.name) == ["a", "b"])
        #expect(relativeError(left.total, right.total) < 1e-6)
        #expect(
            relativeError(trainingStates(jagged, full)[0], trainingStates(padded, full)[0]) < 1e-6)
        let histories = full.map { Array($0.dropLast()) }
        #expect(
            relativeError(states(jagged, histories)[0..<2], states(padded, histories)[0..<2])
                < 1e-6)
        // One event less leaves a vacant place, which a padded row attends to.
        let short = full.map { Array($0.dropLast()) }
        #expect(relativeError(loss(jagged, short).total, loss(padded, short).total) > 1e-4)
    }

    @Test("a row's states do not depend on the other rows", arguments: [false, true])
    func rowsAreIndependent(attendsPadding: Bool) throws {
        let model = try model(attendsPadding: attendsPadding)
        let together = trainingStates(model, rows)
        let apart = rows.map { trainingStates(model, [$0]) }
        for domain in 0..<2 {
            let joined = Tensor.concatenate(apart.map { $0[domain] })
            #expect(relativeError(together[domain], joined) < 1e-6)
        }
        model.train(false)
        let all = states(model, rows)
        for (index, row) in rows.enumerated() {
            let alone = states(model, [row])
            #expect(relativeError(alone[0..<1], all[index..<index + 1]) < 1e-6)
            #expect(relativeError(alone[1..<2], all[4 + index..<5 + index]) < 1e-6)
        }
    }

    @Test("the loss is the mean of the rows' losses")
    func lossIsMeanOverRows() throws {
        let model = try model(attendsPadding: false)
        let mean = rows.map { loss(model, [$0]).total.item() }.reduce(0, +) / 4
        #expect(abs(loss(model, rows).total.item() - mean) < 1e-5 * mean)
    }

    @Test("a history without events has finite states that no other row changes")
    func emptyHistory() throws {
        let model = try model(attendsPadding: false)
        model.train(false)
        let alone = states(model, [[]])
        #expect(alone.isFinite)
        let among = states(model, [[1, 8], []])
        #expect(relativeError(among[1..<2], alone[0..<1]) < 1e-6)
        #expect(relativeError(among[3..<4], alone[1..<2]) < 1e-6)
    }

    @Test("evaluated while it is in training state, the model gives the states of inference")
    func purposeIsNotTheTrainingState() throws {
        // GCA's last stage reads whole threads, so that every token's padding counts.
        let tiny = try TinyABXI(gca: .stages(2), attendsPadding: true)
        let training = tiny.states(rows, domain: 0)
        tiny.model.train(false)
        #expect(identical(training, tiny.states(rows, domain: 0)))
    }

    @Test("the last step of training has the state of inference", arguments: [false, true])
    func lastStepIsInference(attendsPadding: Bool) throws {
        let model = try model(attendsPadding: attendsPadding)
        for row in rows {
            let domain = try shape.domain(of: #require(row.last))
            let training = trainingStates(model, [row])[domain]
            let inference = states(model, [Array(row.dropLast())])
            let last = training.size(0) - 1
            #expect(
                relativeError(training[last..<last + 1], inference[domain..<domain + 1]) < 1e-6)
        }
    }

    @Test("one domain is refused")
    func oneDomain() {
        #expect(throws: ConfigurationError.self) {
            try ABXI(ABXIConfiguration(), shape: .domains(6), random: .seeded(1))
        }
    }
}
