import Testing
import Torch
import TorchNN

@testable import Recommenders

struct SRGNNTests {
    @Test(
        "states, scores, loss and the gradients of all parameters equal the reference's",
        arguments: [1, 2])
    func parity(steps: Int) throws {
        let reference = try RecBoleParity("srgnn/\(steps)-step")
        var settings = SRGNNConfiguration()
        settings.embeddingSize = 8
        settings.steps = steps
        let model = try SRGNN(settings, shape: .domains(22), random: .seeded(1))
        try reference.load(into: model)
        try reference.expectEqual(model, parameters: 18)
        try reference.expectLossOverPrefixes(of: model)
    }

    @Test("the loss of three rounds, too, is the mean over the prefixes' own graphs")
    func manyRounds() throws {
        let reference = try RecBoleParity("srgnn/2-step")
        var settings = SRGNNConfiguration()
        settings.embeddingSize = 8
        settings.steps = 3
        let model = try SRGNN(settings, shape: .domains(22), random: .seeded(1))
        model.randomize(seed: 5)
        try reference.expectLossOverPrefixes(of: model)
    }

    @Test("all weights are drawn uniformly within one over the root of the width")
    func initialization() throws {
        let model = try SRGNN(SRGNNConfiguration(), shape: .domains(40), random: .seeded(3))
        for (name, parameter) in model.parameters() {
            let largest = parameter.value.magnitude().maximum().item()
            #expect(largest <= 0.125 && largest > 0.1, "\(name): \(largest)")
        }
    }
}
