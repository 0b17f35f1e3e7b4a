internal import Interactions
internal import Recommenders
internal import Torch

/// What one training step gets.
enum PhaseBatch: Sendable {
    /// Sequences with their targets, and the negatives.
    case sequences(SequenceBatch, DrawnItems)
    /// Users, items and ratings.
    case ratings(RatingBatch)
    /// Users.
    case users([Int32])
}

extension TrainingPhase {
    /// The loss of a batch that was made for this phase.
    func loss(of batch: PhaseBatch) -> Loss {
        switch (work, batch) {
        case (.sequences(_, let loss), .sequences(let sequences, let drawn)):
            return loss(sequences, drawn)
        case (.ratings(_, let loss), .ratings(let ratings)): return loss(ratings)
        case (.users(_, let loss), .users(let users)): return loss(users)
        default: preconditionFailure("\(name): a batch of another phase")
        }
    }
}

/// The batches of one phase, each a pure function of seed, epoch and step.
struct ExampleBatches: Sendable {
    private enum Kind: Sendable {
        case sequences(SequenceExamples, Negatives, NegativeSampler, ItemSets)
        case ratings(RatingExamples)
        case users([Int32])
    }

    private let kind: Kind
    private let dataset: Dataset
    private let seed: UInt64
    private let phase: String
    private let batchSize: Int

    /// Nil for a phase that is not made of steps.
    init?(
        _ phase: TrainingPhase, split: Split, configuration: ExperimentConfiguration,
        window: HistoryWindow
    ) {
        dataset = split.dataset
        seed = configuration.seed
        self.phase = phase.name
        batchSize = configuration.training.batchSize
        switch phase.work {
        case .fit: return nil
        case .sequences(let negatives, _):
            kind = .sequences(
                SequenceExamples(split: split, window: window), negatives,
                NegativeSampler(dataset: split.dataset, pool: negatives.pool),
                Self.excluded(negatives, split))
        case .ratings(let domains, _):
            kind = .ratings(RatingExamples(split: split, domains: domains))
        case .users(let domains, _):
            kind = .users(Self.users(split, in: domains))
        }
    }

    /// The number of examples of an epoch.
    var exampleCount: Int {
        switch kind {
        case .sequences(let examples, _, _, _): examples.count
        case .ratings(let examples): examples.count
        case .users(let users): users.count
        }
    }

    /// The number of steps of an epoch.
    var stepCount: Int { exampleCount / batchSize + (exampleCount % batchSize > 0 ? 1 : 0) }

    /// The order of the examples in an epoch.
    func order(epoch: Int) -> [Int] {
        var stream = RandomStream(seed: seed, name: "order.\(phase)", UInt64(epoch))
        return stream.permutation(exampleCount)
    }

    /// The batch of a step, and the number of tokens, ratings or users in it.
    ///
    /// What is drawn for an example follows from the epoch and the example, so that a part of a batch gets what the whole
    /// batch gets; what a batch shares follows from the epoch and the step.
    func batch(order: [Int], epoch: Int, step: Int) throws -> (batch: PhaseBatch, size: Int) {
        let first = step * batchSize
        let rows = Array(order[first..<first + min(batchSize, order.count - first)])
        switch kind {
        case .sequences(let examples, let negatives, let sampler, let excluded):
            let batch = examples.batch(rows: rows)
            func stream(_ place: Int) -> RandomStream {
                RandomStream(
                    seed: seed, name: "negatives.\(phase)", UInt64(epoch), UInt64(place))
            }
            let drawn = try TooFewItems.named({ "\($0) negatives" }, in: dataset) {
                () throws(NegativeSamplerError) -> DrawnItems in
                switch negatives {
                case .none: return .none
                case .perPosition(let count, _):
                    Engine.requireMemory(
                        bytes: 4 * Double(batch.tokens) * Double(dataset.domains.count)
                            * Double(min(count, dataset.itemCount)), for: "negatives")
                    return try sampler.perPosition(count, for: batch, excluding: excluded) {
                        stream(rows[$0])
                    }
                case .perBatch(let count, _):
                    var stream = stream(step)
                    return try sampler.perBatch(count, stream: &stream)
                }
            }
            return (.sequences(batch, drawn), batch.tokens)
        case .ratings(let examples):
            let all = examples.all
            let batch = RatingBatch(
                users: rows.map { all.users[$0] }, items: rows.map { all.items[$0] },
                ratings: rows.map { all.ratings[$0] })
            return (.ratings(batch), batch.count)
        case .users(let users): return (.users(rows.map { users[$0] }), rows.count)
        }
    }

    /// What is never a negative of a user, where negatives belong to a position.
    private static func excluded(_ negatives: Negatives, _ split: Split) -> ItemSets {
        if case .perPosition = negatives { ItemSets.training(of: split) } else { .empty }
    }

    private static func users(_ split: Split, in domains: [DomainID]) -> [Int32] {
        (0..<Int32(split.dataset.userCount)).filter { user in
            var seen: Set<Int> = []
            for event in split.trainingEvents(of: UserID(rawValue: user)) {
                seen.insert(split.dataset.domainIndex(ofItem: split.dataset.items[Int(event)]))
            }
            return domains.allSatisfy { seen.contains($0.rawValue) }
        }
    }

    /// Every training event, for phases without steps; ratings are empty numbers where there are none.
    static func everything(_ split: Split) -> RatingBatch {
        var batch = RatingBatch(users: [], items: [], ratings: [])
        let dataset = split.dataset
        for user in 0..<Int32(dataset.userCount) {
            for event in split.trainingEvents(of: UserID(rawValue: user)) {
                batch.users.append(user)
                batch.items.append(dataset.items[Int(event)])
                batch.ratings.append(dataset.ratings?[Int(event)] ?? .nan)
            }
        }
        return batch
    }
}
