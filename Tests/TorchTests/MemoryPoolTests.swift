import Foundation
import Testing
import Torch

/// In a process of its own: the pool is the process's.
@Suite struct MemoryPoolTests {
    /// Tensors of 1 to 12 MB, four at a time: without a bound all sizes would be kept, hundreds of megabytes.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/statm")))
    func keepsNoMoreThanAQuarterAboveTheMostInUse() async {
        await #expect(processExitsWith: .success) {
            func resident() throws -> Int {
                let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
                return try #require(Int(pages.split(separator: " ")[1])) * 4096
            }
            Engine.poolMemory()
            var numbers = SeededNumbers(seed: 3)
            let before = try resident()
            var most = 0
            for step in 0..<150 {
                let counts = (0..<4).map { _ in
                    Int.random(in: 250_000...3_000_000, using: &numbers)
                }
                most = max(most, counts.reduce(0, +) * 4)
                let tensors = counts.map { Tensor.ones([$0]) * Double(step) }
                for (count, tensor) in zip(counts, tensors) {
                    #expect(tensor[0..<1].item() == Double(step))
                    #expect(tensor[(count - 1)..<count].item() == Double(step))
                }
            }
            // One more tensor at a time as a factor, sizes rounded up by an eighth, and what the process itself took.
            let bound = Double(most + 12_000_000) * 1.125 * 1.5 + 30e6
            #expect(try Double(resident() - before) < bound)
        }
    }

    @Test func tensorsOfAllSizesHoldTheirNumbers() async {
        await #expect(processExitsWith: .success) {
            Engine.poolMemory()
            for count in [0, 1, 16_000, 16_383, 16_384, 16_385, 100_000, 1_000_003] {
                let tensors = (0..<5).map { Tensor.ones([count]) * Double($0) }
                for (value, tensor) in tensors.enumerated() {
                    let elements: [Float] = tensor.elements()
                    #expect(elements.count == count)
                    #expect(elements.allSatisfy { $0 == Float(value) })
                }
            }
        }
    }
}
