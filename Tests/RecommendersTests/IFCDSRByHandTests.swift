import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// The equations of IFCDSR against numbers worked out by hand.
@Suite struct IFCDSRByHandTests {
    private static let temperature = 0.5

    /// Items 1 to 4 are domain a, 5 to 8 domain b; items 2 k − 1 and 2 k lie on axis k, on both sides and of any length.
    private static let shape = DataShape.domains(4, 4)
    private static let lengths: [Float] = [3, 0.5, 1, 2, 0.25, 4, 1.5, 0.75]

    private static var axes: [[Float]] {
        lengths.indices.map { item in
            (0..<4).map { axis in
                axis != item / 2 ? 0 : item % 2 == 0 ? lengths[item] : -lengths[item]
            }
        }
    }

    /// What a sequence's probabilities are of: items, or images alone.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case items, images
        var testDescription: String { rawValue }
    }

    /// A model of width 4 whose items, or images, are ``axes``; its weights are drawn, the same for both kinds.
    private func model(_ kind: Kind, _ overrides: JSONValue = [:]) throws -> IFCDSR {
        var settings: JSONValue = [
            "embeddingSize": 4, "blocks": 1, "dropout": 0, "maximumLength": 4,
            "temperature": .double(Self.temperature), "images": "",
        ]
        settings = settings.merging(overrides)
        let plain = settings
        if kind == .images {
            // The share of the item softmax cannot be 0.
            settings = settings.merging(["images": "image", "imageSize": 4, "idWeight": 1e-7])
        }
        let model = try IFCDSR(
            IFCDSRConfiguration(overrides: settings), shape: Self.shape, random: .seeded(3))
        let other = try IFCDSR(
            IFCDSRConfiguration(overrides: plain), shape: Self.shape, random: .seeded(3))
        other.randomize(seed: 5)
        var state = other.state()
        state["item_embedding.weight"] = Tensor(
            [0, 0, 0, 0] + Self.axes.flatMap { $0 }, shape: [9, 4])
        for name in model.state().keys where name.hasPrefix("image_encoders") {
            state[name] = state["item_" + name.dropFirst("image_".count)]
        }
        let images = ItemVectors(
            name: "image", domain: DomainID(rawValue: 0),
            of: Catalog(
                name: "a", firstItem: ItemID(rawValue: 1), externalIDs: (1...8).map(String.init)),
            Self.axes)
        if kind == .images {
            try model.prepare(
                with: TrainingData(
                    catalogs: [], sequences: .histories([]), vectors: [images]))
            state["images.vectors"] = model.state()["images.vectors"]
        }
        try model.load(state)
        model.train(false)
        return model
    }

    private func scores(_ model: IFCDSR, _ row: [Int32]) -> [Double] {
        [0, 1].flatMap { domain in
            model.scores(of: .histories([row]), in: DomainID(rawValue: domain)).elements()
                as [Float]
        }.map(Double.init)
    }

    /// Equation 2: similarities are cosines, whatever the lengths of items and states, so that two opposite items' log
    /// probabilities differ by twice the state's share of their axis over the temperature; the shares' squares come to 1.
    @Test(arguments: Kind.allCases) func similaritiesAreCosines(kind: Kind) throws {
        let model = try model(kind, ["ownWeight": 0, "otherWeight": 0, "mixedWeight": 1])
        for row: [Int32] in [[1], [6, 3], [2, 7, 4]] {
            let logs: [Double] = scores(model, row).map { log($0) * Self.temperature }
            var length = 0.0
            var middles: [Double] = []
            for axis in 0..<4 {
                let (plus, minus) = (logs[2 * axis], logs[2 * axis + 1])
                let share = (plus - minus) / 2
                length += share * share
                middles.append((plus + minus) / 2)
            }
            #expect(abs(length - 1) < 1e-3)
            // Both items of an axis are as far from what all have in common.
            for middle in middles { #expect(abs(middle - middles[0]) < 1e-3) }
        }
    }

    /// Images go the items' way: with the same vectors and weights either gives the same probabilities.
    @Test func imagesAreReadAsItemsAre() throws {
        let settings: JSONValue = ["ownWeight": 1, "otherWeight": 0.2, "mixedWeight": 0.4]
        // Images are at unit length and items of any: the same directions are read once both are scaled by √4.
        let items = try model(.items, settings)
        var state = items.state()
        let units = try #require(state["item_embedding.weight"]).unitRows()
        state["item_embedding.weight"] = units
        try items.load(state)
        let images = try model(.images, settings)
        for row: [Int32] in [[1], [6, 3], [2, 7, 4, 5]] {
            for (left, right) in zip(scores(items, row), scores(images, row)) {
                #expect(abs(left - right) < 1e-5)
            }
        }
    }

    /// With attention and feed-forward net at zero the state after item 1 is √4 (3, 0, 0, 0) plus the newest place's
    /// (0, 1, 0, 0), centred to (4.25, −0.75, −1.75, −1.75) and brought to unit length by √24.75.
    @Test func itemsAreScaledByTheRootOfTheWidth() throws {
        let model = try model(.items, ["ownWeight": 0, "otherWeight": 0, "mixedWeight": 1])
        var state = model.state()
        for (name, value) in state where name != "item_embedding.weight" {
            let isNorm = name.contains("layernorm") && name.hasSuffix("weight")
            state[name] = isNorm ? .ones(value.shape) : .zeros(value.shape)
        }
        let positions = try #require(state.keys.first { $0.contains("pos_emb") })
        state[positions] = Tensor(
            [0, 1, 0, 0] + [Float](repeating: 0, count: 12), shape: [4, 4])
        try model.load(state)
        let length = 24.75.squareRoot()
        let direction: [Double] = [4.25 / length, -0.75 / length, -1.75 / length, -1.75 / length]
        let cosines: [Double] = direction.flatMap { [$0, -$0] }
        let weights: [Double] = cosines.map { exp($0 / Self.temperature) }
        let sum = weights.reduce(0, +)
        for (found, weight) in zip(scores(model, [1]), weights) {
            #expect(abs(found - weight / sum) < 1e-5)
        }
    }

    /// Equations 3 and 4: of a domain's own sequence that domain's items compete, in loss and scores.
    @Test(arguments: Kind.allCases, [false, true])
    func ownItemsCompete(kind: Kind, acrossDomains: Bool) throws {
        let settings: JSONValue = [
            "otherWeight": 0.5, "mixedWeight": 0, "acrossDomains": .bool(acrossDomains),
        ]
        let model = try model(kind, settings)
        // Item 6 then says something of domain a only where all items compete.
        let sums = [0..<4, 4..<8].map { scores(model, [2, 6])[$0].reduce(0, +) }
        if acrossDomains {
            // Each sequence then has probability in either domain.
            #expect(sums.allSatisfy { abs($0 - 1) > 1e-3 })
        } else {
            #expect(sums.allSatisfy { abs($0 - 1) < 1e-5 })
        }
        // The loss of a's sequence alone is the logarithm of the score that the next item has.
        let loss = model.loss(
            of: .sequences(.training([[2, 3]]), negatives: []), in: model.phases[0])
        let part = try #require(loss.parts.first { $0.name == "a" }).value.item()
        #expect(abs(exp(-part) - scores(model, [2])[2]) < 1e-5)
    }

    /// The base of the paper's ablation is the merged sequence alone: no weight of another sequence is left.
    @Test func mergedSequenceStandsAlone() throws {
        let whole = try model(.items)
        let alone = try model(.items, ["ownWeight": 0, "otherWeight": 0])
        let names = Set(alone.parameters().map(\.name))
        #expect(names.contains { $0.hasPrefix("item_encoders.0") })
        #expect(!names.contains { $0.hasPrefix("item_encoders.1") })
        #expect(Set(whole.parameters().map(\.name)).isSuperset(of: names))
        let loss = alone.loss(
            of: .sequences(.training([[1, 6, 2, 7]]), negatives: []), in: alone.phases[0])
        #expect(loss.parts.map(\.name) == ["all"])
        // What belongs to the other sequences has nothing to say.
        for setting in ["acrossDomains": true, "separateEncoders": false] {
            let error = #expect(throws: ConfigurationError.self) {
                try IFCDSRConfiguration(
                    overrides: [
                        "ownWeight": 0, "otherWeight": 0, setting.key: .bool(setting.value),
                    ])
            }
            #expect(error?.path == setting.key)
        }
    }
}
