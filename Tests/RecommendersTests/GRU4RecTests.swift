import Testing
import Torch
import TorchNN

@testable import Recommenders

struct GRU4RecTests {
    @Test("states, scores, loss and the gradients of all parameters equal the reference's")
    func parity() throws {
        let reference = try RecBoleParity("gru4rec/gru4rec")
        var settings = GRU4RecConfiguration()
        settings.embeddingSize = 8
        settings.hiddenSize = 12
        settings.dropout = 0
        let model = try GRU4Rec(settings, shape: .domains(22), random: .seeded(1))
        try reference.load(into: model)
        try reference.expectEqual(model, parameters: 5)
        try reference.expectLossOverPrefixes(of: model)
    }

    @Test("initial weights lie in the ranges of Glorot's rule and of PyTorch's default")
    func initialization() throws {
        let model = try GRU4Rec(
            GRU4RecConfiguration(), shape: .domains(400), random: .seeded(3))
        let state = model.state()
        // Uniform in ± sqrt(6 / (384 + 64)), ± sqrt(6 / (384 + 128)), ± 1 / sqrt(128).
        for (name, limit) in [
            ("gru_layers.weight_ih_l0", 0.11573), ("gru_layers.weight_hh_l0", 0.10825),
            ("dense.weight", 0.08839), ("dense.bias", 0.08839),
        ] {
            let largest = try #require(state[name]).magnitude().maximum().item()
            #expect(largest <= 1.001 * limit && largest > 0.9 * limit, "\(name): \(largest)")
        }
        // Normal with variance 2 / (401 + 64).
        let deviation = try #require(state["item_embedding.weight"]).squared().mean().item()
            .squareRoot()
        #expect(abs(deviation - 0.06558) < 0.002)
    }
}
