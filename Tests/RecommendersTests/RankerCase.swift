import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// A registered model that ranks from histories, at a tiny size: what the generic suite needs to know of it.
struct RankerCase: Sendable, CustomTestStringConvertible {
    /// The name in the registry.
    let name: String
    /// Settings over the defaults, as JSON.
    let overrides: String
    /// Every setting by its path with another value than `overrides` and the defaults give, as JSON.
    let perturbations: [String: String]
    /// For a setting that counts only beside others, these others, as JSON by path.
    var prerequisites: [String: [String: String]] = [:]
    /// Every parameter as `name: sizes`.
    let parameters: String
    /// What repeated steps on one batch bring the loss under; nil for a model without steps.
    let overfit: Overfit?
    /// Whether training draws random numbers.
    var usesChance = true

    /// Whether one domain's events count in another.
    var crosses: Bool {
        overfit != nil && (!overrides.contains("per-domain") || overrides.contains("stages"))
    }

    struct Overfit: Sendable {
        let steps: Int
        let learningRate: Double
        let loss: Double
    }

    var testDescription: String {
        "\(name) \(overrides.split(whereSeparator: \.isWhitespace).joined(separator: " "))"
    }

    /// Items 1 to 6 are domain a, 7 to 12 domain b.
    static let shape = DataShape.domains(6, 6)

    /// What followed what; no item is followed by two others, so that the rows can be learned.
    static let rows: [[Int32]] = [
        [1, 7, 8, 2, 3, 9], [4, 10, 5, 11, 6, 12], [2, 3, 9, 1, 7], [10, 5, 11, 6],
    ]

    static let histories: [[Int32]] = [[1, 7, 8, 2], [10, 5], [3], [4, 9, 6, 11, 12, 1, 2, 8]]

    /// Items 1 to 4 are domain a, 5 to 8 domain b, 9 to 12 domain c.
    static let threeDomains = DataShape.domains(4, 4, 4)

    /// The registered models that learn from sequences.
    static func namesOfSequenceLearners() throws -> Set<String> {
        Set(
            try Models.all.filter { _, entry in
                let model = try entry.build([:], shape, .seeded(1))
                return model.negatives != nil
            }.keys)
    }

    /// Builds the model with these settings; more settings can be laid over them by their paths.
    func build(
        seed: UInt64 = 1, changing changes: [String: String] = [:],
        shape: DataShape = RankerCase.shape
    ) throws -> Built {
        var settings = try Self.object(overrides)
        for (path, value) in changes {
            settings = settings.setting(
                try Self.value(value), at: path.split(separator: ".").map(String.init))
        }
        let random = RandomSources.seeded(seed)
        let entry = try Models.entry(named: name)
        let model = try entry.build(settings, shape, random)
        let resolved = try entry.settings(settings).json
        var imageSize = 1
        if case .int(let size) = resolved[["imageSize"]] ?? resolved[["hashSize"]] {
            imageSize = size
        }
        try (model as? any DataPreparing)?.prepare(
            with: Self.data(imageSize: imageSize, shape: shape))
        return Built(
            model: try #require(model as? any Ranker), shape: shape, resolved: resolved,
            random: random)
    }

    /// Whether two builds have other parameters, another loss or other scores.
    func differ(_ one: Built, _ other: Built) throws -> Bool {
        guard one.parameterList == other.parameterList,
            one.model.phases.count == other.model.phases.count,
            one.model.negatives == other.model.negatives
        else { return true }
        for built in [one, other] {
            built.model.train()
            built.random.dropout.reseed(5)
        }
        if overfit != nil, try !identical(other.loss().total, one.loss().total) { return true }
        one.model.train(false)
        other.model.train(false)
        return !identical(other.scores(), one.scores())
    }

    /// What models take before training: who followed whom in ``rows``, and an image of every item.
    static func data(
        imageSize: Int, shape: DataShape = RankerCase.shape
    ) -> TrainingData {
        let numbers: [Float] = Generator(seed: 9).normal([12, imageSize]).elements()
        let images = (0..<12).map { item -> [Float]? in
            Array(numbers[item * imageSize..<(item + 1) * imageSize])
        }
        return data(images, shape: shape)
    }

    /// The same with given images of the twelve items.
    static func data(
        _ images: [[Float]?], shape: DataShape = RankerCase.shape
    ) -> TrainingData {
        let catalogs = shape.domains.map { domain in
            Catalog(
                name: domain.name, firstItem: ItemID(rawValue: domain.firstItem),
                externalIDs: domain.items.map { "\($0)" },
                titles: domain.items.map {
                    "\(["north", "lake", "stone"][Int($0) % 3]) number \($0 * 37)"
                },
                categories: domain.items.map { ["x", "y", "x|z"][Int($0) % 3] },
                brands: domain.items.map { $0 % 4 == 0 ? "p" : nil })
        }
        return TrainingData(
            catalogs: catalogs, sequences: .histories(rows),
            vectors: catalogs.enumerated().map { index, catalog in
                ItemVectors(
                    name: "image", domain: DomainID(rawValue: index), of: catalog,
                    shape.domains[index].items.map { images[Int($0) - 1] })
            })
    }

    struct Built {
        let model: any Ranker
        let shape: DataShape
        let resolved: JSONValue
        let random: RandomSources

        /// The loss of ``RankerCase/rows`` with the negatives that the model asks for.
        func loss() throws -> MeasuredLoss {
            let phase = model.phases[0]
            guard let asked = model.negatives else {
                throw ConfigurationError.type(path: "phase", expected: "sequences")
            }
            let batch = SequenceBatch.training(
                RankerCase.rows.map { model.window.latest(of: $0, and: 1, domain: shape.domain) })
            // Never the target itself.
            func after(_ target: Int32, _ count: Int) -> [Int32] {
                shape.domains.flatMap { shape.after(target, in: $0, count) }
            }
            let negatives =
                switch asked {
                case .none: [Int32]()
                case .perPosition(let count, _): batch.targets.flatMap { after($0, count) }
                case .perBatch(let count, _): after(0, count)
                }
            return model.loss(of: .sequences(batch, negatives: negatives), in: phase)
        }

        /// The scores of all items of all domains for ``RankerCase/histories``.
        func scores() -> Tensor {
            .concatenate(
                shape.domains.indices.map { scores(of: RankerCase.histories, in: $0) })
        }

        /// The scores of a domain's items. [histories, items]
        func scores(of histories: [[Int32]], in index: Int) -> Tensor {
            let batch = SequenceBatch.histories(
                histories.map { model.window.latest(of: $0, domain: shape.domain) })
            let domain = DomainID(rawValue: index)
            if let model = model as? any ItemScorer { return model.scores(of: batch, in: domain) }
            guard let model = model as? any ItemRanker else {
                return .zeros([0, shape.domains[index].itemCount])
            }
            return model.states(of: batch, in: domain)
                .matmul(model.itemVectors(of: domain).transposed())
        }

        var parameterList: String {
            model.parameters().map { name, parameter in
                "\(name): \(parameter.value.shape.map(String.init).joined(separator: " "))"
            }.joined(separator: "\n")
        }
    }

    static func object(_ json: String) throws -> JSONValue { try value(json) }

    static func value(_ json: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
    }
}

extension JSONValue {
    /// The values by key; none where it is no object.
    var object: [String: JSONValue] { if case .object(let values) = self { values } else { [:] } }

    /// Both objects' values; the other's where both have a key.
    func merging(_ other: JSONValue) -> JSONValue { .object(object.merging(other.object) { $1 }) }
}

/// All paths of settings: the keys of an object inside another follow a dot.
func paths(_ settings: JSONValue) -> [String] {
    leaves(of: settings).map { $0.path.joined(separator: ".") }.sorted()
}
