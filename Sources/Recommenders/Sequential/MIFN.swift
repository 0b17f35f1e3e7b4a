// MIFN: mixed information flow network for cross-domain sequential recommendation.
//
// M. Ma, P. Ren, Z. Chen, Z. Ren, L. Zhao, P. Liu, J. Ma, M. de Rijke: "Mixed Information Flow for Cross-domain Sequential
// Recommendations", TKDD 2022, arXiv 2012.00485.
// Reference code: mamuyang/MIFN, commit 458d569. It is TensorFlow 1 and does not run as released: the training script names
// a class that the model file lacks, and the entities' update takes 12 blocks where 10 are made. It was not run here.
//
// Differences from the reference: sequences and graphs are jagged. Every prefix of a sequence is predicted once in one
// pass; `graphSteps` says for how many of the latest steps a graph is made, and those before are predicted by the
// sequence alone. The reference predicts the last item of each domain. A graph holds what the prefix holds and what
// knowledge relates to it, those first that most entities lead to; the reference also prunes by similarity and fills up
// with entities at random. Knowledge is the categories and brands of the catalogs, and with `relations` what people
// also bought, where they have them; the reference has what its shop lists as bought or viewed together, and
// adaptations. A value that items share counts as an entity of no domain, so as cross-domain; the reference counts it
// to the second. Without items of the domain in a graph nothing is copied, and without items of one side that side's
// attention gives zeros, where the reference spreads the share evenly. The code that joins entities is not public: here
// each entity is joined to itself, each item to the next of the sequence and to its values, by relation. GRUs are
// PyTorch's, as in π-Net. Probabilities are not limited to 1e-7 and more. Any number of domains: all others stand where
// the second does.
//
// Shapes: S steps, M entities in their graphs, h = embeddingSize.

public import Interactions
public import Torch
public import TorchNN

/// Settings of MIFN; the defaults are the authors'.
public struct MIFNConfiguration: ModelConfiguration {
    /// Width h of all vectors.
    public var embeddingSize = 256
    /// Dropout on what goes into and comes out of each recurrent net, and on the predicting state.
    public var dropout = 0.2
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 200
    /// The latest steps of a sequence that are predicted with a graph in training.
    public var graphSteps = 1
    /// The most entities of a graph.
    public var entities = 200
    /// How far from a sequence's items a graph reaches.
    public var hops = 2
    /// What relates items, of category, brand and also-bought; each has maps of its own, known to a catalog or not.
    public var relations: [KnowledgeRelation] = [.category, .brand]
    /// Values of all relations that are entities, those of most items first.
    public var values = 32

    /// The authors' settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try require([("embeddingSize", embeddingSize)], in: SettingRange.width)
        try require(
            [("maximumLength", maximumLength), ("graphSteps", graphSteps)],
            in: SettingRange.length)
        try require(
            [("entities", entities), ("relations", relations.count)], in: SettingRange.count)
        try require(
            Set(relations).count == relations.count, "relations", expected: "each once",
            got: relations.map(\.rawValue))
        try require([("hops", hops)], in: 0...SettingRange.depth.upperBound)
        try require([("values", values)], in: 0...SettingRange.width.upperBound)
        try require(
            (0..<1).contains(dropout), "dropout", expected: "at least 0, below 1", got: dropout)
    }
}

/// What one domain has.
private final class MIFNDomain: Module {
    let encoder: GRU
    let filter: BehaviorFilter
    let transfer: GRU
    let `switch`: Linear
    let sPredict: Linear
    let gPredict: EntityAttention

    init(_ width: Int, items: Int, random: RandomSources) {
        encoder = GRU(gatesOpenFrom: width, hidden: width, random: random)
        filter = BehaviorFilter(width, random: random)
        transfer = GRU(gatesOpenFrom: width, hidden: width, random: random)
        `switch` = Linear(
            3 * width, 1, initializer: .truncatedNormal(deviation: 0.1, limit: 0.2),
            random: random)
        sPredict = Linear(2 * width, items, initializer: .xavierNormal, random: random)
        gPredict = EntityAttention(width, names: ["W_h", "W_emb", "W_v"], random: random)
    }
}

/// The model: one distribution from the behaviour transferred, one over the items of a graph, and a switch.
public final class MIFN: Module, ItemScorer, DataPreparing, SteppedInTraining {
    /// Settings.
    public typealias Configuration = MIFNConfiguration

    private let settings: MIFNConfiguration
    private let shape: DataShape
    private let table: Embedding
    private let knowledge: KnowledgeGraph
    private let domains: [MIFNDomain]
    private let transfer: KnowledgeTransfer
    private let dropout: Dropout

    /// What the recurrent nets make of a batch.
    private struct Reading {
        let batch: SequenceBatch
        let timeline: DomainTimeline
        /// Each domain's states. [T, h]
        let encoded: [Tensor]
        /// What each domain transfers, one domain after another. [T of all, h]
        let told: Tensor
    }

    /// Entities of some steps after a round of messages. [S, n, h]
    private struct Knowledge {
        let graphs: Subgraphs
        let states: Tensor
    }

    /// What is known at some steps of a domain.
    private struct Evidence {
        /// The domain's own state. [S, h]
        let own: Tensor
        /// What other domains transfer. [S, h]
        let told: Tensor
        /// The sum of the domain's entities. [S, h]
        let graph: Tensor
    }

    /// Draws fresh weights; the knowledge comes with ``prepare(with:)``.
    public init(
        _ configuration: MIFNConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        try require(
            shape.domains.count > 1, "model", expected: "data with two domains or more for mifn",
            got: shape.domains.count)
        settings = configuration
        self.shape = shape
        let width = configuration.embeddingSize
        table = Embedding(
            shape.itemCount + configuration.values, width, initializer: .xavierNormal,
            random: random)
        knowledge = KnowledgeGraph(
            items: shape.itemCount, values: configuration.values,
            kinds: configuration.relations.count)
        domains = shape.domains.map { MIFNDomain(width, items: $0.itemCount, random: random) }
        transfer = KnowledgeTransfer(
            width, relations: configuration.relations.count, random: random)
        dropout = Dropout(configuration.dropout, random: random)
    }

    /// The reference's scopes, with A, B, … for the domains.
    public override var children: [(name: String, child: Any)] {
        var named: [(name: String, child: Any)] = [
            ("all_encoder.item_emb_matrix", table.weight), ("knowledge", knowledge),
            ("graph_gnn", transfer), ("dropout", dropout),
        ]
        for (index, domain) in domains.enumerated() {
            let own = letter(index).uppercased()
            named += [
                ("encoder_\(own)", domain.encoder), ("filter_\(own)", domain.filter),
                ("transfer_\(own)", domain.transfer), ("switch_\(own)", domain.switch),
                ("s_predict_\(own)", domain.sPredict), ("g_predict_\(own)", domain.gPredict),
            ]
        }
        return named
    }

    /// Takes what relates items.
    @discardableResult
    public func prepare(with data: TrainingData) -> [String] {
        knowledge.take(data, relations: settings.relations, limit: settings.entities)
        let names = settings.relations.map(\.rawValue).joined(separator: ", ")
        return [
            knowledge.relations.value.count > 0
                ? "knowledge: \(names)"
                : "knowledge: the data has none of \(names); graphs hold the sequences' items alone"
        ]
    }

    /// The latest events of all domains together.
    public var window: HistoryWindow { HistoryWindow(settings.maximumLength) }

    // MARK: Nets

    private func read(_ batch: SequenceBatch) -> Reading {
        let timeline = DomainTimeline(batch, shape: shape)
        let encoded = domains.indices.map { index -> Tensor in
            let thread = timeline.threads[index]
            let tokens = JaggedTensor(
                values: dropout(table(thread.items.map { $0 - 1 })),
                layout: JaggedLayout(offsets: thread.offsets))
            return dropout(domains[index].encoder(tokens).values)
        }
        let told = timeline.pairs(encoded).enumerated().map { index, pairs -> Tensor in
            let filtered = domains[index].filter(pairs.with(dropout(pairs.values)))
            let transferred = domains[index].transfer(
                filtered.with(dropout(dropout(filtered.values))))
            return dropout(transferred.values)
        }
        return Reading(
            batch: batch, timeline: timeline, encoded: encoded, told: .concatenate(told))
    }

    /// The entities around each of some steps, with the state of the step's own event and what it transfers.
    private func knowledge(of reading: Reading, at steps: PredictedSteps) -> Knowledge {
        let batch = reading.batch
        var rows: [Int] = []
        for row in 0..<batch.rows {
            rows += (steps.offsets[row]..<steps.offsets[row + 1]).map { _ in row }
        }
        let prefixes = zip(steps.tokens, rows).map { token, row -> ArraySlice<Int32> in
            let first = batch.tokens(ofRow: row).lowerBound
            return token < 0 ? [] : batch.items[first...Int(token)]
        }
        let graphs = knowledge.subgraphs(
            of: prefixes, relations: settings.relations.count, limit: settings.entities,
            hops: settings.hops)
        let events = steps.at(reading.timeline.events)
        let homes = prefixes.map { $0.last.map { shape.domains[shape.domain(of: $0)].items } }
        let isOwn = zip(graphs.entities, graphs.graphs).map { entity, graph in
            homes[Int(graph)]?.contains(entity + 1) ?? false
        }
        let states = transfer(
            table(graphs.entities), own: Tensor.concatenate(reading.encoded).rowsOrZeros(events),
            told: reading.told.rowsOrZeros(events), in: graphs, isOwn: isOwn)
        let block = states.rowsOrZeros(graphs.block { _ in true })
        return Knowledge(
            graphs: graphs,
            states: block.reshaped([graphs.count, graphs.width, settings.embeddingSize]))
    }

    /// The places of a domain's items in the graphs.
    private func items(of domain: Int, in graphs: Subgraphs) -> BlockMask {
        let ids = shape.domains[domain].items
        return BlockMask(
            graphs.block { ids.contains(graphs.entities[$0] + 1) }, width: graphs.width,
            device: table.weight.value.device)
    }

    private func evidence(
        _ reading: Reading, _ knowledge: Knowledge, of domain: Int, at steps: PredictedSteps
    ) -> Evidence {
        let mask = items(of: domain, in: knowledge.graphs).ones
        let sum = (knowledge.states * mask.reshaped(mask.shape + [1])).sum(dimension: 1)
        let timeline = reading.timeline
        return Evidence(
            own: reading.encoded[domain].rowsOrZeros(steps.at(timeline.newest[domain])),
            told: reading.told.rowsOrZeros(steps.at(timeline.newestElsewhere[domain])),
            graph: sum)
    }

    /// The logit of copying from the graph. [S, 1]
    private func switchLogits(_ evidence: Evidence, of domain: Int) -> Tensor {
        domains[domain].switch(
            .concatenate([evidence.own, evidence.told, evidence.graph], dimension: 1))
    }

    // MARK: Training

    /// One phase over the mixed sequences.
    public var phases: [TrainingPhase] {
        [TrainingPhase("train", .sequences(.none, loss: { batch, _ in self.loss(of: batch) }))]
    }

    /// For each domain the cross-entropy of its targets, and what the switch pays where a target is in no graph.
    func loss(of sequences: SequenceBatch) -> Loss {
        let reading = read(sequences)
        let distances = sequences.distancesFromEnd
        var loss = Loss()
        for index in domains.indices {
            let all = PredictedSteps.training(sequences, of: shape.domains[index].items)
            guard !all.tokens.isEmpty else { continue }
            let sequence = sequenceLosses(reading, index, at: all)
            let places = all.tokens.indices.filter {
                distances[Int(all.tokens[$0])] <= settings.graphSteps
            }
            let rest = Set(0..<all.tokens.count).subtracting(places).sorted()
            func picked(_ places: [Int]) -> Tensor {
                sequence.rows(Tensor(places.map { Int32($0) }, device: sequence.device))
            }
            var losses = [picked(rest)]
            if !places.isEmpty {
                let own = all.keeping(places, rows: sequences.rows)
                let mixed = mixture(reading, index, at: own, sequence: picked(places))
                losses.append(mixed.losses)
                // Over all steps, as the cross-entropy's mean: each step's two losses weigh alike.
                loss.add(
                    "mode \(shape.domains[index].name)", sum: mixed.modes.sum(),
                    over: all.tokens.count)
            }
            loss.add(shape.domains[index].name, Tensor.concatenate(losses))
        }
        return loss
    }

    /// −log p of the targets by the sequence alone. [S]
    private func sequenceLosses(
        _ reading: Reading, _ domain: Int, at steps: PredictedSteps
    ) -> Tensor {
        let timeline = reading.timeline
        let own = reading.encoded[domain].rowsOrZeros(steps.at(timeline.newest[domain]))
        let told = reading.told.rowsOrZeros(steps.at(timeline.newestElsewhere[domain]))
        let softmax = HeadSoftmax(.full, domain: domain, of: shape)
        return softmax(
            dropout(.concatenate([own, told], dimension: 1)), head: domains[domain].sPredict,
            targets: steps.at(reading.batch.targets), tokens: steps.tokens)
    }

    /// −log of both distributions mixed, and −log of the switch's other side where nothing can be copied. Each [S]
    private func mixture(
        _ reading: Reading, _ domain: Int, at steps: PredictedSteps, sequence: Tensor
    ) -> (losses: Tensor, modes: Tensor) {
        let knowledge = knowledge(of: reading, at: steps)
        let evidence = evidence(reading, knowledge, of: domain, at: steps)
        let graphs = knowledge.graphs
        let mask = items(of: domain, in: graphs)
        let (count, width) = (graphs.count, graphs.width)
        let device = sequence.device
        let logShares = mask.limiting(domains[domain].gPredict(evidence.own, knowledge.states))
            .logSoftmax().reshaped([count * width])
        let targets = steps.at(reading.batch.targets)
        let places = (0..<count).map { step -> Int32? in
            (step * width..<(step + 1) * width).first { place in
                let node = mask.nodes[place]
                return node >= 0 && graphs.entities[Int(node)] == targets[step] - 1
            }.map(Int32.init)
        }
        let absent = places.map { $0 == nil ? 1 : 0 as Float }
        let isAbsent = Tensor(absent, device: device)
        let logits = switchLogits(evidence, of: domain).reshaped([count])
        let copied =
            logits.logSigmoid() + logShares.rows(Tensor(places.map { $0 ?? 0 }, device: device))
            - isAbsent * 1e10
        let generated = (logits * -1).logSigmoid() - sequence
        let both = Tensor.concatenate(
            [copied.reshaped([count, 1]), generated.reshaped([count, 1])], dimension: 1)
        let modes = ((logits * -1).sigmoid() + 1e-4).log() * isAbsent * -1
        return (both.logSumExp(dimension: 1) * -1, modes)
    }

    /// The states that are scored, domain by domain, with a graph at every token.
    func trainingStates(of batch: SequenceBatch) -> [TrainingStates] {
        let reading = read(batch)
        let steps = PredictedSteps.all(batch)
        let knowledge = knowledge(of: reading, at: steps)
        return domains.indices.map { index in
            let found = evidence(reading, knowledge, of: index, at: steps)
            return TrainingStates(
                tokens: steps.tokens,
                states: .concatenate([found.own, found.told, found.graph], dimension: 1))
        }
    }

    // MARK: Scoring

    /// The probabilities of the domain's items. [rows, items]
    public func scores(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        let index = domain.rawValue
        let reading = read(histories)
        let steps = PredictedSteps.newest(reading.batch)
        let knowledge = knowledge(of: reading, at: steps)
        let evidence = evidence(reading, knowledge, of: index, at: steps)
        let graphs = knowledge.graphs
        let mask = items(of: index, in: graphs)
        let first = shape.domains[index].items.lowerBound
        let count = Int32(shape.domains[index].itemCount)
        let logits = switchLogits(evidence, of: index)
        let generated = domains[index].sPredict(
            .concatenate([evidence.own, evidence.told], dimension: 1)
        ).softmax()
        let shares =
            mask.softmax(domains[index].gPredict(evidence.own, knowledge.states))
            * logits.sigmoid()
        let width = graphs.width
        let held = mask.nodes.indices.filter { mask.nodes[$0] >= 0 }
        let targets = held.map { place in
            Int32(place / width) * count + graphs.entities[Int(mask.nodes[place])] + 1 - first
        }
        let device = logits.device
        let copied = shares.reshaped([graphs.count * width])
            .rows(Tensor(held.map { Int32($0) }, device: device))
        return (generated * (logits * -1).sigmoid()).reshaped([steps.tokens.count * Int(count)])
            .addingRows(copied, at: Tensor(targets, device: device))
            .reshaped([steps.tokens.count, Int(count)])
    }
}
