// The frame of all models of single sequences: one net over the mixed sequence of all domains, or one for each domain
// over its own events, the single-domain twin. Every prefix of a sequence is predicted once in one pass.

public import Interactions
public import Torch
public import TorchNN

/// What an encoder reads.
public enum SequenceScope: String, Codable, Sendable, CaseIterable {
    /// One encoder reads all domains' events in order.
    case mixed
    /// Each domain has its own encoder, which reads and predicts that domain alone.
    case perDomain = "per-domain"
}

/// What the settings of all models of single sequences have in common.
public protocol SequenceModelConfiguration: ModelConfiguration {
    /// Width of states and of item vectors.
    var embeddingSize: Int { get }
    /// The most recent tokens of a sequence that are used.
    var maximumLength: Int { get }
    /// What an encoder reads.
    var scope: SequenceScope { get }
    /// Which items of an encoder's table compete with a target.
    var softmax: ItemSoftmax { get }
    /// Items of each domain drawn for the sampled and the shared softmax.
    var negatives: Int { get }
    /// Whether the padding row takes part in the full softmax.
    var scoresPadding: Bool { get }
    /// Gated cross-attention between the encoders of the domains.
    var gca: GCAConfiguration { get }
}

extension SequenceModelConfiguration {
    /// It is no item.
    public var scoresPadding: Bool { false }

    /// None.
    public var gca: GCAConfiguration { GCAConfiguration() }

    /// What is drawn for no loss.
    public var idle: [IdleSetting] { softmax.idle }

    /// Checks the ranges of what all have in common.
    func validateSequences() throws(ConfigurationError) {
        try require([("embeddingSize", embeddingSize)], in: SettingRange.width)
        try require([("maximumLength", maximumLength)], in: SettingRange.length)
        try require([("negatives", negatives)], in: SettingRange.count)
        try gca.validate(width: embeddingSize)
        guard !gca.stages.isEmpty else { return }
        try require(
            scope == .perDomain, "gca.stages", expected: "none beside scope mixed",
            got: gca.stages)
    }

    /// Checks shares of what dropout zeroes.
    func requireShares(_ shares: [(name: String, value: Double)]) throws(ConfigurationError) {
        for (name, value) in shares {
            try require(
                (0..<1).contains(value), name, expected: "at least 0, below 1", got: value)
        }
    }
}

/// A net with an item table of its own: what models of single sequences differ in.
///
/// The items of the batches that it gets are rows of its table; row 0 is padding and does not occur.
public protocol SequenceEncoder: Module {
    /// Settings.
    associatedtype Configuration: SequenceModelConfiguration

    /// Builds a net for so many items with fresh weights.
    init(_ configuration: Configuration, items: Int, random: RandomSources)

    /// The vectors of the items, and of padding at row 0. [items + 1, width]
    var itemEmbedding: Embedding { get }

    /// The state after each token. [tokens, width]
    func states(of batch: SequenceBatch) -> Tensor

    /// The state after the last token of each row that has one. [rows with tokens, width]
    func newestStates(of batch: SequenceBatch) -> Tensor
}

/// An encoder that can be stopped on its way, so that other domains' encoders are heard.
public protocol StagedEncoder: SequenceEncoder {
    /// What the first block reads. [tokens, width]
    func embed(_ batch: SequenceBatch) -> JaggedTensor

    /// The blocks, which keep the shape, in order.
    var blocks: [(JaggedTensor) -> JaggedTensor] { get }
}

/// A model of single sequences: one encoder over everything, or one a domain.
///
/// The encoders of domains can exchange what they know by gated cross-attention, where they can be stopped.
public final class SequenceModel<Encoder: SequenceEncoder>: Module, ItemRanker, GCAHost,
    SteppedInTraining
{
    /// Settings.
    public typealias Configuration = Encoder.Configuration

    private let settings: Configuration
    private let shape: DataShape
    private let encoders: [Encoder]
    /// The ids that each encoder's table begins and ends with.
    private let ranges: [Range<Int32>]

    /// Where GCA can attach.
    public static var gcaStages: [String] {
        Encoder.self is any StagedEncoder.Type
            ? ["embeddings, before the blocks", "after the first block", "after the last block"]
            : []
    }

    /// Gated cross-attention, if any stage is chosen.
    public let gca: GCAStack?

    /// Draws fresh weights by the encoder's rules.
    public init(
        _ configuration: Configuration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        settings = configuration
        self.shape = shape
        ranges =
            configuration.scope == .mixed
            ? [1..<Int32(shape.itemCount) + 1] : shape.domains.map(\.items)
        encoders = ranges.map { Encoder(configuration, items: $0.count, random: random) }
        gca = try GCAStack(
            configuration.gca, host: SequenceModel.self, width: configuration.embeddingSize,
            domains: shape.domains.map(\.name), initializer: .xavierUniform, random: random)
    }

    /// The encoder's names; with one encoder a domain, behind the domain's letter.
    public override var children: [(name: String, child: Any)] {
        guard settings.scope == .perDomain else { return [("", encoders[0])] }
        var named: [(name: String, child: Any)] = encoders.enumerated().map { (letter($0), $1) }
        if let gca { named.append(("gca", gca)) }
        return named
    }

    /// One phase over the sequences, with the negatives that the softmax needs.
    public var phases: [TrainingPhase] {
        let negatives = settings.softmax.negatives(settings.negatives)
        return [TrainingPhase("train", .sequences(negatives, loss: loss))]
    }

    // MARK: Training

    /// Cross-entropy of the targets, averaged over an encoder's targets and summed over encoders.
    func loss(of sequences: SequenceBatch, _ drawn: DrawnItems) -> Loss {
        var loss = Loss()
        for (index, own) in predictions(of: sequences).enumerated() where !own.tokens.isEmpty {
            let losses = softmax(of: index, drawn: drawn)(
                own.states, targets: own.targets, tokens: own.tokens, domain: 0)
            loss.add(
                settings.scope == .mixed ? "all" : shape.domains[index].name, losses)
        }
        return loss
    }

    /// The states that are scored, encoder by encoder.
    func trainingStates(of sequences: SequenceBatch) -> [TrainingStates] {
        predictions(of: sequences).map { TrainingStates(tokens: $0.newest, states: $0.states) }
    }

    /// What an encoder predicts in training: where it stands in the batch, the newest token that it knows, from which
    /// state and which row of its table.
    private typealias Predictions = (
        tokens: [Int32], newest: [Int32], states: Tensor, targets: [Int32]
    )

    /// What is scored, encoder by encoder.
    private func predictions(of sequences: SequenceBatch) -> [Predictions] {
        let views = encoders.indices.map { view(of: sequences, by: $0) }
        guard let gca else {
            return zip(encoders, views).map {
                ($1.tokens, $1.tokens, $0.states(of: $1.batch), $1.batch.targets)
            }
        }
        // Domains also hear of each other's latest events, which predict nothing.
        let heard = encoders.indices.map { view(of: sequences.withoutTargets, by: $0) }
        let threads = alignedThreads(heard, of: sequences, by: gca)
        return encoders.indices.map { index in
            let (view, all, thread) = (views[index], heard[index], threads[index])
            let places = Dictionary(
                uniqueKeysWithValues: all.tokens.enumerated().map { ($1, Int32($0)) })
            let own = view.tokens.indices.filter { places[view.tokens[$0]] != nil }
            let rows = own.compactMap { places[view.tokens[$0]] }
            let newest = (0..<sequences.rows).flatMap { row in
                all.batch.tokens(ofRow: row).map { thread.steps[$0] + sequences.offsets[row] }
            }
            let states = thread.queries.values
            return (
                own.map { view.tokens[$0] }, rows.map { newest[Int($0)] },
                states.rows(Tensor(rows, device: states.device)),
                own.map { view.batch.targets[$0] }
            )
        }
    }

    /// What an encoder reads of a batch: rows of its own table, and where in the batch each stood.
    private typealias View = (batch: SequenceBatch, tokens: [Int32])

    /// The domains' states, which hear of each other on their way.
    private func alignedThreads(
        _ views: [View], of sequences: SequenceBatch, by gca: GCAStack
    ) -> [DomainThread] {
        let staged = encoders.compactMap { $0 as? any StagedEncoder }
        let blocks = staged.map(\.blocks)
        var threads = zip(staged, views).map { encoder, view in
            let places = (0..<view.batch.rows).flatMap { row in
                view.batch.tokens(ofRow: row).map { view.tokens[$0] - sequences.offsets[row] }
            }
            return DomainThread(
                encoder.embed(view.batch), places: places,
                steps: DomainThread.steps(
                    of: places, offsets: view.batch.offsets, in: sequences))
        }
        func read(through range: Range<Int>) {
            for index in threads.indices {
                threads[index].update { blocks[index][range].reduce($0) { $1($0) } }
            }
        }
        threads = gca.align(threads, stage: 0)
        read(through: 0..<1)
        threads = gca.align(threads, stage: 1)
        read(through: 1..<(blocks.first?.count ?? 1))
        return gca.align(threads, stage: 2)
    }

    private func view(of sequences: SequenceBatch, by index: Int) -> View {
        var own = sequences
        // Selections carry times along.
        own.times = sequences.items.indices.map(Int64.init)
        if settings.scope == .perDomain {
            // A domain whose latest event predicts nothing has one more than its share of the window.
            own = own.restricted(to: ranges[index]).keepingLast(settings.maximumLength)
        }
        let tokens = own.times.map { Int32($0) }
        let shift = ranges[index].lowerBound - 1
        own.items = own.items.map { $0 - shift }
        own.targets = own.targets.map { $0 - shift }
        own.times = tokens.map { sequences.times[Int($0)] }
        return (own, tokens)
    }

    /// The softmax over an encoder's table, of which all items count as one domain.
    private func softmax(of index: Int, drawn: DrawnItems) -> SoftmaxLoss {
        let first: Int32 = settings.scoresPadding ? 0 : 1
        return SoftmaxLoss(
            settings.softmax,
            drawn: settings.scope == .mixed
                ? drawn.asOneDomain : drawn.only(index, behind: ranges[index].lowerBound - 1),
            table: encoders[index].itemEmbedding.weight.value,
            ranges: [first..<Int32(ranges[index].count) + 1])
    }

    // MARK: Scoring

    /// With an encoder for each domain it is the single-domain twin, whose latest events are its domain's.
    public var window: HistoryWindow {
        HistoryWindow(settings.maximumLength, perDomain: settings.scope == .perDomain)
    }

    /// An encoder of a domain reads that domain's events alone.
    public func learns(from history: some Collection<Int32>, about domain: DomainID) -> Bool {
        let own = ranges[settings.scope == .mixed ? 0 : domain.rawValue]
        return history.contains { own.contains($0) }
    }

    /// The state after the last event of each row; zeros where the encoder has read nothing. [rows, width]
    public func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        let index = settings.scope == .mixed ? 0 : domain.rawValue
        if let gca {
            let views = encoders.indices.map { view(of: histories, by: $0) }
            return alignedThreads(views, of: histories, by: gca)[index].queries.values
                .rowsOrZeros(lastPlaces(views[index].batch.offsets))
        }
        let own = view(of: histories, by: index).batch
        var known: Int32 = 0
        let last = (0..<own.rows).map { row -> Int32 in
            guard !own.tokens(ofRow: row).isEmpty else { return -1 }
            defer { known += 1 }
            return known
        }
        return encoders[index].newestStates(of: own).rowsOrZeros(last)
    }

    /// Item embeddings. [items, width]
    public func itemVectors(of domain: DomainID) -> Tensor {
        let index = settings.scope == .mixed ? 0 : domain.rawValue
        let items = shape.domains[domain.rawValue].items
        let first = Int(items.lowerBound - ranges[index].lowerBound) + 1
        return encoders[index].itemEmbedding.weight.value[first..<first + items.count]
    }
}
