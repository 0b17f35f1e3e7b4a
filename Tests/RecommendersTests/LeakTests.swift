import Foundation
import Testing
import Torch
import TorchNN

@testable import Recommenders

struct LeakTests {
    // In a process of its own: the count of live handles is the whole process's.
    @Test("a training step leaves no tensor behind")
    func trainingStep() async {
        await #expect(processExitsWith: .success) {
            let tiny = try TinyABXI(gca: .stages(0, 1, 2))
            let optimizer = Optimizer(OptimizerConfiguration(), module: tiny.model)
            func step() {
                let loss = tiny.loss([[1, 7, 8, 2, 3, 9], [10, 4, 11], [5, 12, 6, 1]])
                loss.total.backward()
                clipGradients(of: optimizer.leaves, toNorm: 1)
                optimizer.step(learningRate: 0.01)
                optimizer.clearGradients()
            }
            // The first step makes the optimizer's moments, which stay.
            step()
            let before = Engine.liveHandles
            for _ in 0..<3 { step() }
            precondition(
                Engine.liveHandles == before, "\(Engine.liveHandles) handles, before \(before)")

            // A loss that is held shows that the count would see a leak.
            func holding() -> Int {
                withExtendedLifetime(tiny.loss([[1, 7, 2]])) { Engine.liveHandles }
            }
            precondition(holding() > before, "a held loss does not count")

            tiny.model.train(false)
            func evaluate() {
                _ = tiny.states([[1, 7], [8]], domain: 0)
                _ = tiny.model.diagnostics()
            }
            evaluate()
            precondition(
                Engine.liveHandles == before, "\(Engine.liveHandles) handles, before \(before)")
        }
    }
}
