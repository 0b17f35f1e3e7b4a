import Foundation
import Testing
import Torch
import TorchNN

/// The committed numbers of PyTorch's layers, optimizers and schedules.
struct Fixture {
    let tensors: [String: Tensor]

    init(_ name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/\(name).safetensors")
        tensors = try Safetensors.read(file).tensors
    }

    subscript(name: String) -> Tensor {
        get throws { try #require(tensors[name], "\(name)") }
    }

    /// A leaf with the values of an input.
    func leaf(_ name: String) throws -> Tensor {
        let leaf = try self[name].copied()
        leaf.requiresGradient = true
        return leaf
    }

    /// The fixture's parameters by their names in the module.
    var parameters: [String: Tensor] {
        Dictionary(
            uniqueKeysWithValues: tensors.filter { $0.key.hasPrefix("param.") }
                .map { (String($0.key.dropFirst(6)), $0.value) })
    }

    /// Compares an output, then the gradients of the inputs and of the module's parameters.
    func compare(_ output: Tensor, of module: Module?, inputs: [String: Tensor]) throws {
        #expect(try relativeError(output, self["output"]) < 1e-5)
        (output * (try self["output.weights"])).sum().backward()
        for (name, leaf) in inputs {
            let gradient = try #require(leaf.gradient)
            #expect(try relativeError(gradient, self["grad.input.\(name)"]) < 1e-5, "\(name)")
        }
        for (name, parameter) in module?.parameters() ?? [] {
            var got = try #require(parameter.value.gradient, "\(name)")
            var expected = try self["grad.param.\(name)"]
            if name == "in_proj_bias" {
                // The key bias in the middle has no gradient but rounding.
                let width = got.count / 3
                got = .concatenate([got[0..<width], got[2 * width..<3 * width]])
                expected = .concatenate([expected[0..<width], expected[2 * width..<3 * width]])
            }
            #expect(relativeError(got, expected) < 1e-5, "\(name)")
        }
    }
}

/// The largest deviation in units of the expected tensor's largest magnitude; infinite for another shape.
func relativeError(_ got: Tensor, _ expected: Tensor) -> Double {
    guard got.shape == expected.shape else { return .infinity }
    let scale = expected.magnitude().maximum().item()
    let deviation = (got - expected).magnitude().maximum().item()
    return scale > 0 ? deviation / scale : deviation
}

/// Whether two tensors hold the same numbers, bit for bit.
func identical(_ left: Tensor, _ right: Tensor) -> Bool {
    left.shape == right.shape
        && left.elements(as: Float.self).map(\.bitPattern)
            == right.elements(as: Float.self).map(\.bitPattern)
}

extension RandomSources {
    /// Both streams from one seed.
    static func seeded(_ seed: UInt64) -> RandomSources {
        RandomSources(initializationSeed: seed, dropoutSeed: seed + 1)
    }
}
