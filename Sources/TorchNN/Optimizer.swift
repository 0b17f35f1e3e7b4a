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
    /// Whether Adam moves only the rows of embedding tables that a batch used, at a cost that follows them.
    ///
    /// Decay of the rows left out is made up for when they are used again, after the pass that uses them, and before
    /// every validation; moves by their momentum are not. For large tables.
    public var rowSparse = false

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

    /// Computes a loss such that its gradients are what ``step(learningRate:)`` takes.
    public func recording<Result>(_ body: () throws -> Result) rethrows -> Result {
        try configuration.rowSparse ? withSparseTableGradients(body) : body()
    }

    /// One step with the given learning rate.
    public func step(learningRate: Double) {
        var ready = parameters.compactMap { name, parameter in
            parameter.value.gradient.map { (name: name, value: parameter.value, gradient: $0) }
        }
        let options = adamOptions(learningRate)
        for (name, value, gradient) in ready where gradient.isSparse {
            // Rows without a step of their own would be decayed once more for each dense one.
            precondition(
                moments["\(name).row_steps"] != nil || moments["\(name).step"] == nil,
                "\(name): the gradient was dense, now sparse")
            let counter = counter(name, like: value)
            counter.copy(from: counter + 1)
            rowAdamStep(
                value, gradient: gradient, moments: rowMoments(name, of: value),
                step: Int(counter.item()), options: options)
        }
        ready.removeAll { $0.gradient.isSparse }
        for (name, _, _) in ready {
            precondition(
                moments["\(name).row_steps"] == nil, "\(name): the gradient was sparse, now dense")
        }
        guard !ready.isEmpty else { return }
        switch configuration.kind {
        case .adamW, .adam:
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

    /// Makes up for the decay of rows that the last steps left out, before the tables are read as a whole.
    public func settle(learningRate: Double) {
        for (name, parameter) in parameters where moments["\(name).row_steps"] != nil {
            settleRows(
                parameter.value, moments: rowMoments(name, of: parameter.value),
                step: Int(counter(name, like: parameter.value).item()),
                options: adamOptions(learningRate))
        }
    }

    private func adamOptions(_ learningRate: Double) -> AdamOptions {
        var options = AdamOptions(learningRate: learningRate)
        options.beta1 = configuration.beta1
        options.beta2 = configuration.beta2
        options.epsilon = configuration.epsilon
        options.weightDecay = configuration.weightDecay
        options.isDecoupled = configuration.kind == .adamW
        return options
    }

    /// Everything that a later step depends on, by parameter name and kind; shares memory.
    public func state() -> [String: Tensor] { moments }

    /// Continues from a stored ``state()``, which must be one that this optimizer leaves.
    public func load(_ state: [String: Tensor]) throws(ModuleError) {
        let known = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.parameter) })
        for (name, value) in state.sorted(by: { $0.key < $1.key }) {
            let dot = name.lastIndex(of: ".")
            let kind = dot.map { String(name[name.index(after: $0)...]) } ?? ""
            guard let dot, let parameter = known[String(name[..<dot])],
                kinds.contains(kind)
            else { throw .unknown([name]) }
            try Self.check(value, kind, name, of: parameter.value)
        }
        for (name, _) in parameters {
            let missing = kinds.filter { state["\(name).\($0)"] == nil && $0 != "row_steps" }
            guard missing.isEmpty || kinds.allSatisfy({ state["\(name).\($0)"] == nil }) else {
                throw .missing(missing.map { "\(name).\($0)" })
            }
        }
        moments = state.mapValues { $0.copied() }
    }

    /// What is kept of a parameter, the rows' steps last, which only sparse gradients have.
    private var kinds: [String] {
        guard configuration.kind != .sgd else { return ["momentum_buffer"] }
        return ["exp_avg", "exp_avg_sq", "step"] + (configuration.rowSparse ? ["row_steps"] : [])
    }

    private static func check(
        _ value: Tensor, _ kind: String, _ name: String, of parameter: Tensor
    ) throws(ModuleError) {
        let dtype: DType = kind == "row_steps" ? .int32 : .float32
        guard value.dtype == dtype else {
            throw .type(name: name, expected: "\(dtype)", got: "\(value.dtype)")
        }
        let shape =
            switch kind {
            case "step": [Int]()
            case "row_steps": [parameter.size(0)]
            default: parameter.shape
            }
        guard value.shape == shape else {
            throw .shape(name: name, expected: shape, got: value.shape)
        }
        guard value.count == 0 || value.isFinite else { throw .notFinite(name: name) }
        // Squares and counts.
        guard
            ["exp_avg", "momentum_buffer"].contains(kind) || value.count == 0
                || (-value.to(.float32)).maximum().item() <= 0
        else { throw .data(name: name, reason: "holds a number below 0") }
        // Beyond 2^24 a float32 no longer counts.
        if kind == "step", value.item() > 16_777_216 {
            throw .data(name: name, reason: "counts more steps than it can")
        }
    }

    /// The first of what is kept that is not finite; nil where all is.
    public var notFiniteMoment: String? {
        moments.sorted { $0.key < $1.key }.first { $0.value.count > 0 && !$0.value.isFinite }?.key
    }

    private func moment(_ kind: String, _ name: String, like value: Tensor) -> Tensor {
        if let known = moments["\(name).\(kind)"] { return known }
        let fresh = Tensor.zeros(value.shape, device: value.device)
        moments["\(name).\(kind)"] = fresh
        return fresh
    }

    private func rowMoments(_ name: String, of table: Tensor) -> RowMoments {
        let key = "\(name).row_steps"
        let steps =
            moments[key]
            ?? Tensor([Int32](repeating: 0, count: table.size(0)), device: table.device)
        moments[key] = steps
        return RowMoments(
            first: moment("exp_avg", name, like: table),
            second: moment("exp_avg_sq", name, like: table), steps: steps)
    }

    private func counter(_ name: String, like value: Tensor) -> Tensor {
        if let known = moments["\(name).step"] { return known }
        let fresh = Tensor.zeros([], device: value.device)
        moments["\(name).step"] = fresh
        return fresh
    }
}
