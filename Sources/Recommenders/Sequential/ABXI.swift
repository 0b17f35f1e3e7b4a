// ABXI: invariant interest adaptation for task-guided cross-domain sequential recommendation.
//
// Q. Bian, M. de Carvalho, T. Li, J. Xu, H. Fang, Y. Ke, WWW 2025, arXiv 2501.15118.
// Reference code: DiMarzioBian/ABXI, commit 72e52c9 (v2.1).
//
// Differences from the reference: sequences are jagged, so no token attends to padding (`attendsPadding` brings
// it back, and with it the LayerNorm bias that stands for a domain without history at evaluation); any number of
// domains, of which the published model has two; a domain's thread holds what the mixed sequence's window has of it,
// where the reference's, in evaluation, also reads events that fell out of it.
//
// GCA reads other domains by their events' own places (DomainThread.swift), not by the reference's axis, on which an item
// stands where it predicts and the latest one in the domain of no target stands nowhere: in training as in scoring a query
// knows every event before its target. The GCA paper does not say, nor which tensors its stages take: inferred.
//
// Shapes: T tokens of the mixed sequences, S steps that predict some domain, d = embeddingSize.

public import Interactions
public import Torch
public import TorchNN

/// Settings of ABXI; the defaults are the authors' for Food–Kitchen.
public struct ABXIConfiguration: ModelConfiguration {
    /// Width d of all vectors.
    public var embeddingSize = 256
    /// Heads of the shared self-attention.
    public var heads = 2
    /// Inner width of every feed-forward net.
    public var innerSize = 680
    /// Rank of the domain adapters (dLoRA).
    public var domainRank = 16
    /// Rank of the invariant adapters (iLoRA).
    public var invariantRank = 64
    /// Dropout on embeddings and every residual branch.
    public var dropout = 0.5
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 47
    /// Divides the logits of the training loss.
    public var temperature = 0.75
    /// Which items compete with a target in the training loss.
    public var softmax = ItemSoftmax.sampled
    /// Negatives of each domain, for each position or for each batch.
    public var negatives = 128
    /// Whether embeddings start from a normal truncated at two deviations (v2.1) or a plain one (v1.0).
    public var truncatedEmbeddings = true
    /// Whether tokens attend to the zero vectors that pad a row in the reference.
    public var attendsPadding = false
    /// Whether each domain's negatives are drawn from one id too low on, as v2.1 does.
    public var negativePoolQuirk = false
    /// Gated cross-attention between the domain threads.
    public var gca = GCAConfiguration()

    /// The authors' settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try requireHeads(heads, "heads", dividing: ("embeddingSize", embeddingSize))
        try require(
            [
                ("innerSize", innerSize), ("domainRank", domainRank),
                ("invariantRank", invariantRank),
            ], in: SettingRange.width)
        try require([("negatives", negatives)], in: SettingRange.count)
        try require(temperature > 0, "temperature", expected: "above 0", got: temperature)
        try require([("maximumLength", maximumLength)], in: SettingRange.length)
        try require(
            (0..<1).contains(dropout), "dropout", expected: "at least 0, below 1", got: dropout)
        try gca.validate(width: embeddingSize)
    }

    /// What is drawn for no loss.
    public var idle: [IdleSetting] {
        softmax.idle
            + (softmax == .full
                ? [IdleSetting("negativePoolQuirk", "beside softmax: full")] : [])
    }
}

/// The model: a shared encoder over the mixed sequence and the domain threads, adapted and projected per target.
public final class ABXI: Module, ItemRanker, GCAHost, SteppedInTraining {
    /// Settings.
    public typealias Configuration = ABXIConfiguration

    /// Where GCA can attach.
    public static let gcaStages = [
        "embeddings, before the shared self-attention",
        "after the shared self-attention, before feed-forward and dLoRA",
        "after feed-forward and dLoRA, before the projectors",
    ]

    private let settings: ABXIConfiguration
    private let shape: DataShape
    private let itemEmbedding: Embedding
    private let positionEmbedding: Embedding
    private let attention: ABXIAttention
    private let feedForward: SwiGLU
    private let mixedAdapter: LoRA
    private let mixedNorm: LayerNorm
    private let invariantProjector: SwiGLU
    private let domains: [ABXIDomain]
    private let dropout: Dropout
    /// Gated cross-attention, if any stage is chosen.
    public let gca: GCAStack?

    /// Draws fresh weights by the reference's rules.
    public init(
        _ configuration: ABXIConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        try require(
            shape.domains.count > 1, "model", expected: "data with two domains or more for abxi",
            got: shape.domains.count)
        settings = configuration
        self.shape = shape
        let width = configuration.embeddingSize
        let normal = Initializer.normal(deviation: 0.02)
        let table: Initializer =
            configuration.truncatedEmbeddings
            ? .truncatedNormal(deviation: 0.02, limit: 0.04) : normal
        itemEmbedding = Embedding(
            shape.itemCount + 1, width, initializer: table, random: random)
        positionEmbedding = Embedding(
            configuration.maximumLength + 1, width, initializer: table, random: random)
        attention = ABXIAttention(configuration, initializer: normal, random: random)
        feedForward = SwiGLU(
            width, inner: configuration.innerSize, initializer: normal, random: random)
        mixedAdapter = LoRA(width, rank: configuration.domainRank, random: random)
        mixedNorm = LayerNorm(width)
        invariantProjector = SwiGLU(
            width, inner: configuration.innerSize, initializer: normal, random: random)
        domains = shape.domains.map { _ in
            ABXIDomain(configuration, initializer: normal, random: random)
        }
        dropout = Dropout(configuration.dropout, random: random)
        gca = try GCAStack(
            configuration.gca, host: ABXI.self, width: width, domains: shape.domains.map(\.name),
            initializer: normal, random: random)
    }

    /// The reference's names, with letters a, b, … for the domains.
    public override var children: [(name: String, child: Any)] {
        var named: [(name: String, child: Any)] = [
            ("ei", itemEmbedding), ("ep", positionEmbedding), ("mha", attention),
            ("ffn", feedForward), ("dlora_x", mixedAdapter), ("norm_sa_x", mixedNorm),
            ("proj_i", invariantProjector),
        ]
        for (index, parts) in domains.enumerated() {
            let own = letter(index)
            named += [
                ("dlora_\(own)", parts.dlora), ("norm_sa_\(own)", parts.normSa),
                ("ilora_\(own)", parts.ilora), ("proj_\(own)", parts.proj),
                ("norm_i2\(own)", parts.normI2), ("norm_\(own)2\(own)", parts.norm2),
            ]
        }
        named.append(("dropout", dropout))
        if let gca { named.append(("gca", gca)) }
        return named
    }

    /// The latest events of all domains together.
    public var window: HistoryWindow { HistoryWindow(settings.maximumLength) }

    // MARK: Encoder

    /// Embeds items and their distances from the end; vectors of padding never exist.
    private func embed(_ items: [Int32], distances: [Int32], offsets: [Int32]) -> JaggedTensor {
        JaggedTensor(
            values: dropout(itemEmbedding(items) + positionEmbedding(distances)),
            layout: JaggedLayout(offsets: offsets))
    }

    /// Shared feed-forward and a thread's own adapter, with residual and norm. [_, d]
    private func adapt(_ tokens: Tensor, adapter: LoRA, norm: LayerNorm) -> Tensor {
        norm(tokens, adding: feedForward(tokens), adapter(tokens), dropout: dropout)
    }

    /// What sequences are encoded for; domain threads are laid out differently for each.
    private enum Purpose {
        case training
        case inference
    }

    /// What each domain's steps are to be scored with: for each domain the states [S, d] of its steps.
    private func encode(
        _ batch: SequenceBatch, steps threads: [DomainSteps], for purpose: Purpose
    ) -> [Tensor] {
        var mixedTokens = embed(
            batch.items, distances: batch.distancesFromEnd, offsets: batch.offsets)  // [T, d]
        var domainThreads = domains.indices.map { thread(threads[$0], batch, $0, purpose) }
        if let gca { domainThreads = gca.align(domainThreads, stage: 0) }

        mixedTokens = attention(mixedTokens, padding: vacant(mixedTokens.layout))
        for index in domains.indices {
            domainThreads[index].update(
                queries: { attention($0, padding: vacant(threads[index], batch, purpose)) },
                memory: { attention($0, padding: vacant($0.layout)) })
        }
        if let gca { domainThreads = gca.align(domainThreads, stage: 1) }

        // In inference only the last step matters, unless a later stage reads whole threads.
        let adaptsThreads = purpose == .training || settings.gca.stages.contains(2)
        for index in domains.indices where adaptsThreads {
            let (adapter, norm) = (domains[index].dlora, domains[index].normSa)
            domainThreads[index].update {
                $0.with(adapt($0.values, adapter: adapter, norm: norm))
            }
        }
        if let gca { domainThreads = gca.align(domainThreads, stage: 2) }

        return domains.indices.map { index in
            let shared = adapt(
                mixedTokens.values.rowsOrZeros(threads[index].predictingTokens),
                adapter: mixedAdapter, norm: mixedNorm)  // [S, d]
            var own = domainThreads[index].queries.values.rowsOrZeros(threads[index].predictors)
            if !adaptsThreads {
                own = adapt(own, adapter: domains[index].dlora, norm: domains[index].normSa)
            }
            return project(
                shared,
                settled(own, threads[index].predictors, index, purpose, isAdapted: !adaptsThreads),
                by: domains[index])
        }
    }

    /// A domain's items as they predict, and in training all of them as other domains read them.
    private func thread(
        _ own: DomainSteps, _ batch: SequenceBatch, _ index: Int, _ purpose: Purpose
    ) -> DomainThread {
        func embedded(_ steps: DomainSteps) -> JaggedTensor {
            embed(steps.items, distances: steps.distances, offsets: steps.offsets)
        }
        guard gca != nil && purpose == .training else {
            return DomainThread(embedded(own), places: own.places, steps: own.axis)
        }
        let all = batch.inferenceSteps(of: shape.domains[index].items)
        return DomainThread(
            queries: embedded(own), steps: own.axis, memory: embedded(all), places: all.places)
    }

    /// Settles what a domain without history contributes: nothing, or the bias that LayerNorm makes of nothing.
    private func settled(
        _ own: Tensor, _ predictors: [Int32], _ domain: Int, _ purpose: Purpose, isAdapted: Bool
    ) -> Tensor {
        guard predictors.contains(-1) else { return own }
        let absent = Tensor(
            predictors.map { $0 < 0 ? Float(1) : 0 }, shape: [predictors.count, 1],
            device: own.device)
        let wantsBias = settings.attendsPadding && purpose == .inference
        if isAdapted { return wantsBias ? own : own * (absent * -1 + 1) }
        return wantsBias ? own + absent * domains[domain].normSa.bias.value : own
    }

    /// The projections of the shared and the domain's own representation, added. [S, d]
    private func project(_ shared: Tensor, _ own: Tensor, by parts: ABXIDomain) -> Tensor {
        parts.normI2(
            shared, adding: invariantProjector(shared), parts.ilora(shared), dropout: dropout)
            + parts.norm2(own, adding: parts.proj(own), dropout: dropout)
    }

    /// For each token the vacant places in front of its row.
    private func vacant(_ layout: JaggedLayout) -> [Int32]? {
        guard settings.attendsPadding else { return nil }
        return (0..<layout.rowCount).flatMap { row in
            let count = layout.tokens(of: row).count
            return [Int32](repeating: Int32(settings.maximumLength - count), count: count)
        }
    }

    /// The same for a domain's queries, which in training stand on the mixed sequence's axis.
    private func vacant(
        _ steps: DomainSteps, _ batch: SequenceBatch, _ purpose: Purpose
    ) -> [Int32]? {
        guard settings.attendsPadding, purpose == .training else {
            return vacant(JaggedLayout(offsets: steps.offsets))
        }
        let lengths = (0..<batch.rows).map { batch.tokens(ofRow: $0).count }
        return steps.vacancies(rowLengths: lengths, length: settings.maximumLength)
    }

    // MARK: Training

    /// One phase over the mixed sequences.
    public var phases: [TrainingPhase] {
        let negatives = settings.softmax.negatives(
            settings.negatives, from: settings.negativePoolQuirk ? .domainAndIDBefore : .domain)
        return [TrainingPhase("train", .sequences(negatives, loss: loss))]
    }

    /// InfoNCE over each position's own negatives, averaged per sequence and domain.
    func loss(of sequences: SequenceBatch, _ drawn: DrawnItems) -> Loss {
        let table = itemEmbedding.weight.value
        let device = table.device
        let steps = shape.domains.map { sequences.trainingSteps(of: $0.items) }
        let states = trainingStates(of: sequences, steps: steps)
        let softmax = SoftmaxLoss(
            settings.softmax, drawn: drawn, temperature: settings.temperature, table: table,
            ranges: shape.domains.map(\.items))
        var loss = Loss()
        for (index, domain) in shape.domains.enumerated() {
            let tokens = steps[index].predictingTokens
            guard !tokens.isEmpty else {
                loss.add(domain.name, sum: .zeros([], device: device), over: sequences.rows)
                continue
            }
            let losses = softmax(
                states[index], targets: tokens.map { sequences.targets[Int($0)] },
                tokens: tokens, domain: index)  // [S]
            let shares = rowShares(steps[index].predictingRows, rows: sequences.rows)
            loss.add(
                domain.name, sum: (losses * Tensor(shares, device: device)).sum(),
                over: sequences.rows)
        }
        return loss
    }

    /// The states that are scored, domain by domain.
    func trainingStates(of sequences: SequenceBatch) -> [TrainingStates] {
        let steps = shape.domains.map { sequences.trainingSteps(of: $0.items) }
        return zip(steps, trainingStates(of: sequences, steps: steps)).map { steps, states in
            TrainingStates(tokens: steps.predictingTokens, states: states)
        }
    }

    /// For each domain the states [S, d] of the steps that predict it.
    func trainingStates(of sequences: SequenceBatch, steps: [DomainSteps]) -> [Tensor] {
        encode(sequences, steps: steps, for: .training)
    }

    // MARK: Scoring

    /// States by the adapters of the domain. [rows, d]
    public func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        // GCA reads whole threads of all domains.
        guard gca != nil else { return newestStates(of: histories, in: domain.rawValue) }
        let steps = shape.domains.map { histories.inferenceSteps(of: $0.items) }
        return encode(histories, steps: steps, for: .inference)[domain.rawValue]
    }

    /// What ``states(of:in:)`` needs without GCA: the newest steps of the mixed rows and of the domain's.
    private func newestStates(of histories: SequenceBatch, in domain: Int) -> Tensor {
        let rows = histories.rows
        let read = histories.joined(with: shape.domains[domain].items)
        let tokens = embed(read.items, distances: read.distancesFromEnd, offsets: read.offsets)
        let vacant = (0..<read.rows).map {
            Int32(settings.maximumLength - read.tokens(ofRow: $0).count)
        }
        let newest = attention.newest(
            of: tokens, padding: settings.attendsPadding ? vacant : nil)  // [2 rows, d]
        let shared = adapt(newest[0..<rows], adapter: mixedAdapter, norm: mixedNorm)
        let parts = domains[domain]
        let own = adapt(newest[rows..<2 * rows], adapter: parts.dlora, norm: parts.normSa)
        let predictors = (0..<rows).map { row -> Int32 in
            read.tokens(ofRow: rows + row).isEmpty ? -1 : Int32(row)
        }
        return project(
            shared, settled(own, predictors, domain, .inference, isAdapted: true), by: parts)
    }

    /// Item embeddings. [items, d]
    public func itemVectors(of domain: DomainID) -> Tensor {
        let items = shape.domains[domain.rawValue].items
        return itemEmbedding.weight.value[Int(items.lowerBound)..<Int(items.upperBound)]
    }
}

/// 1 / steps of the row: the mean over each row's steps, for a sum over rows.
func rowShares(_ stepRows: [Int32], rows: Int) -> [Float] {
    var counts = [Float](repeating: 0, count: rows)
    for row in stepRows { counts[Int(row)] += 1 }
    return stepRows.map { 1 / counts[Int($0)] }
}
