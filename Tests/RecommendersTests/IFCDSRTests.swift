import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Fusion of items and images over three sequences.
@Suite struct IFCDSRTests {
    /// Items 1 to 6 are domain a, 7 to 12 domain b; items 3 and 9 have no image.
    private static let data: TrainingData = {
        var random = SplitMix(state: 5)
        return RankerCase.data(
            (1...12).map { item in
                item == 3 || item == 9
                    ? nil : (0..<4).map { _ in Float(random.unit() * 2 - 1) }
            })
    }()

    private func model(
        _ overrides: JSONValue = [:], prepared: Bool = true
    ) throws -> IFCDSR {
        let small: JSONValue = ["embeddingSize": 8, "imageSize": 4, "maximumLength": 6]
        var settings = small.merging(overrides).object
        // Without images what belongs to them does nothing, and is refused.
        if settings["images"] == "" {
            for name in ["imageSize", "idWeight"] { settings[name] = nil }
        }
        let configuration = try IFCDSRConfiguration(overrides: .object(settings))
        let model = try IFCDSR(configuration, shape: RankerCase.shape, random: .seeded(3))
        if prepared { try model.prepare(with: Self.data) }
        model.train(false)
        return model
    }

    /// The training loss (chunked, logarithms) and the scores (whole softmaxes) are two ways to the same
    /// probability: of the next item after one event of the other domain, which only the mixed sequence knows.
    @Test(arguments: ["", "image"], [Int32(2), 3])
    func lossIsTheLogarithmOfTheScore(images: String, target: Int32) throws {
        let model = try model([
            "images": .string(images), "otherWeight": 0, "mixedWeight": 1, "idWeight": 0.6,
        ])
        let batch = SequenceBatch.training([[8, target]])
        let loss = model.loss(of: .sequences(batch, negatives: []), in: model.phases[0])
        let likelihood = try #require(loss.parts.first { $0.name == "all" }).value.item()
        let scores: [Float] = model.scores(
            of: .histories([[8]]), in: DomainID(rawValue: 0)
        ).elements()
        // Item 3 has no image, so that only the share of the item softmax is left to it.
        let probability = Double(scores[Int(target) - 1])
        #expect(abs(exp(-likelihood) - probability) < 1e-6)
        #expect(probability > 0 && probability < 1)
    }

    /// All items' probabilities of the mixed sequence come to 1, with images or without.
    @Test(arguments: ["", "image"])
    func probabilitiesComeToOne(images: String) throws {
        let mixed = try model(["images": .string(images), "otherWeight": 0, "mixedWeight": 1])
        let alone = try model(["images": .string(images), "otherWeight": 0, "mixedWeight": 0])
        let histories = SequenceBatch.histories([[1, 7, 8, 2], [10]])
        func total(_ model: IFCDSR) -> [Double] {
            let sums = [0, 1].map {
                model.scores(of: histories, in: DomainID(rawValue: $0)).sum(dimension: 1)
            }
            return (sums[0] + sums[1]).elements().map { (value: Float) in Double(value) }
        }
        for (both, own) in zip(total(mixed), total(alone)) {
            #expect(abs(both - own - 1) < 1e-5)
        }
    }

    /// An item without image is masked: the image softmax does not change with it.
    @Test func missingImagesAreMasked() throws {
        let model = try model(["otherWeight": 0, "mixedWeight": 1, "idWeight": 0.001])
        func scores(_ row: [Int32]) -> [Float] {
            model.scores(of: .histories([row]), in: DomainID(rawValue: 1)).elements()
        }
        // Items 3 and 9 have none, and what stands before the newest does not move its place.
        let alone = scores([8])
        for row: [Int32] in [[3, 8], [9, 3, 8]] {
            for (left, right) in zip(scores(row), alone) { #expect(abs(left - right) < 0.001) }
        }
        #expect(zip(scores([7, 8]), alone).contains { abs($0 - $1) > 0.01 })
    }

    /// Before the first image the item softmax stands alone, in the loss as in the scores.
    @Test func withoutAnyImageItemsStandAlone() throws {
        let settings: JSONValue = ["otherWeight": 0, "mixedWeight": 1, "idWeight": 0.6]
        let pictured = try model(settings)
        let plain = try model(settings.merging(["images": ""]))
        try plain.load(pictured.state().filter { !$0.key.hasPrefix("image") })
        for domain in [0, 1].map(DomainID.init(rawValue:)) {
            let histories = SequenceBatch.histories([[3], [9, 3]])
            let found: [Float] = pictured.scores(of: histories, in: domain).elements()
            let expected: [Float] = plain.scores(of: histories, in: domain).elements()
            for (left, right) in zip(found, expected) { #expect(abs(left - right) < 1e-6) }
        }
        func loss(_ model: IFCDSR, _ row: [Int32]) -> Double {
            model.loss(of: .sequences(.training([row]), negatives: []), in: model.phases[0])
                .total.item()
        }
        // The targets are 9, 2 and, behind the first image, 5.
        #expect(abs(loss(pictured, [3, 9, 2]) - loss(plain, [3, 9, 2])) < 1e-5)
        #expect(abs(loss(pictured, [3, 9, 2, 5]) - loss(plain, [3, 9, 2, 5])) > 1e-4)
    }

    @Test func weightsOfTheSequencesAreThoseOfTheDirection() throws {
        let all = try model(["otherWeight": 0.25, "mixedWeight": 0.5])
        let food = try model(["otherWeight": 0.25, "mixedWeight": 0.5, "target": "a"])
        let batch = TrainingBatch.sequences(
            .training(RankerCase.rows).keepingLast(6), negatives: [])
        let joint = all.loss(of: batch, in: all.phases[0])
        let single = food.loss(of: batch, in: food.phases[0])
        let parts = joint.parts.map { $0.value.item() }
        #expect(joint.parts.map(\.name) == ["a", "b", "all"])
        // Both directions: each domain once as target and once as the other.
        #expect(
            abs(joint.total.item() - (1.25 * parts[0] + 1.25 * parts[1] + parts[2])) < 1e-5)
        #expect(
            abs(single.total.item() - (parts[0] + 0.25 * parts[1] + 0.5 * parts[2])) < 1e-5)
    }

    /// Equations 8 and 9: the probabilities of all items come to the weights of the sequences that there are.
    @Test(arguments: ["", "image"], [true, false])
    func weightsOfTheSequencesAreThoseOfTheScores(images: String, acrossDomains: Bool) throws {
        // At the default temperature items that are far from a state have next to no probability.
        let model = try model([
            "images": .string(images), "otherWeight": 0.25, "mixedWeight": 0.5,
            "acrossDomains": .bool(acrossDomains), "temperature": 1,
        ])
        let histories = SequenceBatch.histories([[1, 7, 2], [1], [7]])
        // An item's scores differ between directions by the weights of a's and b's sequence.
        let found: [[Float]] = [0, 1].map {
            model.scores(of: histories, in: DomainID(rawValue: $0)).sum(dimension: 1).elements()
        }
        let alone = try [[0.0, 0.0], [1, 0], [0, 1]].map { weights in
            let other = try self.model([
                "images": .string(images), "otherWeight": .double(weights[0]),
                "mixedWeight": .double(weights[1]),
                "acrossDomains": .bool(acrossDomains), "temperature": 1,
            ])
            return [0, 1].map {
                other.scores(of: histories, in: DomainID(rawValue: $0)).sum(dimension: 1).elements()
                    as [Float]
            }
        }
        for domain in [0, 1] {
            for row in 0..<3 {
                let own = alone[0][domain][row]
                let others = alone[1][domain][row] - own
                let mixed = alone[2][domain][row] - own
                #expect(abs(found[domain][row] - (own + 0.25 * others + 0.5 * mixed)) < 1e-5)
                // As printed, the other domain's sequence has no probability for this domain's items.
                let hasOther = row == 0 || domain != row - 1
                #expect((abs(others) > 1e-3) == (acrossDomains && hasOther))
                #expect(mixed > 0)
            }
        }
    }

    /// The paper's α, λ1 and λ2.
    @Test func defaultsAreThePapers() {
        let settings = IFCDSRConfiguration()
        #expect(settings.idWeight == 0.7)
        #expect(settings.otherWeight == 0.1)
        #expect(settings.mixedWeight == 0.4)
    }

    @Test func aDirectionThatWasNotTrainedKnowsNothing() throws {
        let model = try model(["target": "a"])
        #expect(model.learns(from: [1, 7], about: DomainID(rawValue: 0)))
        #expect(!model.learns(from: [1, 7], about: DomainID(rawValue: 1)))
        #expect(model.learns(from: [7], about: DomainID(rawValue: 0)))
        #expect(!model.learns(from: [], about: DomainID(rawValue: 0)))
        // Without the merged sequence only events of the domain say something of it, unless all items compete.
        let own = try self.model(["mixedWeight": 0])
        #expect(own.learns(from: [7, 1], about: DomainID(rawValue: 0)))
        #expect(!own.learns(from: [7], about: DomainID(rawValue: 0)))
        let across = try self.model(["mixedWeight": 0, "acrossDomains": true])
        #expect(across.learns(from: [7], about: DomainID(rawValue: 0)))
    }

    @Test func sharedSampleOfAllItemsIsTheWholeSoftmax() throws {
        let full = try model()
        let shared = try model(["softmax": "shared", "negatives": 6])
        let rows = SequenceBatch.training(RankerCase.rows).keepingLast(6)
        let whole = full.loss(of: .sequences(rows, negatives: []), in: full.phases[0])
        let sample = shared.loss(
            of: .sequences(rows, negatives: Array(1...12)), in: shared.phases[0])
        #expect(abs(sample.total.item() - whole.total.item()) < 1e-5)
    }

    @Test func imagesAreSavedWithTheWeights() throws {
        let model = try model()
        let other = try self.model(prepared: false)
        try other.load(model.state())
        let histories = SequenceBatch.histories(RankerCase.histories).keepingLast(6)
        for domain in [0, 1].map(DomainID.init(rawValue:)) {
            let found: [Float] = other.scores(of: histories, in: domain).elements()
            #expect(found == model.scores(of: histories, in: domain).elements())
        }
        // Data is not trained, whatever is asked for.
        model.setTrainable(prefixes: nil)
        let names = model.parameters().filter { !$0.parameter.isTrainable }.map(\.name)
        #expect(names == ["images.vectors"])
        #expect(
            model.parameterCount
                == model.parameters().reduce(0) { sum, entry in
                    sum + (entry.name == "images.vectors" ? 0 : entry.parameter.value.count)
                })
    }

    @Test func refusesMissingOrOtherImages() throws {
        let model = try model(prepared: false)
        let missing = #expect(throws: ConfigurationError.self) {
            try model.prepare(with: TrainingData(catalogs: [], sequences: .histories([])))
        }
        #expect(
            missing?.description
                == "images: expected the name of vectors that the dataset has, got image")
        let wide = try self.model(["imageSize": 6], prepared: false)
        let width = #expect(throws: ConfigurationError.self) {
            try wide.prepare(with: Self.data)
        }
        #expect(width?.description == "imageSize: expected 4, the width of image, got 6")
    }

    @Test func oneBatchIsLearned() throws {
        let model = try model(["dropout": 0])
        model.train()
        let optimizer = Optimizer(OptimizerConfiguration(), module: model)
        let batch = TrainingBatch.sequences(
            .training(RankerCase.rows).keepingLast(6), negatives: [])
        var first = 0.0
        var last = 0.0
        for step in 0..<60 {
            let loss = model.loss(of: batch, in: model.phases[0]).total
            if step == 0 { first = loss.item() }
            last = loss.item()
            optimizer.clearGradients()
            loss.backward()
            optimizer.step(learningRate: 0.01)
        }
        #expect(last < first / 4)
    }
}

/// A small generator of numbers in [0, 1).
private struct SplitMix {
    var state: UInt64

    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / Double(1 << 53)
    }
}
