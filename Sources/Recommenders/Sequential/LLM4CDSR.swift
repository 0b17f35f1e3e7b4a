// LLM4CDSR: vectors of items' texts bridge domains, profiles of people guide the sequence of all domains.
//
// Q. Liu, X. Zhao, Y. Wang, Z. Zhang, H. Zhong, C. Chen, X. Li, W. Huang, F. Tian: "Bridge the Domains: Large Language
// Models Enhanced Cross-domain Sequential Recommendation", SIGIR 2025, arXiv 2504.18383.
// Reference code: Applied-Machine-Learning-Lab/LLM4CDSR-pytorch, commit 676cd16.
//
// Differences from the reference. Its encoder has the causal mask commented out, so that every step knows what it is to
// predict; here the mask is there (`causal: false` is the released code, whose training looks at the future). The two
// threads of a step share one negative of the target's domain; the released code draws one for each, the mixed thread's
// from the domain of the item before (`sharedNegatives: false`). Sequences are jagged, so that no token attends to padding
// (`attendsPadding` brings it back); a person without an event in the domain gets no state of the domain's thread, where
// the reference takes a norm's bias. The adapter's two maps have nothing between them and are multiplied once a step. The
// mixed thread is encoded once, where the reference does it twice with other dropout. Biases start at 0. Any number of domains.
//
// What is inferred: texts come from the dataset's vectors of a name (`text`), which can be an LLM's. Without a name they are
// hashed n-grams of what the catalogs say, `hashSize` numbers wide; an item of which they say nothing has a random vector
// of unit length of its own, all but orthogonal to all others, and items that read alike get half of such a vector each, so
// that no two are the same. Where no item has a title the model so has one-hot-like vectors, which carry the item and
// nothing that bridges domains. A line when training begins says which vectors were taken. The profile that an LLM writes of a person is not available: the mean of the joint
// vectors of the person's items in the row stands for it (`userWeight: 0` leaves it out).
//
// GCA lets an item that predicts read every event of the other domains before its target (DomainThread.swift), also the
// latest one of a domain, which predicts nothing in training; in training and scoring alike.
//
// Shapes: T tokens of the mixed sequences, S of one domain's, d = embeddingSize, e = jointSize.

public import Interactions
public import Torch
public import TorchNN

/// Settings of LLM4CDSR; the defaults are the authors'.
public struct LLM4CDSRConfiguration: ModelConfiguration {
    /// Width d of states, of adapted vectors and of the domains' item vectors.
    public var embeddingSize = 128
    /// Encoder blocks.
    public var blocks = 2
    /// Attention heads.
    public var heads = 1
    /// Dropout of embeddings, attention weights and feed-forward nets.
    public var dropout = 0.5
    /// The most recent events of a sequence that are used.
    public var maximumLength = 200
    /// The name of the dataset's vectors of items' texts; empty hashes what the catalogs say.
    public var text = ""
    /// Width of hashed texts, and of the random vectors of items without any.
    public var hashSize = 1536
    /// Width e of the joint table: principal components of all items' texts.
    public var jointSize = 1024
    /// Whether the domains' item vectors are trained from their principal components on; the released code freezes them.
    public var trainsItems = false
    /// Weight α of the contrast of a person's items in two domains.
    public var itemWeight = 0.1
    /// Temperature of that contrast.
    public var itemTemperature = 1.0
    /// Weight β of the contrast of a person's profile and mixed state.
    public var userWeight = 0.1
    /// Temperature of that contrast.
    public var userTemperature = 1.0
    /// Whether a token attends only to what came before it.
    public var causal = true
    /// Whether both threads of a step have the same negative.
    public var sharedNegatives = true
    /// Whether tokens attend to the zero vectors that pad a row in the reference.
    public var attendsPadding = false
    /// Gated cross-attention between the domain threads.
    public var gca = GCAConfiguration()

    /// The authors' settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try requireHeads(heads, "heads", dividing: ("embeddingSize", embeddingSize))
        try require([("blocks", blocks)], in: SettingRange.depth)
        try require([("maximumLength", maximumLength)], in: SettingRange.length)
        // Principal components of hashes need the square of their width.
        try require([("hashSize", hashSize)], in: 1...1 << 14)
        try require([("jointSize", jointSize)], in: 2...SettingRange.width.upperBound)
        try require(
            (0..<1).contains(dropout), "dropout", expected: "at least 0, below 1", got: dropout)
        for (name, weight) in [("itemWeight", itemWeight), ("userWeight", userWeight)] {
            try require(weight >= 0, name, expected: "at least 0", got: weight)
        }
        for (name, value) in [
            ("itemTemperature", itemTemperature), ("userTemperature", userTemperature),
        ] {
            try require(value > 0, name, expected: "above 0", got: value)
        }
        try gca.validate(width: embeddingSize)
    }

    /// Hashes where texts have vectors, temperatures of contrasts that weigh nothing.
    public var idle: [IdleSetting] {
        var idle: [IdleSetting] = []
        if !text.isEmpty { idle.append(IdleSetting("hashSize", "beside text: \(text)")) }
        if itemWeight == 0 {
            idle.append(IdleSetting("itemTemperature", "beside itemWeight: 0"))
        }
        if userWeight == 0 {
            idle.append(IdleSetting("userTemperature", "beside userWeight: 0"))
        }
        return idle
    }
}

/// The model: a thread for each domain and one for all, over frozen vectors of texts.
public final class LLM4CDSR: Module, ItemRanker, DataPreparing, GCAHost, SteppedInTraining {
    /// Settings.
    public typealias Configuration = LLM4CDSRConfiguration

    /// Where GCA can attach.
    public static let gcaStages = [
        "embeddings, before the encoders", "after the first block", "after the encoders",
    ]

    private let settings: LLM4CDSRConfiguration
    private let shape: DataShape
    private let jointTable: Parameter
    private let adapter: LinearPair
    private let userAdapter: LinearPair
    private let encoder: CausalEncoder
    private let domains: [LLM4CDSRDomain]
    private let chance: Generator
    /// Gated cross-attention, if any stage is chosen.
    public let gca: GCAStack?

    /// Draws fresh weights; the texts come with ``prepare(with:)``.
    public init(
        _ configuration: LLM4CDSRConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        try require(
            shape.domains.count > 1, "model",
            expected: "data with two domains or more for llm4cdsr", got: shape.domains.count)
        settings = configuration
        self.shape = shape
        let (width, joint) = (configuration.embeddingSize, configuration.jointSize)
        jointTable = Parameter(data: .zeros([shape.itemCount + 1, joint]))
        adapter = LinearPair(joint, inner: joint / 2, width, random: random)
        userAdapter = LinearPair(joint, inner: joint / 2, width, random: random)
        let sizes = CausalEncoderSettings(
            width: width, blocks: configuration.blocks, heads: configuration.heads,
            dropout: configuration.dropout, positions: configuration.maximumLength + 1,
            weights: .glorot)
        encoder = CausalEncoder(sizes, random: random)
        domains = shape.domains.map {
            LLM4CDSRDomain(configuration, items: $0.items, encoder: sizes, random: random)
        }
        chance = random.dropout
        gca = try GCAStack(
            configuration.gca, host: LLM4CDSR.self, width: width,
            domains: shape.domains.map(\.name), initializer: .xavierNormal, random: random)
    }

    /// The reference's names, with A, B, C, … for the domains.
    public override var children: [(name: String, child: Any)] {
        var named: [(name: String, child: Any)] = [
            ("item_emb_llm.weight", jointTable), ("adapter", adapter), ("pos_emb", encoder.posEmb),
            ("backbone", encoder.backbone), ("", encoder.dropout), ("user_adapter", userAdapter),
        ]
        for (index, parts) in domains.enumerated() {
            let own = letter(index).uppercased()
            named += [
                ("item_emb\(own).weight", parts.itemEmb), ("pos_emb\(own)", parts.encoder.posEmb),
                ("backbone\(own)", parts.encoder.backbone), ("", parts.encoder.dropout),
            ]
        }
        if let gca { named.append(("gca", gca)) }
        return named
    }

    /// Takes principal components of the items' texts: of all items together, and of each domain.
    @discardableResult
    public func prepare(with data: TrainingData) throws(ConfigurationError) -> [String] {
        let read = try ItemTexts(named: settings.text, hashSize: settings.hashSize, of: data)
        let texts = read.vectors
        for (name, size) in [
            ("jointSize", settings.jointSize), ("embeddingSize", settings.embeddingSize),
        ] {
            try require(
                size <= texts.size(1), name,
                expected: "at most \(texts.size(1)), the width of the texts", got: size)
        }
        let joint = texts.principalComponents(settings.jointSize)
        jointTable.replace(data: .concatenate([.zeros([1, settings.jointSize]), joint]))
        for (parts, domain) in zip(domains, shape.domains) {
            let own = texts[Int(domain.items.lowerBound) - 1..<Int(domain.items.upperBound) - 1]
            parts.take(own.principalComponents(settings.embeddingSize))
        }
        return [read.note]
    }

    /// The latest events of all domains together.
    public var window: HistoryWindow { HistoryWindow(settings.maximumLength) }

    // MARK: Encoders

    /// The states of all threads.
    private struct Threads {
        /// After each token of the mixed sequences. [T, d]
        let mixed: Tensor
        /// For each domain after each of its steps' items. [S, d]
        let own: [Tensor]
    }

    /// Places counted from the oldest token, from 1; position 0 is padding's.
    private func places(_ offsets: [Int32]) -> TokenPlaces {
        let layout = JaggedLayout(offsets: offsets)
        let vacant = (0..<layout.rowCount).flatMap { row in
            let count = layout.tokens(of: row).count
            return [Int32](repeating: Int32(settings.maximumLength - count), count: count)
        }
        return TokenPlaces(
            offsets: offsets, positions: layout.causalLimits,
            padding: settings.attendsPadding ? vacant : nil, seesFuture: !settings.causal)
    }

    private func encode(
        _ batch: SequenceBatch, steps: [DomainSteps], adapted: AdaptedItems
    ) -> Threads {
        let mixed = encoder(
            adapted(batch.items) * Double(settings.jointSize).squareRoot(),
            at: places(batch.offsets))
        var threads = domains.indices.map { thread(steps[$0], batch, $0) }
        func apply(_ blocks: Range<Int>) {
            for index in domains.indices {
                let backbone = domains[index].encoder.backbone
                threads[index].update {
                    backbone($0, blocks: blocks, at: places($0.layout.offsets))
                }
            }
        }
        if let gca { threads = gca.align(threads, stage: 0) }
        apply(0..<1)
        if let gca { threads = gca.align(threads, stage: 1) }
        apply(1..<settings.blocks)
        for index in domains.indices {
            let norm = domains[index].encoder.backbone.lastLayernorm
            threads[index].update { $0.with(norm($0.values)) }
        }
        if let gca { threads = gca.align(threads, stage: 2) }
        return Threads(mixed: mixed, own: threads.map(\.queries.values))
    }

    /// A domain's items as they predict, and in training all of them as other domains read them.
    private func thread(_ own: DomainSteps, _ batch: SequenceBatch, _ index: Int) -> DomainThread {
        let parts = domains[index]
        let scale = Double(settings.embeddingSize).squareRoot()
        func embedded(_ steps: DomainSteps) -> JaggedTensor {
            parts.encoder.embedded(
                parts.vectors(steps.items) * scale, at: places(steps.offsets))
        }
        guard gca != nil && !batch.targets.isEmpty else {
            return DomainThread(embedded(own), places: own.places, steps: own.axis)
        }
        let all = batch.inferenceSteps(of: shape.domains[index].items)
        return DomainThread(
            queries: embedded(own), steps: own.axis, memory: embedded(all), places: all.places)
    }

    private func adapted(_ lists: [Int32]...) -> AdaptedItems {
        AdaptedItems(lists, of: jointTable.value, by: adapter)
    }

    // MARK: Training

    /// One phase over the mixed sequences, with a negative of each domain for each thread that draws its own.
    public var phases: [TrainingPhase] {
        let negatives = Negatives.perPosition(settings.sharedNegatives ? 1 : 2)
        return [TrainingPhase("train", .sequences(negatives, loss: loss))]
    }

    /// Binary cross-entropies of the domains, α times the items' contrast, β times the users'.
    func loss(of sequences: SequenceBatch, _ drawn: DrawnItems) -> Loss {
        // A step's negatives: of the target's domain for its thread, and for the mixed thread.
        let negatives = sequences.targets.indices.map { token -> (own: Int32, mixed: Int32) in
            let domain = shape.domain(of: sequences.targets[token])
            let own = drawn.item(of: domain, at: token)
            guard !settings.sharedNegatives else { return (own, own) }
            let before = shape.domain(of: sequences.items[token])
            return (own, drawn.item(1, of: before, at: token))
        }
        let steps = shape.domains.map { sequences.trainingSteps(of: $0.items) }
        let adapted = adapted(sequences.items, sequences.targets, negatives.map(\.mixed))
        let threads = encode(sequences, steps: steps, adapted: adapted)
        var loss = Loss()
        for (index, domain) in shape.domains.enumerated() {
            let tokens = predictedTokens(steps[index])
            guard !tokens.isEmpty else { continue }
            let mixed = threads.mixed.rows(Tensor(tokens, device: threads.mixed.device))
            func logits(_ own: [Int32], _ joint: [Int32]) -> Tensor {
                (threads.own[index] * domains[index].vectors(own)).sum(dimension: 1)
                    + (mixed * adapted(joint)).sum(dimension: 1)
            }
            let targets = tokens.map { sequences.targets[Int($0)] }
            let positive = logits(targets, targets)
            let negative = logits(
                tokens.map { negatives[Int($0)].own }, tokens.map { negatives[Int($0)].mixed })
            loss.add(
                domain.name, (positive.logSigmoid() + (negative * -1).logSigmoid()) * -1)
        }
        if settings.itemWeight > 0, let contrast = itemContrast(sequences, adapted) {
            loss.add("items", ofBatch: contrast, weight: settings.itemWeight)
        }
        if settings.userWeight > 0 {
            let contrast = userContrast(sequences, mixed: threads.mixed)
            loss.add("users", ofBatch: contrast, weight: settings.userWeight)
        }
        return loss
    }

    /// The tokens at which a domain's items predict: those with an item of the domain before the target.
    private func predictedTokens(_ steps: DomainSteps) -> [Int32] {
        steps.predictors.indices.filter { steps.predictors[$0] >= 0 }
            .map { steps.predictingTokens[$0] }
    }

    /// What is scored at each step: the state of the domain's thread beside the mixed one, domain by domain.
    func trainingStates(of sequences: SequenceBatch) -> [TrainingStates] {
        let steps = shape.domains.map { sequences.trainingSteps(of: $0.items) }
        let threads = encode(sequences, steps: steps, adapted: adapted(sequences.items))
        return zip(steps, threads.own).map { steps, own in
            let tokens = predictedTokens(steps)
            let mixed = threads.mixed.rows(Tensor(tokens, device: own.device))
            return TrainingStates(
                tokens: tokens, states: .concatenate([own, mixed], dimension: 1))
        }
    }

    /// The contrast of an item of one domain with one of another of the same person, averaged over pairs of domains.
    ///
    /// Training draws the items, evaluation takes the newest ones.
    private func itemContrast(_ batch: SequenceBatch, _ adapted: AdaptedItems) -> Tensor? {
        let shares: [Float] =
            isTraining
            ? chance.uniform([batch.rows * domains.count]).elements()
            : [Float](repeating: 1, count: batch.rows * domains.count)
        let chosen = (0..<batch.rows).map { row in
            shape.domains.enumerated().map { index, domain -> Int32? in
                let own = batch.items[batch.tokens(ofRow: row)].filter(domain.items.contains)
                let place = Int(shares[row * domains.count + index] * Float(own.count))
                return own.isEmpty ? nil : own[min(place, own.count - 1)]
            }
        }
        var contrasts: [Tensor] = []
        for left in domains.indices {
            for right in domains.indices where left < right {
                let pairs = chosen.compactMap { items in
                    items[left].flatMap { first in items[right].map { (first, $0) } }
                }
                guard !pairs.isEmpty else { continue }
                contrasts.append(
                    softContrast(
                        adapted(pairs.map(\.0)), adapted(pairs.map(\.1)),
                        temperature: settings.itemTemperature))
            }
        }
        guard let first = contrasts.first else { return nil }
        return contrasts.dropFirst().reduce(first, +) / Double(contrasts.count)
    }

    /// The contrast of profiles with the mixed state after each row.
    ///
    /// A profile is the mean of the row's joint vectors.
    private func userContrast(_ batch: SequenceBatch, mixed: Tensor) -> Tensor {
        let rows = (0..<batch.rows).filter { !batch.tokens(ofRow: $0).isEmpty }
        let profiles = jointTable.value.means(
            ofRows: rows.map { Array(batch.items[batch.tokens(ofRow: $0)]) })
        let newest = rows.map { batch.offsets[$0 + 1] - 1 }
        return softContrast(
            userAdapter(profiles), mixed.rows(Tensor(newest, device: mixed.device)),
            temperature: settings.userTemperature)
    }

    // MARK: Scoring

    /// The newest state of the row's domain beside the newest mixed one. [rows, 2 d]
    public func states(of batch: SequenceBatch, in domain: DomainID) -> Tensor {
        let steps = shape.domains.map { batch.inferenceSteps(of: $0.items) }
        let threads = encode(batch, steps: steps, adapted: adapted(batch.items))
        return .concatenate(
            [
                threads.own[domain.rawValue].rowsOrZeros(steps[domain.rawValue].predictors),
                threads.mixed.rowsOrZeros(lastPlaces(batch.offsets)),
            ], dimension: 1)
    }

    /// The domain's item vectors beside the adapted ones. [items, 2 d]
    public func itemVectors(of domain: DomainID) -> Tensor {
        let items = shape.domains[domain.rawValue].items
        let joint = adapter(jointTable.value[Int(items.lowerBound)..<Int(items.upperBound)])
        return .concatenate([domains[domain.rawValue].vectors, joint], dimension: 1)
    }
}
