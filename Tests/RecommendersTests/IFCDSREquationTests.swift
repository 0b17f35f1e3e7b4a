import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What enters the encoders of items and images, and where.
struct IFCDSREquationTests {
    /// Items 1 to 6 are domain a, 7 to 12 domain b; items 3 and 9 have no image.
    private func data() -> TrainingData {
        let numbers: [Float] = Generator(seed: 6).normal([12, 4]).elements()
        return RankerCase.data(
            (0..<12).map { item in
                guard item != 2, item != 8 else { return nil }
                // Lengths from a half to six.
                return numbers[item * 4..<(item + 1) * 4].map { $0 * Float(item + 1) / 2 }
            })
    }

    private func model() throws -> IFCDSR {
        let model = try IFCDSR(
            IFCDSRConfiguration(overrides: [
                "embeddingSize": 8, "imageSize": 4, "maximumLength": 6, "idWeight": 0.6,
                "mixedWeight": 0.5, "otherWeight": 0.3,
            ]), shape: RankerCase.shape, random: .seeded(3))
        model.randomize(seed: 4)
        try model.prepare(with: data())
        model.train(false)
        return model
    }

    /// An encoder by itself, with the weights that the model has for the mixed sequence.
    private func encoder(_ name: String, width: Int, of model: IFCDSR) throws -> CausalEncoder {
        let encoder = CausalEncoder(
            CausalEncoderSettings(
                width: width, blocks: 2, heads: 1, dropout: 0, positions: 6, weights: .small),
            random: .seeded(1))
        let prefix = "\(name).2."
        try encoder.load(
            Dictionary(
                uniqueKeysWithValues: model.state().filter { $0.key.hasPrefix(prefix) }
                    .map { (String($0.key.dropFirst(prefix.count)), $0.value) }))
        encoder.train(false)
        return encoder
    }

    /// Images enter at length √4 = 2, item vectors of width 8 times √8, beside positions that count from the newest
    /// event; an item without an image leaves its place empty.
    @Test func inputsAreScaled() throws {
        let model = try model()
        let batch = SequenceBatch.training([[1, 7, 3, 8, 2]])
        // For each sequence its items' states and its images'; the mixed one is the last.
        let states = model.trainingStates(of: batch).suffix(2).map(\.states)
        let table = try #require(model.state()["item_embedding.weight"])
        let items = try encoder("item_encoders", width: 8, of: model)(
            table.rows(Tensor([1, 7, 3, 8] as [Int32])) * 2.828_427_124_746_19,
            at: TokenPlaces(offsets: [0, 4], positions: [3, 2, 1, 0]))
        #expect(relativeError(states[0], items.unitRows()) < 1e-5)
        let vectors = try #require(model.state()["images.vectors"])
        let images = try encoder("image_encoders", width: 4, of: model)(
            vectors.rows(Tensor([1, 7, 8] as [Int32])).unitRows() * 2,
            at: TokenPlaces(offsets: [0, 3], positions: [3, 2, 0]))
        // At item 3 the newest image is that of item 7.
        #expect(
            relativeError(
                states[1], images.unitRows().rows(Tensor([0, 1, 1, 2] as [Int32]))) < 1e-5)
    }
}
