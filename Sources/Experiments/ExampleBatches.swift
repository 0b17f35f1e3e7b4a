internal import Interactions
internal import Recommenders
internal import Torch

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

    init?(
        _ phase: TrainingPhase, split: Split, configuration: ExperimentConfiguration,
        window: HistoryWindow
    ) {
        dataset = split.dataset
        seed = configuration.seed
        self.phase = phase.name
        batchSize = configuration.training.batchSize
        switch phase.examples {
        case .everything: return nil
        case .sequences(let negatives):
            kind = .sequences(
                SequenceExamples(split: split, window: window),
                negatives,
                NegativeSampler(
                    dataset: split.dataset,
                    abxiPoolQuirk: configuration.training.negativePoolQuirk),
                Self.excluded(negatives, split))
        case .ratings(let domains):
            kind = .ratings(RatingExamples(split: split, domains: domains))
        case .sharedUsers(let source, let target):
            kind = .users(Self.sharedUsers(split, source, target))
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
    func batch(order: [Int], epoch: Int, step: Int) throws -> (batch: TrainingBatch, size: Int) {
        let first = step * batchSize
        let rows = Array(order[first..<first + min(batchSize, order.count - first)])
        switch kind {
        case .sequences(let examples, let negatives, let sampler, let excluded):
            let batch = examples.batch(rows: rows)
            var stream = RandomStream(
                seed: seed, name: "negatives.\(phase)", UInt64(epoch), UInt64(step))
            let drawn = try TooFewItems.named({ "\($0) negatives" }, in: dataset) {
                () throws(NegativeSamplerError) -> [Int32] in
                switch negatives {
                case .none: return []
                case .perPosition(let count):
                    Engine.requireMemory(
                        bytes: 4 * Double(batch.tokens) * Double(dataset.domains.count)
                            * Double(min(count, dataset.itemCount)), for: "negatives")
                    return try sampler.training(
                        batch: batch, perDomain: count, excluding: excluded, stream: &stream)
                case .perBatch(let count):
                    return try sampler.shared(perDomain: count, stream: &stream)
                }
            }
            return (.sequences(batch, negatives: drawn), batch.tokens)
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

    private static func sharedUsers(
        _ split: Split, _ source: DomainID, _ target: DomainID
    ) -> [Int32] {
        (0..<Int32(split.dataset.userCount)).filter { user in
            var seen: Set<Int> = []
            for event in split.trainingEvents(of: UserID(rawValue: user)) {
                seen.insert(split.dataset.domainIndex(ofItem: split.dataset.items[Int(event)]))
            }
            return seen.contains(source.rawValue) && seen.contains(target.rawValue)
        }
    }

    /// Every training event, for models in closed form; ratings are empty numbers where there are none.
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
