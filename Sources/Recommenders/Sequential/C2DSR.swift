// C2DSR: contrastive cross-domain sequential recommendation.
//
// J. Cao, X. Cong, J. Sheng, T. Liu, B. Wang, CIKM 2022, arXiv 2304.03891.
// Reference code: cjx96/C2DSR, commit 89d4b92.
//
// Differences from the reference: sequences are jagged, so that no token attends to padding (`attendsPadding` brings it
// back); a person without an event in the domain gets no state of the domain's sequence, where the reference takes
// that of a padded place; only items of a batch and their successors are convolved; items that corrupt a sequence are
// none of the person's training items; rows without steps in both domains count for the prediction, though not
// for the infomax, where the reference leaves them out; any number of domains: the others of a domain together stand
// where the second domain stands. Of the graph convolution the reference holds a weight that it does not use.
//
// GCA attaches to the domains' encoders; the paper does not say which tensors it takes in this host. An item that predicts
// reads every event of the other domains before its target, in training as in scoring (DomainThread.swift). The mixed
// sequence reads no thread. As in the reference, training adds an item's own state to the mixed one at the item, where
// scoring adds it to the newest one: what GCA brings is at the step in both.
//
// Shapes: T tokens of the mixed sequences, S of one domain's, d = embeddingSize.

public import Interactions
public import Torch
public import TorchNN

/// Settings of C2DSR; the defaults are the authors'.
public struct C2DSRConfiguration: ModelConfiguration {
    /// Width d of all vectors.
    public var embeddingSize = 256
    /// Encoder blocks.
    public var blocks = 2
    /// Attention heads.
    public var heads = 1
    /// Dropout of neighbours in the graph, inputs, attention weights and feed-forward nets.
    public var dropout = 0.2
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 15
    /// The latest steps of a sequence that the prediction losses count.
    public var lossWindow = 10
    /// Weight λ of the prediction losses; that of the infomax is 1 − λ.
    public var predictionWeight = 0.7
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
        try require(
            [("maximumLength", maximumLength), ("lossWindow", lossWindow)],
            in: SettingRange.length)
        try require(
            (0..<1).contains(dropout), "dropout", expected: "at least 0, below 1", got: dropout)
        try require(
            (0...1).contains(predictionWeight), "predictionWeight", expected: "0 to 1",
            got: predictionWeight)
        try gca.validate(width: embeddingSize)
    }

    /// The window is that of losses that weigh nothing.
    public var idle: [IdleSetting] {
        predictionWeight == 0 ? [IdleSetting("lossWindow", "beside predictionWeight: 0")] : []
    }
}

/// The model: a graph and an encoder for the mixed sequence and for each domain, infomax between them.
public final class C2DSR: Module, ItemRanker, DataPreparing, GCAHost, SteppedInTraining {
    /// Settings.
    public typealias Configuration = C2DSRConfiguration

    /// Where GCA can attach.
    public static let gcaStages = [
        "graph-enhanced item vectors, before the encoders", "after the encoders, before the heads",
    ]

    private let settings: C2DSRConfiguration
    private let shape: DataShape
    private let graph: ItemGraph
    private let domainGraph: ItemGraph
    private let itemEmbedding: Embedding
    private let convolution: GraphConvolution
    private let encoder: CausalEncoder
    private let domains: [C2DSRDomain]
    private let padHead: Linear
    private let dropout: Dropout
    /// Gated cross-attention, if any stage is chosen.
    public let gca: GCAStack?

    /// Draws fresh weights; the graphs come with ``prepare(with:)``.
    public init(
        _ configuration: C2DSRConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        try require(
            shape.domains.count > 1, "model", expected: "data with two domains or more for c2dsr",
            got: shape.domains.count)
        settings = configuration
        self.shape = shape
        let width = configuration.embeddingSize
        let ids = shape.itemCount + 1
        graph = ItemGraph(ids: ids)
        domainGraph = ItemGraph(ids: ids)
        itemEmbedding = Embedding(ids, width, initializer: .normal(deviation: 1), random: random)
        convolution = GraphConvolution(width, random: random)
        let sizes = CausalEncoderSettings(
            width: width, blocks: configuration.blocks, heads: configuration.heads,
            dropout: configuration.dropout, positions: configuration.maximumLength + 1,
            weights: .pyTorch)
        encoder = CausalEncoder(sizes, random: random)
        domains = shape.domains.map {
            C2DSRDomain(
                configuration, items: ids, own: $0.itemCount, encoder: sizes, random: random)
        }
        padHead = Linear(pyTorch: width, 1, random: random)
        dropout = Dropout(configuration.dropout, random: random)
        gca = try GCAStack(
            configuration.gca, host: C2DSR.self, width: width,
            domains: shape.domains.map(\.name), initializer: .xavierUniform, random: random)
    }

    /// The reference's names, with X, Y, Z, D3, … for the domains.
    public override var children: [(name: String, child: Any)] {
        var named: [(name: String, child: Any)] = [
            ("graph", graph), ("domain_graph", domainGraph), ("item_emb", itemEmbedding),
            ("GNN_encoder.encoder.0.gc1", convolution), ("encoder", encoder),
            ("lin_PAD", padHead), ("dropout", dropout),
        ]
        for (index, parts) in domains.enumerated() {
            let own = index < 3 ? ["X", "Y", "Z"][index] : "D\(index)"
            named += [
                ("item_emb_\(own)", parts.itemEmbedding),
                ("GNN_encoder_\(own).encoder.0.gc1", parts.convolution),
                ("encoder_\(own)", parts.encoder), ("D_\(own).f_k", parts.discriminator),
                ("lin_\(own)", parts.head),
            ]
        }
        if let gca { named.append(("gca", gca)) }
        return named
    }

    /// Takes who followed whom: in the mixed sequences, and within each domain.
    @discardableResult
    public func prepare(with data: TrainingData) -> [String] {
        var all: [(item: Int32, successor: Int32)] = []
        var within: [(item: Int32, successor: Int32)] = []
        let sequences = data.sequences
        for row in 0..<sequences.rows {
            var latest = [Int32?](repeating: nil, count: shape.domains.count)
            var previous: Int32?
            for token in sequences.tokens(ofRow: row) {
                let item = sequences.items[token]
                let domain = shape.domain(of: item)
                if let previous { all.append((previous, item)) }
                if let own = latest[domain] { within.append((own, item)) }
                previous = item
                latest[domain] = item
            }
        }
        graph.take(all, ids: shape.itemCount + 1)
        domainGraph.take(within, ids: shape.itemCount + 1)
        return []
    }

    /// The latest events of all domains together.
    public var window: HistoryWindow { HistoryWindow(settings.maximumLength) }

    // MARK: Encoders

    /// Item vectors with their graph's, scaled. [items, d]
    private func embed(
        _ items: [Int32], _ table: Embedding, _ graph: ItemGraph, _ convolution: GraphConvolution
    ) -> Tensor {
        let convolved = graph.convolved(
            table.weight.value, bias: convolution.bias.value, items: items, dropout: dropout)
        return (convolved + table(items)) * Double(settings.embeddingSize).squareRoot()
    }

    /// Places counted from the oldest token, from 1; position 0 is padding's.
    private func places(
        _ offsets: [Int32], rowLengths: [Int], axis: [Int32]
    ) -> TokenPlaces {
        var positions: [Int32] = []
        var padding: [Int32] = []
        for row in 0..<offsets.count - 1 {
            let vacant = Int32(settings.maximumLength - rowLengths[row])
            for index in Int(offsets[row])..<Int(offsets[row + 1]) {
                let order = Int32(index) - offsets[row] + 1
                positions.append(order)
                padding.append(vacant + axis[index] + 1 - order)
            }
        }
        return TokenPlaces(
            offsets: offsets, positions: positions,
            padding: settings.attendsPadding ? padding : nil)
    }

    /// The state after each token of the mixed sequences. [T, d]
    private func mixedStates(_ batch: SequenceBatch, items: [Int32]) -> Tensor {
        let axis = (0..<batch.rows).flatMap { row in
            batch.tokens(ofRow: row).indices.map { Int32($0) - batch.offsets[row] }
        }
        let lengths = (0..<batch.rows).map { batch.tokens(ofRow: $0).count }
        return encoder(
            embed(items, itemEmbedding, graph, convolution),
            at: places(batch.offsets, rowLengths: lengths, axis: axis))
    }

    /// For each domain the state after each of its tokens, and the newest token of the batch that each knows. [S, d]
    private func domainStates(
        _ batch: SequenceBatch, _ own: [DomainSequence]
    ) -> [(states: Tensor, newest: [Int32])] {
        // GCA lets a domain's latest event be read that predicts nothing.
        let read =
            gca == nil
            ? own : shape.domains.map { DomainSequence($0.items, of: batch.withoutTargets) }
        let lengths = (0..<batch.rows).map { batch.tokens(ofRow: $0).count }
        var threads = read.indices.map { index -> DomainThread in
            let axis = read[index].axis(in: batch)
            let values = embed(
                read[index].items, domains[index].itemEmbedding, domainGraph,
                domains[index].convolution)
            let layout = JaggedLayout(offsets: read[index].offsets)
            return DomainThread(
                JaggedTensor(values: values, layout: layout), places: axis,
                steps: DomainThread.steps(of: axis, offsets: layout.offsets, in: batch))
        }
        if let gca { threads = gca.align(threads, stage: 0) }
        for index in threads.indices {
            let encoder = domains[index].encoder
            let places = places(
                read[index].offsets, rowLengths: lengths, axis: threads[index].places)
            threads[index].update { $0.with(encoder($0.values, at: places)) }
        }
        guard let gca else { return zip(threads, own).map { ($0.queries.values, $1.tokens) } }
        threads = gca.align(threads, stage: 1)
        return threads.indices.map { index in
            let kept = (0..<batch.rows).flatMap { row in
                read[index].range(ofRow: row).prefix(own[index].range(ofRow: row).count)
            }
            let steps = threads[index].steps
            let newest = (0..<batch.rows).flatMap { row in
                read[index].range(ofRow: row).map { steps[$0] + batch.offsets[row] }
            }
            let states = threads[index].queries.values
            return (
                states.rows(Tensor(kept.map(Int32.init), device: states.device)),
                kept.map { newest[$0] }
            )
        }
    }

    // MARK: Training

    /// One phase over the mixed sequences; one negative a position and domain corrupts them.
    public var phases: [TrainingPhase] {
        [TrainingPhase("train", .sequences(.perPosition(1), loss: loss))]
    }

    /// λ times the prediction losses plus 1 − λ times the infomax.
    func loss(of sequences: SequenceBatch, _ drawn: DrawnItems) -> Loss {
        let own = shape.domains.map { DomainSequence($0.items, of: sequences) }
        let mixed = mixedStates(sequences, items: sequences.items)
        let states = domainStates(sequences, own).map(\.states)
        var loss = Loss()
        var sum = Tensor.zeros([], device: mixed.device)
        for index in shape.domains.indices {
            sum = predictions(index, sequences, own[index], mixed, states[index]).reduce(sum, +)
            guard settings.predictionWeight < 1 else { continue }
            let corrupted = sequences.items.enumerated().map { token, item in
                shape.domain(of: item) == index ? drawn.item(of: index, at: token) : item
            }
            if let informed = mutualInformation(
                index, sequences, own, states[index], mixed,
                mixedStates(sequences, items: corrupted))
            {
                loss.add(
                    "infomax \(shape.domains[index].name)", informed,
                    weight: 1 - settings.predictionWeight)
            }
        }
        loss.add(
            "prediction", sum: sum, over: sequences.rows * settings.lossWindow,
            weight: settings.predictionWeight)
        return loss
    }

    /// The states that are scored: the mixed sequence's, then each domain's.
    func trainingStates(of sequences: SequenceBatch) -> [TrainingStates] {
        let own = shape.domains.map { DomainSequence($0.items, of: sequences) }
        let mixed = mixedStates(sequences, items: sequences.items)
        let tokens = (0..<Int32(sequences.tokens)).map { $0 }
        return [TrainingStates(tokens: tokens, states: mixed)]
            + domainStates(sequences, own).map {
                TrainingStates(tokens: $0.newest, states: $0.states)
            }
    }

    /// Cross-entropies of a domain's items and the padding class, from the mixed state alone and from both states: their
    /// sums over rows and steps of the window.
    private func predictions(
        _ index: Int, _ batch: SequenceBatch, _ own: DomainSequence, _ mixed: Tensor,
        _ states: Tensor
    ) -> [Tensor] {
        let items = shape.domains[index].items
        let distances = batch.distancesFromEnd
        let device = mixed.device
        func rows(_ numbers: [Int32]) -> Tensor { Tensor(numbers, device: device) }
        func loss(_ from: Tensor, _ pad: Tensor, _ targets: [Int32]) -> Tensor {
            let head = domains[index].head
            let local = rows(targets.map { $0 - items.lowerBound })
            return softmax(from, head, pad: pad, targets: local).sum()
        }
        var losses: [Tensor] = []
        let shared = batch.targets.indices.filter {
            items.contains(batch.targets[$0]) && distances[$0] <= settings.lossWindow
        }
        if !shared.isEmpty {
            let states = mixed.rows(rows(shared.map(Int32.init)))
            losses.append(loss(states, padHead(states), shared.map { batch.targets[$0] }))
        }
        let specific = own.items.indices.filter {
            distances[Int(own.tokens[$0])] <= settings.lossWindow
        }
        if !specific.isEmpty {
            let own = (
                states: states.rows(rows(specific.map(Int32.init))),
                mixed: mixed.rows(rows(specific.map { own.tokens[$0] })),
                targets: specific.map { own.targets[$0] }
            )
            losses.append(loss(own.mixed + own.states, padHead(own.states), own.targets))
        }
        return losses
    }

    /// −log softmax of targets among a head's items and one more class with logits `pad` [S, 1]. [S]
    private func softmax(
        _ states: Tensor, _ head: Linear, pad: Tensor, targets: Tensor
    ) -> Tensor {
        let table = head.augmented
        let augmented = states.withOnes()
        let among = augmented.fullSoftmaxLoss(table: table, targets: targets)
        let logits = (augmented * table.rows(targets)).sum(dimension: 1)
        let normalizer = Tensor.concatenate(
            [(among + logits).reshaped([states.size(0), 1]), pad], dimension: 1
        ).logSumExp(dimension: 1)
        return normalizer - logits
    }

    /// Binary cross-entropies of telling what a person did in the other domains from a corrupted version
    /// of it; nil where nobody did anything there. [rows]
    private func mutualInformation(
        _ index: Int, _ batch: SequenceBatch, _ own: [DomainSequence], _ states: Tensor,
        _ mixed: Tensor, _ corrupted: Tensor
    ) -> Tensor? {
        let others = own.indices.filter { $0 != index }
        let rows = (0..<batch.rows).filter { row in
            !own[index].range(ofRow: row).isEmpty
                && others.contains { !own[$0].range(ofRow: row).isEmpty }
        }
        guard !rows.isEmpty else { return nil }
        let ownRows = rows.map { own[index].range(ofRow: $0).map(Int32.init) }
        let otherRows = rows.map { row in
            others.flatMap { other in own[other].range(ofRow: row).map { own[other].tokens[$0] } }
        }
        let summary = states.means(ofRows: ownRows)
        let real = domains[index].discriminator(mixed.means(ofRows: otherRows), summary)
        let wrong = domains[index].discriminator(corrupted.means(ofRows: otherRows), summary)
        return (real.logSigmoid() + (wrong * -1).logSigmoid()).reshaped([rows.count]) * -1
    }

    // MARK: Scoring

    /// The newest mixed state plus that of the row's domain, and a one for the head's bias. [rows, d + 1]
    public func states(of batch: SequenceBatch, in domain: DomainID) -> Tensor {
        let index = domain.rawValue
        let own = shape.domains.map { DomainSequence($0.items, of: batch) }
        let mixed = mixedStates(batch, items: batch.items)
        let states = domainStates(batch, own)[index].states
        let sum =
            mixed.rowsOrZeros(lastPlaces(batch.offsets))
            + states.rowsOrZeros(lastPlaces(own[index].offsets))
        return sum.withOnes()
    }

    /// The head's rows with their biases. [items, d + 1]
    public func itemVectors(of domain: DomainID) -> Tensor {
        domains[domain.rawValue].head.augmented
    }
}
