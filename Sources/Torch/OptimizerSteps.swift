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

    var raw: ct_adam_options {
        ct_adam_options(
            learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
            weight_decay: weightDecay, decoupled: isDecoupled)
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
    let raw = options.raw
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

/// What Adam keeps of a table whose rows step on their own.
public struct RowMoments {
    /// First moments [rows, width].
    public let first: Tensor
    /// Second moments [rows, width].
    public let second: Tensor
    /// The step that each row was brought to, int32 [rows].
    public let steps: Tensor

    /// Joins them.
    public init(first: Tensor, second: Tensor, steps: Tensor) {
        self.first = first
        self.second = second
        self.steps = steps
    }
}

/// One Adam or AdamW step in place on the rows of a table [rows, width] that its sparse gradient names.
///
/// A row that was left out for some steps first decays for them, weights and moments, at the present learning
/// rate; what momentum would have moved it in them is left out. A row with a gradient in every step takes Adam's
/// steps. Without decoupled decay, `weightDecay` acts in the steps that name the row alone. `step` counts from 1.
public func rowAdamStep(
    _ table: Tensor, gradient: Tensor, moments: RowMoments, step: Int, options: AdamOptions
) {
    check(
        ct_row_adam_step(
            table.pointer, gradient.pointer, moments.first.pointer, moments.second.pointer,
            moments.steps.pointer, Int64(step), options.raw),
        "rowAdamStep of \(table.shape)")
}

/// Brings the decay of all rows of a table to a step, so that it can be read as a whole.
public func settleRows(_ table: Tensor, moments: RowMoments, step: Int, options: AdamOptions) {
    check(
        ct_row_adam_settle(
            table.pointer, moments.first.pointer, moments.second.pointer, moments.steps.pointer,
            Int64(step), options.raw),
        "settleRows of \(table.shape)")
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
