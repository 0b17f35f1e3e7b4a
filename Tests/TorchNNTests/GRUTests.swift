import Testing
import Torch
import TorchNN

/// Against PyTorch 2.13.0's torch.nn.GRU.
struct GRUTests {
    @Test(
        "states and gradients equal PyTorch's",
        arguments: [
            ("gru", 1, true), ("gru_two_layers", 2, true), ("gru_without_biases", 1, false),
        ])
    func parity(name: String, layers: Int, bias: Bool) throws {
        let fixture = try Fixture("layers/\(name)")
        let layer = GRU(
            5, hidden: 6, layers: layers, bias: bias, initializer: .constant(0), random: .seeded(1))
        try layer.load(fixture.parameters)
        let tokens = try fixture.leaf("input.x")
        let initial = try fixture.leaf("input.initial")
        let offsets = try fixture["offsets"].elements(as: Int64.self).map(Int32.init)
        let states = layer(
            JaggedTensor(values: tokens, layout: JaggedLayout(offsets: offsets)),
            initial: (0..<layers).map { initial[$0] })
        try fixture.compare(
            states.values, of: layer, inputs: ["x": tokens, "initial": initial])
    }

    @Test("weights are drawn by one rule, biases by another, and names are PyTorch's")
    func drawing() {
        let layer = GRU(
            3, hidden: 4, layers: 2, initializer: .constant(0.5), biasInitializer: .constant(2),
            random: .seeded(1))
        let expected: [(String, [Int], Float)] = [
            ("weight_ih_l0", [12, 3], 0.5), ("weight_hh_l0", [12, 4], 0.5),
            ("bias_ih_l0", [12], 2), ("bias_hh_l0", [12], 2),
            ("weight_ih_l1", [12, 4], 0.5), ("weight_hh_l1", [12, 4], 0.5),
            ("bias_ih_l1", [12], 2), ("bias_hh_l1", [12], 2),
        ]
        #expect(layer.parameters().map(\.name) == expected.map(\.0))
        for ((_, parameter), (name, shape, value)) in zip(layer.parameters(), expected) {
            #expect(parameter.value.shape == shape, "\(name)")
            #expect(parameter.value.elements(as: Float.self).allSatisfy { $0 == value }, "\(name)")
        }
        let plain = GRU(3, hidden: 4, bias: false, initializer: .constant(0), random: .seeded(1))
        #expect(plain.parameters().map(\.name) == ["weight_ih_l0", "weight_hh_l0"])
    }
}
