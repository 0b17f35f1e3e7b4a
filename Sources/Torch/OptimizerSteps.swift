internal import CTorch

/// The numbers of one Adam or AdamW step.
public struct AdamOptions: Sendable, Equatable {
    /// Step size.
    public var learningRate: Double
    /// Decay of the first moment.
    public var beta1 = 0.9
    /// Decay of the second moment.
    public var beta2 = 0.999
    /// Added to the root of the second moment.
    public var epsilon = 1e-8
    /// Strength of the decay of the weights.
    public var weightDecay = 0.0
    /// Whether decay acts on the weights (AdamW) or is added to the gradient (Adam).
    public var isDecoupled = true

    /// Starts from PyTorch's defaults.
    public init(learningRate: Double) {
        self.learningRate = learningRate
    }
}

/// One Adam or AdamW step in place over parallel lists; `steps` holds one float32 scalar per parameter.
public func adamStep(
    parameters: [Tensor], gradients: [Tensor], firstMoments: [Tensor], secondMoments: [Tensor],
    steps: [Tensor], options: AdamOptions
) {
    require(
        [gradients, firstMoments, secondMoments, steps].allSatisfy { $0.count == parameters.count },
        "adamStep: \(parameters.count) parameters, \(gradients.count) gradients, "
            + "\(firstMoments.count) and \(secondMoments.count) moments, \(steps.count) steps")
    let raw = ct_adam_options(
        learning_rate: options.learningRate, beta1: options.beta1, beta2: options.beta2,
        epsilon: options.epsilon, weight_decay: options.weightDecay, decoupled: options.isDecoupled)
    withPointers(parameters) { parameterList in
        withPointers(gradients) { gradientList in
            withPointers(firstMoments) { firstList in
                withPointers(secondMoments) { secondList in
                    withPointers(steps) { stepList in
                        check(
                            ct_adam_step(
                                parameterList, gradientList, firstList, secondList, stepList,
                                Int32(parameters.count), raw),
                            "adamStep")
                    }
                }
            }
        }
    }
}

/// One step of stochastic gradient descent in place; `momenta` is empty without momentum.
public func sgdStep(
    parameters: [Tensor], gradients: [Tensor], momenta: [Tensor], learningRate: Double,
    momentum: Double, weightDecay: Double, isFirst: Bool
) {
    require(
        gradients.count == parameters.count
            && (momenta.isEmpty || momenta.count == parameters.count),
        "sgdStep: \(parameters.count) parameters, \(gradients.count) gradients, "
            + "\(momenta.count) momenta")
    withPointers(parameters) { parameterList in
        withPointers(gradients) { gradientList in
            withPointers(momenta) { momentumList in
                check(
                    ct_sgd_step(
                        parameterList, gradientList, momenta.isEmpty ? nil : momentumList,
                        Int32(parameters.count), learningRate, momentum, weightDecay, isFirst),
                    "sgdStep")
            }
        }
    }
}
