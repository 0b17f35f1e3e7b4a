import Foundation
import Torch

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
