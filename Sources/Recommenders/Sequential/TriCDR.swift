// Tri-CDR: triple sequence learning for cross-domain recommendation.
//
// H. Ma, R. Xie, L. Meng, X. Chen, X. Zhang, L. Lin, J. Zhou, ACM Transactions on Information Systems 2024,
// doi 10.1145/3638351. Reference code: hulkima/Tri-CDR, commit 11ed252.
//
// Differences from the reference: it trains a model for each target domain; here one model has an encoder of the mixed
// sequence, one for each domain, and on them a head (attention, maps, projections) for each target, whose losses add
// up; `target` leaves one head, which is the reference's model. Any number of domains: the others of a target together
// are its source. Sequences are jagged, so that no token attends to padding (`attendsPadding` brings it back). All
// sequences end at the row's last input; the reference's mixed and source sequences also hold what comes after, which
// no step sees, but which shifts positions, counted from the newest event. A step that sees nothing of the source gets
// zeros from it, where the reference takes the mean of the padded row, later events included. Users without a step that
// sees the source count for the prediction alone; the reference leaves them out. In evaluation the mixed sequence has
// all that was known; the reference's lacks the validation event. Scores are cosines, as in training; the reference's
// evaluation normalises over the candidates instead of each item's vector, so that a score depends on the other
// candidates. Of a row the latest `maximumLength` events are read and the domains' sequences are parts of them; the
// reference cuts each of the three sequences by itself. A person without an event of the target is scored with a query of
// zeros, which training never has. A domain's table has its own items alone. The weighing net's last bias, which no softmax can see, is left
// out; other biases start at 0.
//
// The reference ships pre-trained encoders, not how they were trained. Inferred: each predicts the next item of its
// sequence, with the scores and the loss of the joint phase; the number of epochs is unknown.
//
// Shapes: T tokens of the mixed sequences, S of one domain's, Q steps of a target, d = embeddingSize.

public import Interactions
public import Torch
public import TorchNN

/// Settings of Tri-CDR; the defaults are the authors' for games as source of toys.
public struct TriCDRConfiguration: ModelConfiguration {
    /// Width d of all vectors.
    public var embeddingSize = 64
    /// Encoder blocks.
    public var blocks = 2
    /// Attention heads of the encoders.
    public var heads = 1
    /// Dropout of inputs, attention weights and feed-forward nets of the encoders.
    public var dropout = 0.2
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 200
    /// Width of the first layer of the net that weighs facts.
    public var attentionSize = 80
    /// Width of its second layer.
    public var attentionInnerSize = 40
    /// Multiplies the cosines that are scores; the reference's temperature.
    public var scale = 5.0
    /// Weight of the contrastive losses.
    public var contrastWeight = 0.1
    /// Divides the cosines of the contrastive losses.
    public var contrastTemperature = 0.1
    /// Part of the contrast between mixed and source sequence; the three parts are brought to a sum of 1.
    public var mixedSourceRate = 1.0
    /// Part of the contrast between mixed and target sequence.
    public var mixedTargetRate = 1.0
    /// Part of the contrast between source and target sequence.
    public var sourceTargetRate = 1.0
    /// Weight of the triplet loss.
    public var tripletWeight = 10.0
    /// By how much the source is to be nearer to the mixed sequence than to the target's.
    public var tripletMargin = 4.0
    /// Whether tokens attend to the zero vectors that pad a row in the reference.
    public var attendsPadding = false
    /// Epochs in which each encoder is trained alone before the joint phase.
    public var pretrainingEpochs = 10
    /// The domain that is recommended for; empty trains a head for each domain.
    public var target = ""

    /// The authors' settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try requireHeads(heads, "heads", dividing: ("embeddingSize", embeddingSize))
        try require([("blocks", blocks)], in: SettingRange.depth)
        try require([("maximumLength", maximumLength)], in: SettingRange.length)
        try require(
            [("attentionSize", attentionSize), ("attentionInnerSize", attentionInnerSize)],
            in: SettingRange.width)
        try require(
            (0..<1).contains(dropout), "dropout", expected: "at least 0, below 1", got: dropout)
        for (name, value) in [("scale", scale), ("contrastTemperature", contrastTemperature)] {
            try require(value > 0, name, expected: "above 0", got: value)
        }
        for (name, value) in [
            ("contrastWeight", contrastWeight), ("mixedSourceRate", mixedSourceRate),
            ("mixedTargetRate", mixedTargetRate), ("sourceTargetRate", sourceTargetRate),
            ("tripletWeight", tripletWeight), ("tripletMargin", tripletMargin),
        ] {
            try require(value >= 0, name, expected: "at least 0", got: value)
        }
        let rates = mixedSourceRate + mixedTargetRate + sourceTargetRate
        try require(
            rates > 0, "mixedSourceRate", expected: "a sum of the three rates above 0", got: rates)
        try require(
            [("pretrainingEpochs", pretrainingEpochs)], in: 0...SettingRange.epochs.upperBound)
    }

    /// What belongs to losses that weigh nothing.
    public var idle: [IdleSetting] {
        var idle: [IdleSetting] = []
        if contrastWeight == 0 {
            let parts = [
                "contrastTemperature", "mixedSourceRate", "mixedTargetRate", "sourceTargetRate",
            ]
            idle += IdleSetting.all(parts, "beside contrastWeight: 0")
        }
        if tripletWeight == 0 {
            idle.append(IdleSetting("tripletMargin", "beside tripletWeight: 0"))
        }
        return idle
    }
}

/// The model: encoders of the mixed sequence and of each domain's, and for each target a head.
public final class TriCDR: Module, ItemRanker, SteppedInTraining {
    /// Settings.
    public typealias Configuration = TriCDRConfiguration

    private let settings: TriCDRConfiguration
    private let shape: DataShape
    private let mixedEncoder: TriCDREncoder
    private let encoders: [TriCDREncoder]
    /// By domain; nil for one that is not recommended for.
    private let heads: [TriCDRHead?]

    /// Draws fresh weights.
    public init(
        _ configuration: TriCDRConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        let names = shape.domains.map(\.name)
        try require(
            names.count > 1, "model", expected: "data with two domains or more for tri-cdr",
            got: names.count)
        try require(
            configuration.target.isEmpty || names.contains(configuration.target), "target",
            expected: "one of \(names.joined(separator: ", "))", got: configuration.target)
        settings = configuration
        self.shape = shape
        mixedEncoder = TriCDREncoder(
            configuration, items: 0..<Int32(shape.itemCount) + 1, random: random)
        encoders = shape.domains.map {
            TriCDREncoder(configuration, items: $0.items, random: random)
        }
        heads = names.map {
            configuration.target.isEmpty || configuration.target == $0
                ? TriCDRHead(configuration, random: random) : nil
        }
        super.init()
        // The reference draws every matrix by one rule, positions and attention included.
        for (_, parameter) in parameters() where parameter.value.rank == 2 {
            parameter.value.copy(
                from: Initializer.xavierNormal.draw(
                    parameter.value.shape, from: random.initialization))
        }
    }

    /// The reference's names: its source is the first domain, its target the second; a head has none if it is alone.
    public override var children: [(name: String, child: Any)] {
        let own = shape.domains.indices.map { $0 < 2 ? ["source", "target"][$0] : "d\($0)" }
        var named: [(name: String, child: Any)] = [("sasrec_embedding_mix", mixedEncoder)]
        named += encoders.enumerated().map { ("sasrec_embedding_\(own[$0])", $1) }
        for (index, head) in heads.enumerated() {
            if let head { named.append((settings.target.isEmpty ? own[index] : "", head)) }
        }
        return named
    }

    /// The latest events of all domains together.
    public var window: HistoryWindow { HistoryWindow(settings.maximumLength) }

    // MARK: Phases

    /// Each encoder alone, if so many epochs are asked for; then all together.
    public var phases: [TrainingPhase] {
        let joint = TrainingPhase("joint", .sequences(.perPosition(1), loss: jointLoss))
        guard settings.pretrainingEpochs > 0 else { return [joint] }
        let names = ["mixed"] + shape.domains.map(\.name)
        return zip(names, children).enumerated().map { index, part in
            TrainingPhase(
                "pretrain-\(part.0)",
                .sequences(.perPosition(1)) { batch, drawn in
                    Loss(
                        "recommendation",
                        index == 0
                            ? self.mixedLosses(batch, drawn)
                            : self.ownLosses(batch, drawn, domain: index - 1))
                },
                trainable: ["\(part.1.name)."], epochs: settings.pretrainingEpochs)
        } + [joint]
    }

    /// The encoder of the mixed sequence predicts each next item. [T]
    private func mixedLosses(_ batch: SequenceBatch, _ drawn: DrawnItems) -> Tensor {
        recommendation(
            mixedEncoder(batch.items, offsets: batch.offsets), mixedEncoder,
            targets: batch.targets,
            negatives: negatives(drawn, at: (0..<Int32(batch.tokens)).map { $0 }, of: batch))
    }

    /// A domain's encoder predicts the next items of its own sequence. [Q]
    private func ownLosses(
        _ batch: SequenceBatch, _ drawn: DrawnItems, domain index: Int
    ) -> Tensor {
        let items = shape.domains[index].items
        let own = DomainSequence(items, of: batch.withoutTargets)
        let steps = TripleSteps(items, own: own, of: batch)
        let states = encoders[index](own.items, offsets: own.offsets)
        return recommendation(
            states.rowsOrZeros(steps.queries), encoders[index], targets: steps.targets,
            negatives: negatives(drawn, at: steps.tokens, of: batch))
    }

    /// The negative of each token's target, of the target's domain.
    private func negatives(
        _ drawn: DrawnItems, at tokens: [Int32], of batch: SequenceBatch
    ) -> [Int32] {
        tokens.map {
            drawn.item(of: shape.domain(of: batch.targets[Int($0)]), at: Int($0))
        }
    }

    // MARK: States

    /// What the encoders make of a batch.
    private struct Triple {
        let batch: SequenceBatch
        let own: [DomainSequence]
        /// The mixed states [T, d].
        let mixed: Tensor
        /// The states of each domain [S, d].
        let domains: [Tensor]
    }

    private func encode(_ batch: SequenceBatch) -> Triple {
        let own = shape.domains.map { DomainSequence($0.items, of: batch.withoutTargets) }
        return Triple(
            batch: batch, own: own, mixed: mixedEncoder(batch.items, offsets: batch.offsets),
            domains: zip(encoders, own).map { $0($1.items, offsets: $1.offsets) })
    }

    /// The states of all domains but one in the order of their tokens. [T − S, d]
    private func others(than domain: Int, in triple: Triple) -> Tensor {
        let rest = triple.own.indices.filter { $0 != domain }
        guard rest.count > 1 else { return triple.domains[rest[0]] }
        let tokens = rest.flatMap { triple.own[$0].tokens }
        let order = tokens.indices.sorted { tokens[$0] < tokens[$1] }
        let states = Tensor.concatenate(rest.map { triple.domains[$0] })
        return states.rows(Tensor(order.map(Int32.init), device: states.device))
    }

    /// What the steps of a target take of the mixed, the source and the target sequence. Each [Q, d]
    private func pooled(
        _ triple: Triple, _ steps: TripleSteps, for domain: Int, by head: TriCDRHead
    ) -> [Tensor] {
        let queries = triple.domains[domain].rowsOrZeros(steps.queries)
        let memory = JaggedTensor(
            values: triple.mixed.detached(), layout: JaggedLayout(offsets: triple.batch.offsets))
        // Of zero queries all keys are equal: attention is the mean.
        let mean = jaggedAttention(
            query: JaggedTensor(
                values: .zeros(queries.shape, device: queries.device),
                layout: JaggedLayout(offsets: steps.offsets)),
            key: memory, value: triple.mixed, keyLimits: steps.seen, heads: 1)
        let facts = [triple.mixed, others(than: domain, in: triple), triple.domains[domain]]
        return head.model(
            zip(facts, steps.ranges).map { ($0, $1) }, queries: queries, mean: mean.values)
    }

    // MARK: Losses

    /// The sum of the targets' losses.
    private func jointLoss(_ batch: SequenceBatch, _ drawn: DrawnItems) -> Loss {
        let triple = encode(batch)
        var loss = Loss()
        for (index, head) in heads.enumerated() {
            let steps = TripleSteps(
                shape.domains[index].items, own: triple.own[index], of: batch)
            guard let head, !steps.targets.isEmpty else { continue }
            let pooled = pooled(triple, steps, for: index, by: head)
            let name = shape.domains[index].name
            loss.add(
                name,
                recommendation(
                    head.state(pooled), encoders[index], targets: steps.targets,
                    negatives: negatives(drawn, at: steps.tokens, of: batch)))
            let last = Tensor(steps.contrasted, device: triple.mixed.device)
            guard last.count > 0 else { continue }
            let projected = head.projections(pooled.map { $0.rows(last) })
            loss.add(
                "contrast \(name)", ofBatch: contrast(projected), weight: settings.contrastWeight)
            loss.add(
                "triplet \(name)",
                ofBatch: tripletLoss(
                    anchor: projected[1], positive: projected[0], negative: projected[2],
                    margin: settings.tripletMargin), weight: settings.tripletWeight)
        }
        return loss
    }

    /// Binary cross-entropies of the next items and of one negative each. [targets]
    private func recommendation(
        _ states: Tensor, _ encoder: TriCDREncoder, targets: [Int32], negatives: [Int32]
    ) -> Tensor {
        let units = states.unitRows()
        func logits(_ items: [Int32]) -> Tensor {
            (units * encoder.vectors(of: items).unitRows()).sum(dimension: 1) * settings.scale
        }
        return (logits(targets).logSigmoid() + (-logits(negatives)).logSigmoid()) * -1
    }

    /// The contrastive losses between the three sequences' projections, weighted by their rates.
    private func contrast(_ projected: [Tensor]) -> Tensor {
        let pairs = [
            (0, 1, settings.mixedSourceRate), (0, 2, settings.mixedTargetRate),
            (1, 2, settings.sourceTargetRate),
        ]
        let rates = pairs.reduce(0) { $0 + $1.2 }
        let losses = pairs.map {
            contrastiveLoss(
                projected[$0], projected[$1], temperature: settings.contrastTemperature)
                * ($2 / rates)
        }
        return losses[0] + losses[1] + losses[2]
    }

    /// The states that are scored: the encoders', then those of each target's steps.
    func trainingStates(of batch: SequenceBatch) -> [TrainingStates] {
        let triple = encode(batch)
        let tokens = (0..<Int32(batch.tokens)).map { $0 }
        var found = [TrainingStates(tokens: tokens, states: triple.mixed)]
        found += zip(triple.own, triple.domains).map {
            TrainingStates(tokens: $0.tokens, states: $1)
        }
        for (index, head) in heads.enumerated() {
            guard let head else { continue }
            let steps = TripleSteps(
                shape.domains[index].items, own: triple.own[index], of: batch)
            let states = head.state(pooled(triple, steps, for: index, by: head))
            found.append(TrainingStates(tokens: steps.tokens, states: states))
        }
        return found
    }

    // MARK: Scoring

    /// A domain needs a head.
    public func learns(from history: some Collection<Int32>, about domain: DomainID) -> Bool {
        heads[domain.rawValue] != nil && !history.isEmpty
    }

    /// The unit state of each row, scaled; zeros for a domain that has no head. [rows, d]
    public func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        let index = domain.rawValue
        let triple = encode(histories)
        guard let head = heads[index] else {
            return .zeros([histories.rows, settings.embeddingSize], device: triple.mixed.device)
        }
        let steps = TripleSteps(
            shape.domains[index].items, own: triple.own[index], of: triple.batch,
            rows: [Bool](repeating: true, count: histories.rows))
        return head.state(pooled(triple, steps, for: index, by: head)).unitRows() * settings.scale
    }

    /// The unit vectors of the domain's table. [items, d]
    public func itemVectors(of domain: DomainID) -> Tensor {
        encoders[domain.rawValue].itemEmb.weight.value.unitRows()
    }
}
