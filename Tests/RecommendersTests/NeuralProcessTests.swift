import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// The stand-in for CDSRNP with weights that let every number be worked out.
///
/// In each domain the first item's state is (1, −1, 1, −1) and the second's (1, 1, −1, −1); what is known of a person is
/// half the state of the domain and half the mean of the others'.
struct NeuralProcessTests {
    private func model(_ shape: DataShape) throws -> CDSRNPStyle {
        var settings = CDSRNPStyleConfiguration()
        (settings.embeddingSize, settings.heads, settings.latentSize) = (4, 1, 2)
        (settings.blocks, settings.dropout, settings.maximumLength) = (1, 0, 6)
        let model = try CDSRNPStyle(settings, shape: shape, random: .seeded(1))
        model.randomize(seed: 2)
        for (name, parameter) in model.parameters() where !parameter.isData {
            let value = parameter.value
            func set(_ numbers: [Float]) { value.copy(from: Tensor(numbers, shape: value.shape)) }
            if name == "item_embedding.weight" {
                set((0..<value.size(0)).flatMap { $0 % 2 == 1 ? [1, -1, 1, -1] : [1, 1, -1, -1] })
            } else if name.contains("layernorm") {
                // Blocks whose nets are silent pass a token on, and norms leave it as it is.
                set([Float](repeating: name.hasSuffix("weight") ? 1 : 0, count: 4))
            } else if ["pos_emb", "out_proj", "conv2"].contains(where: name.contains) {
                set([Float](repeating: 0, count: value.count))
            } else if name.hasSuffix("join.weight") {
                set((0..<32).map { $0 % 8 % 4 == $0 / 8 ? 0.5 : 0 })
            } else if name.hasSuffix("join.bias") {
                set([0, 0, 0, 0])
            }
        }
        return model
    }

    /// One person of the three is the support set, with second items; the two who are predicted have first ones.
    ///
    /// Half the difference of the third and the second number is −1 for the support set and 1/3 for all.
    @Test("the posterior's divergence from the prior, by hand") func divergence() throws {
        let model = try model(.domains(2, 2))
        // The first number of z has mean 0 and a deviation of 0.1 for the support set, of 1 for all: ratio 10, so that
        // 100/2 − ln 10 − 1/2. The second has the deviation 0.55 for both, and means −1 and 1/3: (4/3 / 0.55)² / 2.
        for (name, numbers) in [
            ("latent.deviation.weight", [0, -150, 150, 0, 0, 0, 0, 0]),
            ("latent.deviation.bias", [0, 0]),
            ("latent.mean.weight", [0, 0, 0, 0, 0, -0.5, 0.5, 0]), ("latent.mean.bias", [0, 0]),
        ] as [(String, [Float])] {
            let value = try #require(model.state()[name])
            value.copy(from: Tensor(numbers, shape: value.shape))
        }
        model.train(false)
        let batch = SequenceBatch.training([[2, 4, 2], [1, 3, 1], [3, 1, 3]])
        let loss = model.loss(of: .sequences(batch, negatives: []), in: model.phases[0])
        let found = try #require(loss.parts.first { $0.name == "divergence" }).value.item()
        let expected = 50 - log(10.0) - 0.5 + pow(4.0 / 3 / 0.55, 2) / 2
        #expect(abs(found - expected) < 1e-3)
    }

    /// The mean of two equal states is the state: events of one more domain that say the same change nothing.
    @Test("states of other domains are averaged") func otherDomains() throws {
        let model = try model(.domains(2, 2, 2))
        model.prepare(
            with: TrainingData(catalogs: [], sequences: .histories([[2, 4, 6], [1, 6]])))
        model.train(false)
        func state(_ row: [Int32]) -> Tensor {
            model.states(of: .histories([row]), in: [DomainID(rawValue: 0)])
        }
        #expect(relativeError(state([3, 5]), state([3])) < 1e-6)
        #expect(relativeError(state([3, 6]), state([3])) > 1e-2)
        #expect(relativeError(state([1, 3, 5]), state([1, 3])) < 1e-6)
    }

    /// Products of 4 and 0 over √4: shares of e² / (e² + 1) = .880797 and the rest.
    @Test("attention to the support set is scaled by the root of the width")
    func supportAttention() throws {
        let attention = SupportAttention(4, random: .seeded(1))
        let identity = (0..<16).map { Float($0 % 5 == 0 ? 1 : 0) }
        for name in ["query", "key", "value"] {
            for (suffix, numbers) in [("weight", identity), ("bias", [0, 0, 0, 0])] {
                let value = try #require(attention.state()["\(name).\(suffix)"])
                value.copy(from: Tensor(numbers, shape: value.shape))
            }
        }
        let people = Tensor([2, 0, 0, 1, 0, 3, 0, 0] as [Float], shape: [2, 4])
        let found: [Float] = attention(
            Tensor([2, 0, 0, 0] as [Float], shape: [1, 4]), people: people
        ).elements()
        let share: Float = 0.880_797_1
        let expected = [2 * share, 3 * (1 - share), 0, share]
        expectClose(found, expected, within: 1e-5)
    }

    /// A summary of nothing: σ(0) · 0.9 + 0.1; of very much to one side 0.1, to the other 1.
    @Test("deviations lie between 0.1 and 1") func deviations() throws {
        let encoder = LatentEncoder(1, latent: 3, random: .seeded(1))
        for (name, numbers) in [
            ("deviation.weight", [0, -100, 100]), ("deviation.bias", [0, 0, 0]),
        ] as [(String, [Float])] {
            let value = try #require(encoder.state()[name])
            value.copy(from: Tensor(numbers, shape: value.shape))
        }
        let found: [Float] = encoder(.ones([1, 1])).deviation.elements()
        expectClose(found, [0.55, 0.1, 1], within: 1e-6)
    }
}
