import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What an encoder reads is dropped in training, before anything else is.
struct InputDropoutTests {
    /// Of 4 · 12 tokens of width 8 about half of the numbers are zero in training, and none is otherwise.
    private func expectHalfDropped(
        in module: Module, location: SourceLocation = #_sourceLocation, _ inputs: () -> Tensor
    ) {
        func zeros() -> Int {
            let numbers: [Float] = inputs().elements()
            #expect(numbers.count == 384, sourceLocation: location)
            return numbers.count { $0 == 0 }
        }
        module.train()
        // Ten deviations around 192.
        #expect((96...288).contains(zeros()), sourceLocation: location)
        module.train(false)
        #expect(zeros() == 0, sourceLocation: location)
    }

    @Test("SASRec drops half of its normalised inputs") func sasrec() {
        var settings = SASRecConfiguration()
        settings.embeddingSize = 8
        settings.hiddenDropout = 0.5
        settings.maximumLength = 12
        let encoder = SASRecEncoder(settings, items: 12, random: .seeded(1))
        let rows = [[Int32]](repeating: Array(1...12), count: 4)
        expectHalfDropped(in: encoder) { encoder.embed(.histories(rows)).values }
    }

    @Test("the causal encoder drops half of its inputs") func causalEncoder() {
        let encoder = CausalEncoder(
            CausalEncoderSettings(
                width: 8, blocks: 1, heads: 2, dropout: 0.5, positions: 12, weights: .pyTorch),
            random: .seeded(1))
        let places = TokenPlaces(
            offsets: [0, 12, 24, 36, 48], positions: (0..<48).map { Int32($0 % 12) })
        expectHalfDropped(in: encoder) { encoder.embedded(.ones([48, 8]), at: places).values }
    }

    /// With every map at zero the residual branches have nothing to drop, so that the states vary with the inputs alone.
    @Test("ABXI drops embeddings") func abxi() throws {
        let random = RandomSources.seeded(3)
        var settings = ABXIConfiguration()
        settings.embeddingSize = 8
        settings.innerSize = 12
        settings.domainRank = 2
        settings.invariantRank = 3
        settings.dropout = 0.5
        settings.maximumLength = 12
        let model = try ABXI(settings, shape: .domains(6, 6), random: random)
        model.randomize(seed: 4)
        func clear(_ isCleared: (String) -> Bool) {
            for (name, parameter) in model.parameters() where isCleared(name) {
                parameter.value.copy(from: .zeros(parameter.value.shape))
            }
        }
        let embeddings: Set = ["ei.weight", "ep.weight"]
        clear { !embeddings.contains($0) && !$0.contains("norm_") }
        model.train()
        let batch = SequenceBatch.training([[1, 7, 2, 8, 3, 9], [4, 10, 5, 11]])
        func states(_ seed: UInt64) -> Tensor {
            random.dropout.reseed(seed)
            return .concatenate(model.trainingStates(of: batch).map(\.states))
        }
        #expect(!identical(states(1), states(2)))
        // Without embeddings the norms' biases are left, and nothing varies.
        clear { embeddings.contains($0) }
        #expect(identical(states(1), states(2)))
        let numbers: [Float] = states(1).elements()
        #expect(numbers.allSatisfy { $0 != 0 })
    }
}
