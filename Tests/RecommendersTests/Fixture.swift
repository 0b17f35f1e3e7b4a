import Foundation
import Testing
import Torch
import TorchNN

/// The committed numbers of the reference implementations.
enum Fixture {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures")

    static func tensors(_ name: String) throws -> [String: Tensor] {
        try Safetensors.read(directory.appending(path: "\(name).safetensors")).tensors
    }

    static func data(_ name: String) throws -> Data {
        try Data(contentsOf: directory.appending(path: name))
    }
}

/// The largest deviation in units of the expected tensor's largest magnitude; infinite for another shape.
func relativeError(_ got: Tensor, _ expected: Tensor) -> Double {
    guard got.shape == expected.shape else { return .infinity }
    let scale = expected.magnitude().maximum().item()
    let deviation = (got - expected).magnitude().maximum().item()
    return scale > 0 ? deviation / scale : deviation
}

extension [String: Tensor] {
    /// Rows of a pair `NAME.values`, `NAME.offsets`.
    func rows(_ name: String) -> [[Int32]] {
        guard let values = self["\(name).values"], let offsets = self["\(name).offsets"] else {
            return []
        }
        let items = values.elements(as: Int64.self).map(Int32.init)
        let starts = offsets.elements(as: Int64.self).map(Int.init)
        return zip(starts, starts.dropFirst()).map { Array(items[$0..<$1]) }
    }
}

extension Module {
    /// Compares the gradients of so many trained parameters with a fixture's `grad.NAME`.
    ///
    /// A shift of all keys shifts all of a query's scores, so that the gradient of an attention's key bias, alone or in the
    /// middle of the joint bias, is rounding.
    func expectGradients(
        of fixture: [String: Tensor], count: Int, within tolerance: Double = 1e-5,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let trained = parameters().filter { !$0.parameter.isData }
        #expect(trained.count == count, sourceLocation: location)
        for (name, parameter) in trained {
            let text = Comment(rawValue: name)
            let got = try #require(parameter.value.gradient, text, sourceLocation: location)
            if name.hasSuffix(".key.bias") {
                #expect(got.magnitude().maximum().item() < 1e-6, text, sourceLocation: location)
                continue
            }
            let expected = try #require(fixture["grad.\(name)"], text, sourceLocation: location)
            let isJoint = name.hasSuffix("in_proj_bias")
            let error = relativeError(
                isJoint ? got.withoutMiddleThird : got,
                isJoint ? expected.withoutMiddleThird : expected)
            #expect(error < tolerance, text, sourceLocation: location)
        }
    }
}

extension Tensor {
    /// Queries' and values' part of what queries, keys and values have together.
    fileprivate var withoutMiddleThird: Tensor {
        let third = size(0) / 3
        return .concatenate([self[0..<third], self[2 * third..<3 * third]])
    }
}
