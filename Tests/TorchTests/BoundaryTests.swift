import Foundation
import Testing
import Torch

@Suite struct BoundaryTests {
    /// In a process of its own: other tests hold handles at the same time.
    @Test func aTrainingStepLeavesNoHandlesBehind() async {
        await #expect(processExitsWith: .success) {
            let generator = Generator(seed: 1)
            let layout = JaggedLayout(lengths: [3, 0, 2])
            let targets = Tensor([1, 2, 3, 4, 0] as [Int32])
            let negatives = Tensor([0, 1, 2, 3, 4] as [Int32], shape: [5, 1])
            let parameters = [generator.normal([6, 4]), generator.normal([4, 4])]
            for parameter in parameters { parameter.requiresGradient = true }
            let moments = (0..<2).map { _ in parameters.map { Tensor.zeros($0.shape) } }
            let steps = parameters.map { _ in Tensor(0) }
            func train() throws {
                let tokens = parameters[0].rows(targets)
                let dropped = generator.dropout(tokens, probability: 0.1)
                let projected = dropped.linear(parameters[1])
                let mixed = jaggedAttention(
                    query: JaggedTensor(values: projected, layout: layout),
                    key: JaggedTensor(values: dropped, layout: layout), value: dropped,
                    keyLimits: layout.causalLimits, heads: 2)
                mixed.values.sampledSoftmaxLoss(
                    table: parameters[0], targets: targets, negatives: negatives
                ).mean().backward()
                clipGradients(of: parameters, toNorm: 1)
                adamStep(
                    parameters: parameters,
                    gradients: try parameters.map { try #require($0.gradient) },
                    firstMoments: moments[0], secondMoments: moments[1], steps: steps,
                    options: AdamOptions(learningRate: 0.01))
                for parameter in parameters { parameter.clearGradient() }
            }
            let before = Engine.liveHandles
            // The generator, targets, negatives, and four tensors for each of two parameters.
            #expect(before == 11)
            for _ in 0..<3 { try train() }
            // An optimised build would free what is not used again before the second count.
            withExtendedLifetime((generator, targets, negatives, parameters, moments, steps)) {
                #expect(Engine.liveHandles == before)
            }
        }
    }

    private func text(of folder: URL, _ suffix: String) throws -> String {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(suffix) }
            .map { try String(contentsOf: $0, encoding: .utf8) }
            .joined(separator: "\n")
    }

    @Test func everyFunctionOfTheShimIsCalledFromSwift() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let headers = try text(of: package.appending(path: "Sources/CTorch/include"), ".h")
        let library = try text(of: package.appending(path: "Sources/Torch"), ".swift")
        let tests = try text(of: package.appending(path: "Tests/TorchTests"), ".swift")
        let declarations = headers.matches(
            of: /(?m)^(?:ct_status|void|int64_t|const char \*) ?\*?(ct_\w+)\(/)
        let names = declarations.map { String($0.1) }
        print("\(names.count) functions declared by the shim")
        #expect(names.count > 50)
        #expect(Set(names).count == names.count)
        // Every name with a parenthesis at the start of a line must have been recognised above.
        #expect(headers.matches(of: /(?m)^[^\/\s#][^(]*\bct_\w+\(/).count == names.count)
        for name in names {
            let callers = name.hasSuffix("_for_test") ? tests : library
            #expect(callers.contains("\(name)("), "\(name) is called from no Swift file")
        }
    }
}
