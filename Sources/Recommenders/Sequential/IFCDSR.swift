// IFCDSR: image fusion for cross-domain sequential recommendation.
//
// W. Wu, S. Song, X. Qiu, X. Huang, F. Ma, J. Xiao: "Image Fusion for Cross-Domain Sequential Recommendation", WWW
// Companion 2025, arXiv 2502.15694v2. No reference code is public. Equations 1 to 9.
//
// As printed, equations 3 and 4 normalise the probabilities of a domain's own sequence over that domain's items, and
// those of the merged sequence over all items. In equation 8 the other domain's sequence then adds nothing to an item of
// this domain: λ1 counts in training alone. With `acrossDomains` all items compete in every sequence, which the text can
// also be read as.
//
// The paper's ablation (its table of parts, Movie and Book) begins with the merged sequence of all domains alone, reads its
// images too in the second row, and is the whole model in the third. Here the first two are `ownWeight: 0, otherWeight: 0`,
// without images and with them (experiments/sweeps/ifcdsr-ablation.yaml).
//
// Differences from the reference, the paper: it leaves open what follows. The "attention layer" is the causal encoder
// of C2DSR, whose data the paper uses (two blocks, one head, learned positions, which count from the newest event as in
// the original SASRec, so that in training a state knows how many events follow); cosines are divided by a temperature,
// without which the softmax over some ten thousand items is all but flat; every position predicts the next item of its
// own sequence; the negative log-likelihood is the mean over positions, not the sum; both directions are trained
// together, each with its own weights of the three sequences (`target` leaves one). Any number of domains: a sequence
// for each and one for all. Images are at unit length, times √e. An item without image has probability zero in the
// image softmax and is masked in the image sequences: the others keep their places. Where no image was seen yet the
// item softmax stands alone.
//
// Shapes: T tokens of a sequence, n items of all domains, d = embeddingSize, e = imageSize.

internal import Foundation
public import Interactions
public import Torch
public import TorchNN

/// Settings of IFCDSR; the defaults are the paper's where it states them.
public struct IFCDSRConfiguration: ModelConfiguration {
    /// Width d of the item embeddings.
    public var embeddingSize = 256
    /// Encoder blocks.
    public var blocks = 2
    /// Attention heads.
    public var heads = 1
    /// Dropout of embeddings, attention weights and feed-forward nets.
    public var dropout = 0.3
    /// The most recent events of a sequence that are used.
    public var maximumLength = 50
    /// The name of the dataset's image vectors; empty leaves images out.
    public var images = "image"
    /// Width e of the image vectors.
    public var imageSize = 512
    /// Weight α of the item softmax; that of the image softmax is 1 − α.
    public var idWeight = 0.7
    /// Whether each sequence has encoders of its own, or all share one for items and one for images.
    public var separateEncoders = true
    /// Weight of the sequence of the domain that is recommended for, 1 in the paper; 0 beside otherWeight 0 leaves the
    /// merged sequence alone.
    public var ownWeight = 1.0
    /// Weight λ1 of the other domains' sequences.
    public var otherWeight = 0.1
    /// Weight λ2 of the merged sequence of all domains.
    public var mixedWeight = 0.4
    /// Whether all domains' items compete in the softmax of a domain's own sequence, not that domain's alone.
    public var acrossDomains = false
    /// The domain that is recommended for; empty trains all directions together.
    public var target = ""
    /// Divides the cosines.
    public var temperature = 0.07
    /// Which items compete in the loss: all, or a sample that a batch shares.
    public var softmax = ItemSoftmax.full
    /// Items of each domain in a shared sample.
    public var negatives = 2048

    /// The paper's settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try requireHeads(heads, "heads", dividing: ("embeddingSize", embeddingSize))
        if !images.isEmpty {
            try requireHeads(heads, "heads", dividing: ("imageSize", imageSize))
        }
        try require([("blocks", blocks)], in: SettingRange.depth)
        try require([("maximumLength", maximumLength)], in: SettingRange.length)
        try require(temperature > 0, "temperature", expected: "above 0", got: temperature)
        try require([("negatives", negatives)], in: SettingRange.count)
        try require(
            (0..<1).contains(dropout), "dropout", expected: "at least 0, below 1", got: dropout)
        try require(
            idWeight > 0 && idWeight <= 1, "idWeight", expected: "above 0, at most 1",
            got: idWeight)
        for (name, weight) in [
            ("ownWeight", ownWeight), ("otherWeight", otherWeight), ("mixedWeight", mixedWeight),
        ] {
            try require(weight >= 0, name, expected: "at least 0", got: weight)
        }
        try require(
            ownWeight + mixedWeight > 0, "mixedWeight",
            expected: "above 0 where ownWeight is 0", got: mixedWeight)
        try require(
            softmax != .sampled, "softmax", expected: "full or shared", got: softmax.rawValue)
    }

    /// What is drawn for no loss, and what belongs to images or to sequences of one domain that are left out.
    public var idle: [IdleSetting] {
        var idle = softmax.idle
        if images.isEmpty {
            idle += IdleSetting.all(["imageSize", "idWeight"], "without images")
        }
        if ownWeight + otherWeight == 0 {
            idle += IdleSetting.all(
                ["separateEncoders", "acrossDomains"], "beside ownWeight: 0 and otherWeight: 0")
        }
        return idle
    }
}

/// The model: for each sequence an item and an image encoder, whose softmaxes are mixed.
public final class IFCDSR: Module, ItemScorer, DataPreparing, SteppedInTraining {
    /// Settings.
    public typealias Configuration = IFCDSRConfiguration

    private let settings: IFCDSRConfiguration
    private let shape: DataShape
    /// The domains that are recommended for.
    private let directions: [Int]
    private let itemEmbedding: Embedding
    private let images: ImageTable?
    private let itemEncoders: [CausalEncoder]
    private let imageEncoders: [CausalEncoder]

    /// Draws fresh weights; the images come with ``prepare(with:)``.
    public init(
        _ configuration: IFCDSRConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        settings = configuration
        self.shape = shape
        let names = shape.domains.map(\.name)
        try require(
            configuration.target.isEmpty || names.contains(configuration.target), "target",
            expected: "one of \(names.joined(separator: ", "))", got: configuration.target)
        directions = names.indices.filter {
            configuration.target.isEmpty || names[$0] == configuration.target
        }
        itemEmbedding = Embedding(
            shape.itemCount + 1, configuration.embeddingSize,
            initializer: .normal(deviation: 0.02), random: random)
        let readsOwn = configuration.ownWeight + configuration.otherWeight > 0
        let count = configuration.separateEncoders && readsOwn ? shape.domains.count + 1 : 1
        func encoders(_ width: Int) -> [CausalEncoder] {
            let settings = CausalEncoderSettings(
                width: width, blocks: configuration.blocks, heads: configuration.heads,
                dropout: configuration.dropout, positions: configuration.maximumLength,
                weights: .small)
            return (0..<count).map { _ in CausalEncoder(settings, random: random) }
        }
        itemEncoders = encoders(configuration.embeddingSize)
        let hasImages = !configuration.images.isEmpty
        images = hasImages ? ImageTable(rows: shape.itemCount + 1, configuration.imageSize) : nil
        imageEncoders = hasImages ? encoders(configuration.imageSize) : []
    }

    /// Takes the images, at unit length.
    @discardableResult
    public func prepare(with data: TrainingData) throws(ConfigurationError) -> [String] {
        guard let images else { return ["images: none, by the setting images"] }
        let vectors = data.vectors.filter { $0.name == settings.images }
        try require(
            !vectors.isEmpty, "images", expected: "the name of vectors that the dataset has",
            got: settings.images)
        for set in vectors {
            try require(
                set.width == settings.imageSize, "imageSize",
                expected: "\(set.width), the width of \(settings.images)",
                got: settings.imageSize)
        }
        images.take(vectors)
        return [
            "images: the dataset's vectors \"\(settings.images)\", which "
                + "\(images.count) of \(shape.itemCount) items have"
        ]
    }

    /// The latest events of all domains together.
    public var window: HistoryWindow { HistoryWindow(settings.maximumLength) }

    // MARK: Sequences

    /// One of the sequences that each person has.
    private struct Stream {
        /// Which encoders read it.
        let encoder: Int
        /// The items that it holds; nil for all.
        let items: Range<Int32>?
        /// The items that compete in its softmax.
        let competing: Range<Int32>
        /// Its weight when a domain is recommended for.
        let weight: (_ domain: Int) -> Double
    }

    /// The domains' own sequences, and the merged one.
    private var streams: [Stream] {
        let all = 1..<Int32(shape.itemCount) + 1
        let (own, other, mixed) = (
            settings.ownWeight, settings.otherWeight, settings.mixedWeight
        )
        let domains = shape.domains.enumerated().map { index, domain in
            Stream(
                encoder: index, items: domain.items,
                competing: settings.acrossDomains ? all : domain.items
            ) { $0 == index ? own : other }
        }
        // The last encoder, whether domains have some or not.
        return domains + [
            Stream(encoder: itemEncoders.count - 1, items: nil, competing: all) { _ in mixed }
        ]
    }

    /// The sequences that say something of a domain's items.
    private func streams(about domain: Int) -> [Stream] {
        streams.filter {
            $0.weight(domain) > 0 && $0.competing.overlaps(shape.domains[domain].items)
        }
    }

    /// Which of several encoders reads a sequence.
    private func encoder(of stream: Stream, among encoders: [CausalEncoder]) -> CausalEncoder {
        encoders[settings.separateEncoders ? stream.encoder : 0]
    }

    private func read(_ batch: SequenceBatch, as stream: Stream) -> SequenceBatch {
        stream.items.map { batch.restricted(to: $0) } ?? batch
    }

    /// Positions count from the newest token.
    private func places(_ batch: SequenceBatch) -> TokenPlaces {
        TokenPlaces(
            offsets: batch.offsets, positions: batch.distancesFromEnd.map { $0 - 1 })
    }

    /// States of the items' sequence, at unit length. [T, d]
    private func itemStates(_ batch: SequenceBatch, _ stream: Stream) -> Tensor {
        encoder(of: stream, among: itemEncoders)(
            itemEmbedding(batch.items) * Double(settings.embeddingSize).squareRoot(),
            at: places(batch)
        ).unitRows()
    }

    /// What the encoder made of the images of a batch.
    private struct ImageReading {
        /// States at the tokens that have an image, at unit length. [I, e]
        let states: Tensor
        /// For each token of the batch the state of the newest image up to there; -1 without one.
        let newest: [Int32]
    }

    /// Reads the images' sequence; nil without images, or where the item softmax has all the weight.
    private func readImages(_ batch: SequenceBatch, _ stream: Stream) -> ImageReading? {
        guard let images, settings.idWeight < 1 else { return nil }
        let all = places(batch)
        var items: [Int32] = []
        var offsets: [Int32] = [0]
        var positions: [Int32] = []
        var newest: [Int32] = []
        for row in 0..<batch.rows {
            var last: Int32 = -1
            for token in batch.tokens(ofRow: row) {
                if images.has(batch.items[token]) {
                    last = Int32(items.count)
                    items.append(batch.items[token])
                    positions.append(all.positions[token])
                }
                newest.append(last)
            }
            offsets.append(Int32(items.count))
        }
        let encoder = encoder(of: stream, among: imageEncoders)
        let states = encoder(
            images.rows(items) * Double(settings.imageSize).squareRoot(),
            at: TokenPlaces(offsets: offsets, positions: positions)
        ).unitRows()
        return ImageReading(states: states, newest: newest)
    }

    /// Item vectors at unit length by id; row 0 is padding's. [n + 1, d]
    private var table: Tensor { itemEmbedding.weight.value.unitRows() }

    // MARK: Training

    /// One phase over the mixed sequences.
    public var phases: [TrainingPhase] {
        let negatives = settings.softmax.negatives(settings.negatives)
        return [TrainingPhase("train", .sequences(negatives, loss: loss))]
    }

    /// Equations 5 to 7: the likelihood of the next item of each sequence, weighted.
    func loss(of sequences: SequenceBatch, _ drawn: DrawnItems) -> Loss {
        let table = table
        var loss = Loss()
        for (index, stream) in streams.enumerated() {
            let weight = directions.reduce(0) { $0 + stream.weight($1) }
            let own = read(sequences, as: stream)
            guard weight > 0, own.tokens > 0 else { continue }
            loss.add(
                index < shape.domains.count ? shape.domains[index].name : "all",
                likelihood(of: own, stream, table, drawn), weight: weight)
        }
        return loss
    }

    /// The states that are scored: those of items and images of each sequence.
    func trainingStates(of full: SequenceBatch) -> [TrainingStates] {
        streams.filter { stream in directions.contains { stream.weight($0) > 0 } }.flatMap {
            stream -> [TrainingStates] in
            let own = read(full, as: stream)
            let tokens =
                stream.items.map { DomainSequence($0, of: full).tokens }
                ?? (0..<Int32(full.tokens)).map { $0 }
            precondition(tokens.count == own.tokens, "ifcdsr: expected rows that fit")
            let items = TrainingStates(tokens: tokens, states: itemStates(own, stream))
            guard let images = readImages(own, stream) else { return [items] }
            let seen = images.newest.indices.filter { images.newest[$0] >= 0 }
            let rows = Tensor(seen.map { images.newest[$0] }, device: images.states.device)
            return [
                items,
                TrainingStates(
                    tokens: seen.map { tokens[$0] }, states: images.states.rows(rows)),
            ]
        }
    }

    /// −log(α P_id + (1 − α) P_img) of each target. [T]
    private func likelihood(
        of batch: SequenceBatch, _ stream: Stream, _ table: Tensor, _ drawn: DrawnItems
    ) -> Tensor {
        let competing = stream.competing
        let first = competing.lowerBound
        let drawn = drawn.all.filter(competing.contains)
        let byItem = softmax(
            itemStates(batch, stream), table.rows(competing),
            targets: batch.targets.map { $0 - first }, negatives: drawn.map { $0 - first })
        guard let images, let reading = readImages(batch, stream) else { return byItem }
        let device = table.device
        let shares: [Float] = reading.newest.map {
            $0 < 0 ? 0 : Float(Foundation.log(settings.idWeight))
        }
        let weighted = byItem * -1 + Tensor(shares, device: device)
        let pictured = batch.targets.indices.filter {
            reading.newest[$0] >= 0 && images.has(batch.targets[$0])
        }
        guard !pictured.isEmpty else { return weighted * -1 }
        func rows(_ places: [Int]) -> Tensor { Tensor(places.map(Int32.init), device: device) }
        let states = reading.states.rows(rows(pictured.map { Int(reading.newest[$0]) }))
        let start = images.places(in: competing).lowerBound
        let byImage = softmax(
            states, images.present(in: competing),
            targets: pictured.map { images.place(batch.targets[$0]) - start },
            negatives: drawn.filter(images.has).map { images.place($0) - start })
        let both = Tensor.concatenate(
            [
                weighted.rows(rows(pictured)).reshaped([pictured.count, 1]),
                (byImage * -1 + Foundation.log(1 - settings.idWeight))
                    .reshaped([pictured.count, 1]),
            ], dimension: 1
        ).logSumExp(dimension: 1)
        let known = Set(pictured)
        let rest = batch.targets.indices.filter { !known.contains($0) }
        return Tensor.concatenate([both, weighted.rows(rows(rest))]) * -1
    }

    /// Cross-entropy of cosines over the temperature. states: [S, w], table: [rows, w]
    private func softmax(
        _ states: Tensor, _ table: Tensor, targets: [Int32], negatives: [Int32]
    ) -> Tensor {
        let device = table.device
        let targets = Tensor(targets, device: device)
        guard settings.softmax == .shared else {
            return states.fullSoftmaxLoss(
                table: table, targets: targets, temperature: settings.temperature)
        }
        return states.sharedSoftmaxLoss(
            table: table, targets: targets, negatives: Tensor(negatives, device: device),
            temperature: settings.temperature)
    }

    // MARK: Scoring

    /// Of a direction that was not trained it knows nothing, nor from events of no sequence that is about the domain.
    public func learns(from history: some Collection<Int32>, about domain: DomainID) -> Bool {
        directions.contains(domain.rawValue)
            && streams(about: domain.rawValue).contains { stream in
                history.contains { stream.items?.contains($0) ?? true }
            }
    }

    /// Equations 8 and 9: the weighted probabilities of the three sequences. [rows, items]
    public func scores(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        let items = shape.domains[domain.rawValue].items
        let table = table
        var sum = Tensor.zeros([histories.rows, items.count], device: table.device)
        for stream in streams(about: domain.rawValue) {
            let own = read(histories, as: stream)
            let known = (0..<own.rows).filter { !own.tokens(ofRow: $0).isEmpty }
            guard !known.isEmpty else { continue }
            let competing = stream.competing
            func rows(_ places: [Int32]) -> Tensor { Tensor(places, device: table.device) }
            let newest = known.map { own.offsets[$0 + 1] - 1 }
            let byItem = probabilities(
                itemStates(own, stream).rows(rows(newest)), table.rows(competing))
            let first = Int(items.lowerBound - competing.lowerBound)
            var mixed = byItem.narrowed(1, first..<first + items.count)
            if let images, let reading = readImages(own, stream) {
                let states = newest.map { reading.newest[Int($0)] }
                let pictured = states.indices.filter { states[$0] >= 0 }
                let byImage = images.spread(
                    probabilities(
                        reading.states.rows(rows(pictured.map { states[$0] })),
                        images.present(in: competing)),
                    of: competing, over: items)
                let shares = states.map { $0 < 0 ? 1 : Float(settings.idWeight) }
                mixed = (mixed * Tensor(shares, shape: [shares.count, 1], device: table.device))
                    .addingRows(
                        byImage * (1 - settings.idWeight), at: rows(pictured.map(Int32.init)))
            }
            sum = sum.addingRows(
                mixed * stream.weight(domain.rawValue), at: rows(known.map(Int32.init)))
        }
        return sum
    }

    private func probabilities(_ states: Tensor, _ table: Tensor) -> Tensor {
        (states.linear(table) / settings.temperature).softmax()
    }
}

extension Tensor {
    /// The rows of a range of ids.
    fileprivate func rows(_ ids: Range<Int32>) -> Tensor {
        self[Int(ids.lowerBound)..<Int(ids.upperBound)]
    }
}
