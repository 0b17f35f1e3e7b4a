public import Torch

/// Which rule turns gradients into steps.
public enum OptimizerKind: String, Codable, Sendable, CaseIterable {
    /// Adam with decoupled weight decay; Loshchilov and Hutter 2019.
    case adamW = "adamw"
    /// Adam; Kingma and Ba 2015. Weight decay is added to the gradient.
    case adam
    /// Stochastic gradient descent, with momentum if it is set.
    case sgd
}

/// Settings of an optimizer.
public struct OptimizerConfiguration: Codable, Equatable, Sendable {
    /// The rule.
    public var kind = OptimizerKind.adamW
    /// Step size before any schedule.
    public var learningRate = 1e-3
    /// Strength of weight decay.
    public var weightDecay = 0.0
    /// Decay of Adam's first moment.
    public var beta1 = 0.9
    /// Decay of Adam's second moment.
    public var beta2 = 0.999
    /// Added to the root of Adam's second moment.
    public var epsilon = 1e-8
    /// Momentum of stochastic gradient descent.
    public var momentum = 0.0

    /// PyTorch's defaults.
    public init() {}
}

/// Steps the trainable parameters of a module by their gradients.
///
/// The rules and their order of arithmetic are PyTorch's. Parameters without a gradient are left as they are.
public final class Optimizer {
    private let configuration: OptimizerConfiguration
    private let parameters: [(name: String, parameter: Parameter)]
    private var moments: [String: Tensor] = [:]

    /// Takes the parameters of a module that are trainable now.
    public init(_ configuration: OptimizerConfiguration, module: Module) {
        self.configuration = configuration
        parameters = module.parameters().filter { $0.parameter.isTrainable }
    }

    /// The trained leaves, for clipping.
    public var leaves: [Tensor] { parameters.map(\.parameter.value) }

    /// Forgets the gradients.
    public func clearGradients() {
        for (_, parameter) in parameters { parameter.value.clearGradient() }
    }

    /// One step with the given learning rate.
    public func step(learningRate: Double) {
        let ready = parameters.compactMap { name, parameter in
            parameter.value.gradient.map { (name: name, value: parameter.value, gradient: $0) }
        }
        guard !ready.isEmpty else { return }
        switch configuration.kind {
        case .adamW, .adam:
            var options = AdamOptions(learningRate: learningRate)
            options.beta1 = configuration.beta1
            options.beta2 = configuration.beta2
            options.epsilon = configuration.epsilon
            options.weightDecay = configuration.weightDecay
            options.isDecoupled = configuration.kind == .adamW
            adamStep(
                parameters: ready.map(\.value), gradients: ready.map(\.gradient),
                firstMoments: ready.map { moment("exp_avg", $0.name, like: $0.value) },
                secondMoments: ready.map { moment("exp_avg_sq", $0.name, like: $0.value) },
                steps: ready.map { counter($0.name, like: $0.value) }, options: options)
        case .sgd:
            let isFirst = moments.isEmpty
            let momenta =
                configuration.momentum > 0
                ? ready.map { moment("momentum_buffer", $0.name, like: $0.value) } : []
            sgdStep(
                parameters: ready.map(\.value), gradients: ready.map(\.gradient), momenta: momenta,
                learningRate: learningRate, momentum: configuration.momentum,
                weightDecay: configuration.weightDecay, isFirst: isFirst)
        }
    }

    /// Everything that a later step depends on, by parameter name and kind; shares memory.
    public func state() -> [String: Tensor] { moments }

    /// Continues from a stored ``state()``.
    public func load(_ state: [String: Tensor]) {
        moments = state.mapValues { $0.copied() }
    }

    private func moment(_ kind: String, _ name: String, like value: Tensor) -> Tensor {
        if let known = moments["\(name).\(kind)"] { return known }
        let fresh = Tensor.zeros(value.shape, device: value.device)
        moments["\(name).\(kind)"] = fresh
        return fresh
    }

    private func counter(_ name: String, like value: Tensor) -> Tensor {
        if let known = moments["\(name).step"] { return known }
        let fresh = Tensor.zeros([], device: value.device)
        moments["\(name).step"] = fresh
        return fresh
    }
}
