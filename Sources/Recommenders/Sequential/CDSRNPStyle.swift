// CDSRNP-style: a stand-in for CDSRNP, cross-domain sequential recommendation by a neural process. It is NOT that method.
//
// The idea is from H. Li, J. Cao, Y. Gao, Y. Liu, S. Pang: "Cross-Domain Sequential Recommendation via Neural Process",
// arXiv 2410.13588, 2024. Only the abstract could be read, and no code is public. Known from it: a support set of people
// with events in several domains gives a prior of how domains go together; the people to be recommended for, those of
// one domain among them, give a posterior; both are aligned; a fine-grained layer selects relevant interests.
// Everything else is chosen here, and no result of this file says anything about the published one.
//
// Differences from the reference are therefore unknown. Chosen: a causal transformer encoder for each domain over one
// item table; a person's state toward a domain is a map of the newest state there beside the mean of the newest states
// elsewhere; q(z|S) and q(z|S ∪ Q) are diagonal normal distributions by one net from mean states; z joins each state by
// a feed-forward net; the state then attends to the people of the support set; scores are inner products; the loss is
// the cross-entropy of the query rows plus the divergence of the posterior from the prior.
//
// Training looks at the future by design: z is drawn from the posterior, which has read the query rows to their ends.
// Scoring takes the prior's mean over a stored support set, training sequences of people at equal distances in the data,
// so that it repeats itself and no state knows what comes after it.
//
// Where GCA attaches is chosen too. A state reads every event of the other domains before its target, in training as in
// scoring (DomainThread.swift); a person's states elsewhere that join it are those of the memory, which know only what
// came before their events, and so are those that the last stage reads.
//
// Shapes: T tokens, S states, U people, d = embeddingSize, l = latentSize.

public import Interactions
public import Torch
public import TorchNN

/// Settings of the stand-in; nothing is known of the authors'.
public struct CDSRNPStyleConfiguration: ModelConfiguration {
    /// Width d of all vectors.
    public var embeddingSize = 128
    /// Encoder blocks.
    public var blocks = 2
    /// Attention heads of the encoders.
    public var heads = 2
    /// Dropout of embeddings, attention weights and feed-forward nets.
    public var dropout = 0.2
    /// The most recent events of a sequence that are used.
    public var maximumLength = 50
    /// Width l of the latent vector.
    public var latentSize = 64
    /// People of the stored support set, and the most of a batch.
    public var supportUsers = 64
    /// The share of a batch's people of several domains that are its support set; the others are predicted.
    public var supportShare = 0.5
    /// Weight of the divergence of the posterior from the prior.
    public var divergenceWeight = 1.0
    /// Which items of a domain compete with a target.
    public var softmax = ItemSoftmax.full
    /// Items of each domain drawn for the sampled and the shared softmax.
    public var negatives = 128
    /// Gated cross-attention between the domain threads.
    public var gca = GCAConfiguration()

    /// The settings of the stand-in.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try requireHeads(heads, "heads", dividing: ("embeddingSize", embeddingSize))
        try require([("latentSize", latentSize)], in: SettingRange.width)
        try require([("blocks", blocks)], in: SettingRange.depth)
        try require([("maximumLength", maximumLength)], in: SettingRange.length)
        try require(
            [("supportUsers", supportUsers), ("negatives", negatives)], in: SettingRange.count)
        try require(
            (0..<1).contains(dropout), "dropout", expected: "at least 0, below 1", got: dropout)
        // Without support in training, the layer that attends to it would score untrained.
        try require(
            supportShare > 0 && supportShare < 1, "supportShare", expected: "above 0, below 1",
            got: supportShare)
        try require(
            divergenceWeight >= 0, "divergenceWeight", expected: "at least 0",
            got: divergenceWeight)
        try gca.validate(width: embeddingSize)
    }

    /// What is drawn for no loss.
    public var idle: [IdleSetting] { softmax.idle }
}

/// The model: encoders of the domains, a latent vector of how domains go together, attention to the support set.
public final class CDSRNPStyle: Module, ItemRanker, DataPreparing, GCAHost, SteppedInTraining {
    /// Settings.
    public typealias Configuration = CDSRNPStyleConfiguration

    /// Where GCA can attach.
    public static let gcaStages = [
        "embeddings, before the encoders", "after the encoders", "states that are scored",
    ]

    private let settings: CDSRNPStyleConfiguration
    private let shape: DataShape
    private let itemEmbedding: Embedding
    private let domains: [CDSRNPDomain]
    private let latent: LatentEncoder
    private let decoder: FeedForward
    private let adaptiveLayer: SupportAttention
    private let norm: LayerNorm
    private let support: SupportSet
    private let dropout: Dropout
    private let chance: Generator
    /// Gated cross-attention, if any stage is chosen.
    public let gca: GCAStack?

    /// Draws fresh weights; the support set comes with ``prepare(with:)``.
    public init(
        _ configuration: CDSRNPStyleConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        try require(
            shape.domains.count > 1, "model",
            expected: "data with two domains or more for cdsrnp-style", got: shape.domains.count)
        settings = configuration
        self.shape = shape
        let width = configuration.embeddingSize
        support = SupportSet(itemCount: shape.itemCount)
        itemEmbedding = Embedding(
            shape.itemCount + 1, width, initializer: .normal(deviation: 0.02), random: random)
        let sizes = CausalEncoderSettings(
            width: width, blocks: configuration.blocks, heads: configuration.heads,
            dropout: configuration.dropout, positions: configuration.maximumLength,
            weights: .small)
        domains = shape.domains.map { _ in CDSRNPDomain(sizes, random: random) }
        latent = LatentEncoder(width, latent: configuration.latentSize, random: random)
        decoder = FeedForward(
            width + configuration.latentSize, inner: 2 * width, width, activation: .gelu,
            initializer: .xavierUniform, random: random)
        adaptiveLayer = SupportAttention(width, random: random)
        norm = LayerNorm(width)
        dropout = Dropout(configuration.dropout, random: random)
        chance = random.dropout
        gca = try GCAStack(
            configuration.gca, host: CDSRNPStyle.self, width: width,
            domains: shape.domains.map(\.name), initializer: .xavierUniform, random: random)
    }

    /// Stores training sequences of people with events in several domains.
    @discardableResult
    public func prepare(with data: TrainingData) -> [String] {
        let sequences = data.sequences.keepingLast(settings.maximumLength)
        support.take(settings.supportUsers, of: sequences) { hasSeveralDomains(sequences, $0) }
        return ["support set: \(support.batch.rows) people with events in several domains"]
    }

    private func hasSeveralDomains(_ batch: SequenceBatch, _ row: Int) -> Bool {
        Set(batch.items[batch.tokens(ofRow: row)].map(shape.domain(of:))).count > 1
    }

    // MARK: Encoders

    /// What the encoders made of a batch.
    private struct Reading {
        let batch: SequenceBatch
        /// For each domain its events.
        let own: [DomainSequence]
        /// For each domain the state after each of its items.
        let states: [Tensor]
        /// For each domain the same, as other domains may read it: without what came after the item.
        let memory: [Tensor]
        /// For each domain and token of the batch the domain's newest item up to there; -1 without one.
        let newest: [[Int32]]

        /// The tokens at the ends of some rows.
        func ends(of rows: [Int]) -> [Int32] { rows.map { batch.offsets[$0 + 1] - 1 } }
    }

    /// Encodes a batch; the support set is none of the people whose cosines count.
    private func read(_ batch: SequenceBatch, isSupport: Bool = false) -> Reading {
        let own = shape.domains.map { DomainSequence($0.items, of: batch.withoutTargets) }
        let scale = Double(settings.embeddingSize).squareRoot()
        // Counted from the oldest item: counted from the newest they would tell how many are to come.
        let places = own.map { sequence in
            TokenPlaces(
                offsets: sequence.offsets,
                positions: JaggedLayout(offsets: sequence.offsets).causalLimits.map { $0 - 1 })
        }
        var threads = own.indices.map { index in
            let axis = own[index].axis(in: batch)
            return DomainThread(
                domains[index].encoder.embedded(
                    itemEmbedding(own[index].items) * scale, at: places[index]),
                places: axis,
                steps: DomainThread.steps(of: axis, offsets: own[index].offsets, in: batch))
        }
        func align(_ stage: Int) {
            guard let gca else { return }
            threads = gca.align(threads, stage: stage, keepsMemory: true, records: !isSupport)
        }
        align(0)
        for index in domains.indices {
            let backbone = domains[index].encoder.backbone
            threads[index].update {
                let read = backbone($0, blocks: 0..<settings.blocks, at: places[index])
                return read.with(backbone.lastLayernorm(read.values))
            }
        }
        align(1)
        return Reading(
            batch: batch, own: own, states: threads.map(\.queries.values),
            memory: threads.map(\.memory.values), newest: own.map { $0.newest(in: batch) })
    }

    /// What is known of people at some tokens when a domain is recommended in, or, as memory, what others may read of
    /// it. [tokens, d]
    private func states(
        _ reading: Reading, _ domain: Int, at tokens: [Int32], asMemory: Bool = false
    ) -> Tensor {
        func newest(_ index: Int) -> [Int32] { tokens.map { reading.newest[index][Int($0)] } }
        let known = asMemory ? reading.memory : reading.states
        let own = known[domain].rowsOrZeros(newest(domain))
        var sum = Tensor.zeros([tokens.count, settings.embeddingSize], device: own.device)
        var counts = [Float](repeating: 0, count: tokens.count)
        for other in domains.indices where other != domain {
            let rows = newest(other)
            sum = sum + reading.memory[other].rowsOrZeros(rows)
            for (place, row) in rows.enumerated() where row >= 0 { counts[place] += 1 }
        }
        let shares = Tensor(
            counts.map { 1 / max($0, 1) }, shape: [counts.count, 1], device: own.device)
        return domains[domain].join(.concatenate([own, sum * shares], dimension: 1))
    }

    // MARK: The neural process

    /// What is known beside a person's own events: the latent vector and the people of the support set.
    private struct Context {
        /// [1, l].
        let latent: Tensor
        /// For each domain what is known of the people. [U, d]
        let people: [Tensor]
    }

    /// The distribution of z that some people give; zeros stand for nobody.
    private func distribution(_ reading: Reading, of rows: [Int]) -> DiagonalNormal {
        guard !rows.isEmpty else {
            return latent(
                .zeros([1, settings.embeddingSize], device: itemEmbedding.weight.value.device))
        }
        let ends = reading.ends(of: rows)
        let sum = domains.indices.map {
            states(reading, $0, at: ends).mean(dimension: 0, keepingDimension: true)
        }
        return latent(sum.dropFirst().reduce(sum[0], +) / Double(sum.count))
    }

    private func people(_ reading: Reading, _ rows: [Int]) -> [Tensor] {
        domains.indices.map { states(reading, $0, at: reading.ends(of: rows)) }
    }

    /// The prior's mean and the people of the stored support set.
    private var storedContext: Context {
        let reading = read(support.batch, isSupport: true)
        let rows = Array(0..<support.batch.rows)
        return Context(
            latent: distribution(reading, of: rows).mean, people: people(reading, rows))
    }

    /// A batch's support rows and all others, of which some are asked for.
    private func split(_ batch: SequenceBatch) -> (support: [Int], query: [Int]) {
        let candidates = (0..<batch.rows).filter { hasSeveralDomains(batch, $0) }
        let count = min(
            Int(Double(candidates.count) * settings.supportShare), settings.supportUsers)
        let support = Set(candidates.prefix(count))
        return (
            support.sorted(),
            (0..<batch.rows).filter { !support.contains($0) && !batch.tokens(ofRow: $0).isEmpty }
        )
    }

    /// Prior, posterior and what follows from them in training: z is drawn, in evaluation the posterior's mean.
    private func trainingContext(
        _ reading: Reading, support: [Int], query: [Int]
    ) -> (context: Context, divergence: Tensor) {
        let prior = distribution(reading, of: support)
        let posterior = distribution(reading, of: support + query)
        let noise = isTraining ? chance.normal([1, settings.latentSize]) : nil
        let drawn = noise.map { posterior.mean + posterior.deviation * $0 } ?? posterior.mean
        return (
            Context(latent: drawn, people: people(reading, support)),
            posterior.divergence(from: prior)
        )
    }

    /// States that are scored or read, and the tokens after which they stand.
    private struct Scored {
        var tokens: [Int32] = []
        var offsets: [Int32] = [0]
        var states: Tensor?

        /// Some tokens of each row.
        init(_ batch: SequenceBatch, tokens ofRow: (_ row: Int) -> [Int32]) {
            for row in 0..<batch.rows {
                tokens += ofRow(row)
                offsets.append(Int32(tokens.count))
            }
        }

        /// The tokens' places in their rows.
        func axis(in batch: SequenceBatch) -> [Int32] {
            (0..<batch.rows).flatMap { row in
                tokens[Int(offsets[row])..<Int(offsets[row + 1])].map { $0 - batch.offsets[row] }
            }
        }
    }

    /// For each domain the states of the steps that predict it in some rows; `latest` leaves the rows' last ones.
    private func scored(
        _ reading: Reading, rows: [Int], in context: Context, latest: Bool = false
    ) -> [Scored] {
        let batch = reading.batch
        let isAsked = Set(rows)
        var all = shape.domains.map { domain in
            Scored(batch) { row in
                let tokens = isAsked.contains(row) ? batch.tokens(ofRow: row) : 0..<0
                return (latest ? tokens.suffix(1) : tokens)
                    .filter { domain.items.contains(batch.targets[$0]) }.map(Int32.init)
            }
        }
        for index in all.indices {
            all[index].states = decode(
                states(reading, index, at: all[index].tokens), index, context)
        }
        guard let gca, settings.gca.stages.contains(2) else { return all }
        let threads = all.enumerated().map { index, asking in
            // Others read what was known of the person at the domain's events.
            let events = Scored(batch) { row in
                let own = reading.own[index].range(ofRow: row)
                return isAsked.contains(row) ? Array(reading.own[index].tokens[own]) : []
            }
            let read = decode(
                states(reading, index, at: events.tokens, asMemory: true), index, context)
            return DomainThread(
                queries: JaggedTensor(
                    values: asking.states ?? read[0..<0],
                    layout: JaggedLayout(offsets: asking.offsets)),
                steps: asking.axis(in: batch),
                memory: JaggedTensor(
                    values: read, layout: JaggedLayout(offsets: events.offsets)),
                places: events.axis(in: batch))
        }
        for (index, thread) in gca.align(threads, stage: 2).enumerated() {
            all[index].states = thread.queries.values
        }
        return all
    }

    /// Joins z to states and lets them attend to the support set. [S, d]
    private func decode(_ states: Tensor, _ domain: Int, _ context: Context) -> Tensor {
        let latent =
            Tensor.zeros([states.size(0), settings.latentSize], device: states.device)
            + context.latent
        let joined = states + dropout(decoder(.concatenate([states, latent], dimension: 1)))
        let people = context.people[domain]
        guard people.size(0) > 0 else { return norm(joined) }
        return norm(joined, adding: adaptiveLayer(joined, people: people), dropout: dropout)
    }

    /// The latest events of all domains together.
    public var window: HistoryWindow { HistoryWindow(settings.maximumLength) }

    // MARK: Training

    /// One phase over the mixed sequences.
    public var phases: [TrainingPhase] {
        let negatives = settings.softmax.negatives(settings.negatives)
        return [TrainingPhase("train", .sequences(negatives, loss: loss))]
    }

    /// The cross-entropies of the query rows in each domain, and the weighted divergence.
    func loss(of sequences: SequenceBatch, _ drawn: DrawnItems) -> Loss {
        let reading = read(sequences)
        let (support, query) = split(sequences)
        let (context, divergence) = trainingContext(reading, support: support, query: query)
        let softmax = SoftmaxLoss(
            settings.softmax, drawn: drawn, table: itemEmbedding.weight.value,
            ranges: shape.domains.map(\.items))
        var loss = Loss()
        for (index, own) in scored(reading, rows: query, in: context).enumerated() {
            guard let states = own.states, !own.tokens.isEmpty else { continue }
            loss.add(
                shape.domains[index].name,
                softmax(
                    states, targets: own.tokens.map { sequences.targets[Int($0)] },
                    tokens: own.tokens, domain: index))
        }
        loss.add("divergence", ofBatch: divergence, weight: settings.divergenceWeight)
        return loss
    }

    /// The states that are scored, domain by domain.
    ///
    /// In training with the posterior of the batch, which knows the future, in evaluation with the stored support set.
    func trainingStates(of sequences: SequenceBatch) -> [TrainingStates] {
        let reading = read(sequences)
        let (support, query) = split(sequences)
        let context =
            isTraining
            ? trainingContext(reading, support: support, query: query).context : storedContext
        let rows = isTraining ? query : Array(0..<sequences.rows)
        return scored(reading, rows: rows, in: context).compactMap { own in
            own.states.map { TrainingStates(tokens: own.tokens, states: $0) }
        }
    }

    // MARK: Scoring

    /// The newest states toward each row's domain; zeros for a row without events. [rows, d]
    public func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        let batch = histories.steps { _ in shape.domains[domain.rawValue].firstItem }
        // A stage that reads scored states needs all of them.
        let latest = !settings.gca.stages.contains(2)
        let all = scored(
            read(batch), rows: Array(0..<batch.rows), in: storedContext, latest: latest)
        let own = all[domain.rawValue]
        return own.states?.rowsOrZeros(lastPlaces(own.offsets))
            ?? .zeros(
                [batch.rows, settings.embeddingSize], device: itemEmbedding.weight.value.device)
    }

    /// Item embeddings. [items, d]
    public func itemVectors(of domain: DomainID) -> Tensor {
        let items = shape.domains[domain.rawValue].items
        return itemEmbedding.weight.value[Int(items.lowerBound)..<Int(items.upperBound)]
    }
}
