// π-Net and PSJNet: sequential recommendation for accounts that several people share.
//
// M. Ma, P. Ren, Y. Lin, Z. Chen, J. Ma, M. de Rijke: "π-Net: A Parallel Information-sharing Network for Shared-account
// Cross-domain Sequential Recommendations", SIGIR 2019.
// W. Sun, M. Ma, P. Ren, Y. Lin, Z. Chen, Z. Ren, J. Ma, M. de Rijke: "Parallel Split-Join Networks for Shared Account
// Cross-domain Sequential Recommendations", TKDE 2021, arXiv 1910.02448.
// Reference code: mamuyang/PINet, commit 6e3a707, of π-Net, which PSJNet-I is. It is TensorFlow 1 and was not run here.
//
// PSJNet-II is inferred. Known is that it splits what a domain has to say by roles at every step first, and then joins all
// steps and roles; its formulas were not found, and no code. Here a role's state goes through the filter of π-Net
// on its own, and the join is attention to all of them with the state of the predicted domain as the query.
//
// Differences from the reference: sequences are jagged; every prefix is predicted once in one pass, where the
// reference predicts the last item of each domain of a sequence, from what precedes both; the reset gate of a GRU multiplies
// the candidate's recurrent part, as in PyTorch, not the state before it; states are not dropped inside a recurrence,
// only what goes in and out; members have a map V_s of their own in the candidate, as in the paper, where the reference
// adds that of the gate, V_f, and trains no V_s (equal ones give its function); `softmax` can replace all items by samples;
// any number of domains: the newest event of any other stands where that of the second domain stands. One layer.
//
// Shapes: T events of a domain, d = embeddingSize, h = hiddenSize, K = members.

public import Interactions
public import Torch
public import TorchNN

/// What happens to the members of an account, the first letter of PSJNet's variants.
public enum SplitJoin: String, Codable, Sendable, CaseIterable {
    /// Members are joined at every step: PSJNet-I, which is π-Net.
    case splitByJoin = "I"
    /// Members have states of their own, and all steps of all of them are joined: PSJNet-II.
    case splitAndJoin = "II"
}

/// What the settings of π-Net and PSJNet have in common.
public protocol SplitJoinConfiguration: ModelConfiguration {
    /// Width d of item and member vectors.
    var embeddingSize: Int { get }
    /// Width h of all states.
    var hiddenSize: Int { get }
    /// Latent members K of an account.
    var members: Int { get }
    /// Dropout on what goes into and comes out of each recurrent net, and on the predicting state.
    var dropout: Double { get }
    /// The most recent tokens of a sequence that are used.
    var maximumLength: Int { get }
    /// Which items of a domain compete with a target.
    var softmax: ItemSoftmax { get }
    /// Items of each domain drawn for the sampled and the shared softmax.
    var negatives: Int { get }
    /// What happens to the members.
    var variant: SplitJoin { get }
}

extension SplitJoinConfiguration {
    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try require(
            [
                ("embeddingSize", embeddingSize), ("hiddenSize", hiddenSize),
            ], in: SettingRange.width)
        // Every member has a state at every event.
        try require([("members", members)], in: 1...1 << 16)
        try require([("maximumLength", maximumLength)], in: SettingRange.length)
        try require([("negatives", negatives)], in: SettingRange.count)
        try require(
            (0..<1).contains(dropout), "dropout", expected: "at least 0, below 1", got: dropout)
    }

    /// What is drawn for no loss.
    public var idle: [IdleSetting] { softmax.idle }
}

/// Settings of π-Net; the defaults are the authors', who take sequences whole.
public struct PiNetConfiguration: SplitJoinConfiguration {
    /// Width d of item and member vectors.
    public var embeddingSize = 100
    /// Width h of all states.
    public var hiddenSize = 100
    /// Latent members K of an account.
    public var members = 4
    /// Dropout on what goes into and comes out of each recurrent net, and on the predicting state.
    public var dropout = 0.2
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 200
    /// Which items of a domain compete with a target.
    public var softmax = ItemSoftmax.full
    /// Items of each domain drawn for the sampled and the shared softmax.
    public var negatives = 128
    /// Members are joined at every step.
    public var variant: SplitJoin { .splitByJoin }

    /// The authors' settings.
    public init() {}
}

/// Settings of PSJNet; the defaults are π-Net's, since its own were not found.
public struct PSJNetConfiguration: SplitJoinConfiguration {
    /// Width d of item and role vectors.
    public var embeddingSize = 100
    /// Width h of all states.
    public var hiddenSize = 100
    /// Latent roles K of an account.
    public var members = 4
    /// Dropout on what goes into and comes out of each recurrent net, and on the predicting state.
    public var dropout = 0.2
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 200
    /// Which items of a domain compete with a target.
    public var softmax = ItemSoftmax.full
    /// Items of each domain drawn for the sampled and the shared softmax.
    public var negatives = 128
    /// What happens to the roles.
    public var variant = SplitJoin.splitAndJoin

    /// The defaults.
    public init() {}
}

/// What one domain has: an encoder, a filter for what it tells others, a head.
private final class SplitJoinDomain: Module {
    let encoder: ThreadEncoder
    let filter: SharedAccountFilter
    let transfer: GRU?
    let join: Linear?
    let prediction: Linear

    init(_ settings: some SplitJoinConfiguration, items: Int, random: RandomSources) {
        let (width, hidden) = (settings.embeddingSize, settings.hiddenSize)
        encoder = ThreadEncoder(items: items, width: width, hidden: hidden, random: random)
        filter = SharedAccountFilter(
            members: settings.members, width: width, hidden: hidden, random: random)
        let isJoined = settings.variant == .splitByJoin
        transfer = isJoined ? GRU(gatesOpenFrom: hidden, hidden: hidden, random: random) : nil
        join =
            isJoined ? nil : Linear(hidden, hidden, initializer: .xavierNormal, random: random)
        prediction = Linear(2 * hidden, items, initializer: .xavierNormal, random: random)
    }
}

/// The model: what a domain's filter keeps, beside the state of the domain that is predicted.
public final class SplitJoinNetwork<Configuration: SplitJoinConfiguration>: Module, ItemRanker,
    SteppedInTraining
{
    private let settings: Configuration
    private let shape: DataShape
    private let domains: [SplitJoinDomain]
    private let dropout: Dropout

    /// What the nets make of a batch.
    private struct Reading {
        let timeline: DomainTimeline
        /// Each domain's states. [T, h]
        let encoded: [Tensor]
        /// What each domain tells others, one domain after another: with members split all of them. [T or K T, h]
        let told: Tensor
        /// The first row of each domain in ``told``, and for a split domain its T.
        let starts: [Int32]
    }

    /// Draws fresh weights.
    public init(
        _ configuration: Configuration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        try require(
            shape.domains.count > 1, "model", expected: "data with two domains or more",
            got: shape.domains.count)
        settings = configuration
        self.shape = shape
        domains = shape.domains.map {
            SplitJoinDomain(configuration, items: $0.itemCount, random: random)
        }
        dropout = Dropout(configuration.dropout, random: random)
    }

    /// The reference's scopes, with A, B, … for the domains.
    public override var children: [(name: String, child: Any)] {
        domains.enumerated().flatMap { index, domain in
            let own = letter(index).uppercased()
            return [
                ("encoder_\(own)", domain.encoder as Any), ("filter_\(own)", domain.filter),
                ("transfer_\(own)", domain.transfer as Any), ("join_\(own)", domain.join as Any),
                ("prediction_\(own)", domain.prediction),
            ]
        } + [("dropout", dropout)]
    }

    /// The latest events of all domains together.
    public var window: HistoryWindow { HistoryWindow(settings.maximumLength) }

    // MARK: Nets

    private func read(_ batch: SequenceBatch) -> Reading {
        let timeline = DomainTimeline(batch, shape: shape)
        let encoded = domains.indices.map { index in
            let thread = timeline.threads[index]
            let first = shape.domains[index].firstItem
            return domains[index].encoder(
                thread.items.map { $0 - first }, offsets: thread.offsets, dropout: dropout)
        }
        var starts: [Int32] = [0]
        let told = timeline.pairs(encoded).enumerated().map { index, pairs -> Tensor in
            let tokens = pairs.with(dropout(pairs.values))
            let filter = domains[index].filter
            let values: Tensor
            if let transfer = domains[index].transfer {
                let joined = filter.joined(tokens)
                values = transfer(joined.with(dropout(dropout(joined.values)))).values
            } else {
                values = filter.split(tokens)
            }
            starts.append(starts[index] + Int32(values.size(0)))
            return dropout(values)
        }
        return Reading(
            timeline: timeline, encoded: encoded, told: .concatenate(told), starts: starts)
    }

    /// What other domains tell beside the domain's own state. [steps, 2h]
    private func states(
        of reading: Reading, _ domain: Int, at steps: PredictedSteps, in batch: SequenceBatch
    ) -> Tensor {
        let timeline = reading.timeline
        let own = reading.encoded[domain].rowsOrZeros(steps.at(timeline.newest[domain]))
        let told: Tensor
        if let join = domains[domain].join {
            told = joined(reading, domain, query: join(own), at: steps, in: batch)
        } else {
            told = reading.told.rowsOrZeros(steps.at(timeline.newestElsewhere[domain]))
        }
        return .concatenate([told, own], dimension: 1)
    }

    /// Attention to the states of all roles at all events of other domains so far. [steps, h]
    private func joined(
        _ reading: Reading, _ domain: Int, query: Tensor, at steps: PredictedSteps,
        in batch: SequenceBatch
    ) -> Tensor {
        let timeline = reading.timeline
        let roles = Int32(settings.members)
        let counts = timeline.threads.map { Int32($0.items.count) }
        var keys: [Int32] = []
        var offsets: [Int32] = [0]
        for row in 0..<batch.rows {
            for token in batch.tokens(ofRow: row) {
                let other = shape.domain(of: batch.items[token])
                guard other != domain else { continue }
                let event = reading.starts[other] + timeline.newest[other][token]
                keys += (0..<roles).map { event + $0 * counts[other] }
            }
            offsets.append(Int32(keys.count))
        }
        let told = JaggedTensor(
            values: reading.told.rows(Tensor(keys, device: query.device)),
            layout: JaggedLayout(offsets: offsets))
        let limits = steps.at(timeline.countsElsewhere[domain], absent: 0).map { $0 * roles }
        return jaggedAttention(
            query: JaggedTensor(values: query, layout: JaggedLayout(offsets: steps.offsets)),
            key: told, value: told.values, keyLimits: limits, heads: 1
        ).values
    }

    // MARK: Training

    /// One phase over the mixed sequences, with the negatives that the softmax needs.
    public var phases: [TrainingPhase] {
        let negatives = settings.softmax.negatives(settings.negatives)
        return [TrainingPhase("train", .sequences(negatives, loss: loss))]
    }

    /// Cross-entropy of a domain's items, averaged over its targets and summed over domains.
    func loss(of sequences: SequenceBatch, _ drawn: DrawnItems) -> Loss {
        let reading = read(sequences)
        var loss = Loss()
        for index in domains.indices {
            let items = shape.domains[index].items
            let steps = PredictedSteps.training(sequences, of: items)
            guard !steps.tokens.isEmpty else { continue }
            let states = states(of: reading, index, at: steps, in: sequences)
            let softmax = HeadSoftmax(settings.softmax, domain: index, of: shape, drawn: drawn)
            let losses = softmax(
                dropout(states), head: domains[index].prediction,
                targets: steps.at(sequences.targets), tokens: steps.tokens)
            loss.add(shape.domains[index].name, losses)
        }
        return loss
    }

    /// The states that are scored, domain by domain.
    func trainingStates(of batch: SequenceBatch) -> [TrainingStates] {
        let reading = read(batch)
        let steps = PredictedSteps.all(batch)
        return domains.indices.map {
            TrainingStates(
                tokens: steps.tokens, states: states(of: reading, $0, at: steps, in: batch))
        }
    }

    // MARK: Scoring

    /// What is known after the last event of each row, and a one for the head's bias. [rows, 2h + 1]
    public func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        states(
            of: read(histories), domain.rawValue, at: PredictedSteps.newest(histories),
            in: histories
        ).withOnes()
    }

    /// The head's rows with their biases. [items, 2h + 1]
    public func itemVectors(of domain: DomainID) -> Tensor {
        domains[domain.rawValue].prediction.augmented
    }
}

/// π-Net: members are joined at every step.
public typealias PiNet = SplitJoinNetwork<PiNetConfiguration>

/// PSJNet in both variants.
public typealias PSJNet = SplitJoinNetwork<PSJNetConfiguration>
