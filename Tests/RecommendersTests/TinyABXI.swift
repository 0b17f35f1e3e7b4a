import Interactions
import Torch
import TorchNN

@testable import Recommenders

/// A small ABXI with or without GCA, on domains of six items each, without dropout.
struct TinyABXI {
    let shape: DataShape
    let model: ABXI

    init(
        domains: Int = 2, gca: GCAConfiguration = GCAConfiguration(),
        attendsPadding: Bool = false, seed: UInt64 = 7
    ) throws(ConfigurationError) {
        shape = domains == 2 ? .domains(6, 6) : .domains(6, 6, 6)
        var settings = ABXIConfiguration()
        settings.embeddingSize = 8
        settings.innerSize = 12
        settings.domainRank = 2
        settings.invariantRank = 3
        settings.dropout = 0
        settings.maximumLength = 12
        settings.negatives = 2
        settings.attendsPadding = attendsPadding
        settings.gca = gca
        model = try ABXI(settings, shape: shape, random: .seeded(seed))
        model.randomize(seed: seed)
    }

    /// For each domain the states of the training steps that predict it, and these steps' tokens.
    func trainingStates(_ rows: [[Int32]]) -> [(states: Tensor, tokens: [Int32])] {
        let batch = SequenceBatch.training(rows)
        let steps = shape.domains.map { batch.trainingSteps(of: $0.items) }
        return zip(model.trainingStates(of: batch, steps: steps), steps)
            .map { ($0, $1.predictingTokens) }
    }

    /// The states with which each row is to be recommended items of a domain.
    func states(_ rows: [[Int32]], domain: Int) -> Tensor {
        model.states(
            of: .histories(rows),
            in: [DomainID](repeating: DomainID(rawValue: domain), count: rows.count))
    }

    /// The loss with two fixed negatives of each domain at each token.
    func loss(_ rows: [[Int32]]) -> MeasuredLoss {
        let batch = SequenceBatch.training(rows)
        let negatives = batch.items.flatMap { _ in
            shape.domains.flatMap { [$0.firstItem, $0.firstItem + 1] }
        }
        return model.loss(of: .sequences(batch, negatives: negatives), in: model.phases[0])
    }
}

extension GCAConfiguration {
    /// Modules at the given stages, otherwise the defaults.
    static func stages(_ stages: Int...) -> GCAConfiguration {
        var configuration = GCAConfiguration()
        configuration.stages = stages
        return configuration
    }
}
