import Interactions
import Torch

@testable import Recommenders

/// What a phase is given, with negatives in one list: token by token, or once for the batch, those of each domain in turn.
enum TrainingBatch {
    case sequences(SequenceBatch, negatives: [Int32])
    case ratings(RatingBatch)
    case users([Int32])
}

/// A loss's total and the means of its terms.
struct MeasuredLoss {
    let total: Tensor
    let parts: [(name: String, value: Tensor)]

    init(_ loss: Loss) {
        total = loss.total ?? Tensor(0)
        parts = loss.terms.map { ($0.name, $0.mean) }
    }
}

extension Recommender {
    /// The loss that a phase gives a batch of its kind.
    func loss(of batch: TrainingBatch, in phase: TrainingPhase) -> MeasuredLoss {
        switch (phase.work, batch) {
        case (.sequences(let asked, let loss), .sequences(let sequences, let negatives)):
            let drawn: DrawnItems
            switch asked {
            case .none: drawn = .none
            case .perPosition(let count, _):
                drawn = DrawnItems(
                    negatives, count: count, domains: negatives.count / count / sequences.tokens)
            case .perBatch(let count, _):
                drawn = DrawnItems(negatives, count: count, domains: negatives.count / count)
            }
            return MeasuredLoss(loss(sequences, drawn))
        case (.ratings(_, let loss), .ratings(let ratings)): return MeasuredLoss(loss(ratings))
        case (.users(_, let loss), .users(let users)): return MeasuredLoss(loss(users))
        default: preconditionFailure("\(phase.name): another batch was expected")
        }
    }

    /// Runs the phases without steps.
    func fit(to events: RatingBatch) {
        for phase in phases { if case .fit(let body) = phase.work { body(events) } }
    }

    /// What the first phase has drawn.
    var negatives: Negatives? {
        if case .sequences(let negatives, _) = phases[0].work { negatives } else { nil }
    }
}

extension ItemRanker {
    /// The state of each row in a domain of its own.
    func states(of histories: SequenceBatch, in domains: [DomainID]) -> Tensor {
        let all = Dictionary(
            uniqueKeysWithValues: Set(domains).map { ($0, states(of: histories, in: $0)) })
        return .concatenate(domains.enumerated().compactMap { all[$1]?[$0..<$0 + 1] })
    }
}
