import Foundation
import Testing
import Torch

/// Adam and AdamW as their papers write them, for one list of numbers.
private struct WrittenAdam {
    var weights: [Double]
    var first: [Double]
    var second: [Double]
    var step = 0.0

    init(weights: [Double]) {
        self.weights = weights
        first = weights.map { _ in 0 }
        second = first
    }

    mutating func update(_ gradient: [Double], _ options: AdamOptions) {
        step += 1
        for index in weights.indices {
            var slope = gradient[index]
            if options.isDecoupled {
                weights[index] -= options.learningRate * options.weightDecay * weights[index]
            } else {
                slope += options.weightDecay * weights[index]
            }
            first[index] = options.beta1 * first[index] + (1 - options.beta1) * slope
            second[index] = options.beta2 * second[index] + (1 - options.beta2) * slope * slope
            let mean = first[index] / (1 - pow(options.beta1, step))
            let square = second[index] / (1 - pow(options.beta2, step))
            weights[index] -=
                options.learningRate * mean / (square.squareRoot() + options.epsilon)
        }
    }
}

@Suite struct OptimizerStepsTests {
    @Test(arguments: [true, false], [0.0, 0.1])
    func fiveAdamStepsAgreeWithTheFormulas(isDecoupled: Bool, weightDecay: Double) {
        var options = AdamOptions(learningRate: 0.05)
        options.isDecoupled = isDecoupled
        options.weightDecay = weightDecay
        options.beta1 = 0.8
        options.beta2 = 0.95
        options.epsilon = 1e-3
        for (dtype, tolerance) in [(DType.float64, 1e-12), (.float32, 1e-6)] {
            var numbers = SeededNumbers(seed: 21)
            var written = [5, 3].map { WrittenAdam(weights: numbers.doubles($0)) }
            let parameters = written.map { Tensor($0.weights).to(dtype) }
            let first = parameters.map { Tensor.zeros($0.shape, dtype: dtype) }
            let second = parameters.map { Tensor.zeros($0.shape, dtype: dtype) }
            let steps = parameters.map { _ in Tensor(0) }
            for _ in 0..<5 {
                let slopes = parameters.map { numbers.doubles($0.count) }
                adamStep(
                    parameters: parameters, gradients: slopes.map { Tensor($0).to(dtype) },
                    firstMoments: first, secondMoments: second, steps: steps, options: options)
                for index in written.indices { written[index].update(slopes[index], options) }
            }
            for index in written.indices {
                expectClose(parameters[index], written[index].weights, within: tolerance)
                expectClose(first[index], written[index].first, within: tolerance)
                expectClose(second[index], written[index].second, within: tolerance)
                #expect(steps[index].item() == 5)
            }
        }
    }

    @Test func adamStartsFromPyTorchsDefaults() {
        let options = AdamOptions(learningRate: 0.1)
        #expect([options.beta1, options.beta2, options.epsilon] == [0.9, 0.999, 1e-8])
        #expect(options.weightDecay == 0)
        #expect(options.isDecoupled)
    }

    @Test(arguments: [0.0, 0.9], [0.0, 0.1])
    func fiveDescentStepsAgreeWithTheFormulas(momentum: Double, weightDecay: Double) {
        var numbers = SeededNumbers(seed: 22)
        var weights = numbers.doubles(6)
        var buffer: [Double] = []
        let parameter = Tensor(weights)
        let momenta = momentum > 0 ? [Tensor.zeros([6], dtype: .float64)] : []
        for step in 0..<5 {
            let slope = numbers.doubles(6)
            sgdStep(
                parameters: [parameter], gradients: [Tensor(slope)], momenta: momenta,
                learningRate: 0.1, momentum: momentum, weightDecay: weightDecay,
                isFirst: step == 0)
            let decayed = zip(slope, weights).map { $0 + weightDecay * $1 }
            buffer = step == 0 ? decayed : zip(buffer, decayed).map { momentum * $0 + $1 }
            weights = zip(weights, buffer).map { $0 - 0.1 * $1 }
        }
        expectClose(parameter, weights, within: 1e-12)
    }

    @Test func stepsUpdateLeavesInPlaceUnseenByAutograd() {
        let leaf = Tensor([1] as [Float])
        leaf.requiresGradient = true
        sgdStep(
            parameters: [leaf], gradients: [Tensor([2] as [Float])], momenta: [],
            learningRate: 0.25, momentum: 0, weightDecay: 0, isFirst: true)
        #expect(leaf.elements() == [0.5] as [Float])
        #expect(leaf.requiresGradient)
    }
}
