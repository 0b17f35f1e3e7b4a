import Testing
import Torch
import TorchNN

/// Against `torch.optim` 2.13.0; see Fixtures/manifest.json.
struct OptimizerTests {
    private static let names = ["sgd", "sgd_momentum", "adam", "adam_decay", "adamw"]

    /// The settings of a fixture's name and its learning rate.
    private func settings(_ name: String) -> OptimizerConfiguration {
        var settings = OptimizerConfiguration()
        settings.kind = name.hasPrefix("sgd") ? .sgd : name == "adamw" ? .adamW : .adam
        settings.learningRate = settings.kind == .sgd ? 0.1 : 0.01
        switch name {
        case "sgd_momentum":
            settings.momentum = 0.9
            settings.weightDecay = 0.05
        case "adam_decay":
            settings.beta2 = 0.98
            settings.epsilon = 1e-6
            settings.weightDecay = 0.05
        case "adamw": settings.weightDecay = 0.05
        default: break
        }
        return settings
    }

    /// What a rule keeps of each parameter.
    private func kinds(_ name: String) -> [String] {
        ["sgd": [], "sgd_momentum": ["momentum_buffer"]][name] ?? ["exp_avg", "exp_avg_sq", "step"]
    }

    private final class Weights: Module {
        let weight: Parameter

        init(_ start: Tensor) { weight = Parameter(start.copied()) }
    }

    private final class Pair: Module {
        let first: Weights
        let second: Weights

        override init() {
            first = Weights(Generator(seed: 1).normal([3, 2]))
            second = Weights(Generator(seed: 2).normal([4]))
        }

        func loss() -> Tensor {
            (first.weight.value.squared().sum() - second.weight.value.sum()).squared()
        }
    }

    @Test("five steps on a quadratic, whose gradients follow the weights", arguments: names)
    func quadratic(name: String) throws {
        let fixture = try Fixture("optimizers/quadratic")
        let module = try Weights(fixture["start"])
        let settings = settings(name)
        let optimizer = Optimizer(settings, module: module)
        let (curvature, target) = try (fixture["curvature"], fixture["target"])
        for step in 0..<5 {
            optimizer.clearGradients()
            let weight = module.weight.value
            ((curvature * (weight - target).squared()).sum() * 0.5).backward()
            let gradient = try #require(weight.gradient)
            #expect(try relativeError(gradient, fixture["\(name).gradients"][step]) < 1e-5)
            optimizer.step(learningRate: settings.learningRate)
            #expect(try relativeError(weight, fixture["\(name).weights"][step]) < 1e-6)
        }
    }

    @Test("five steps on given gradients, some of which are zero", arguments: names)
    func givenGradients(name: String) throws {
        let fixture = try Fixture("optimizers/given_gradients")
        let module = try Weights(fixture["start"])
        let settings = settings(name)
        let optimizer = Optimizer(settings, module: module)
        for step in 0..<5 {
            optimizer.clearGradients()
            (module.weight.value * (try fixture["gradients"][step])).sum().backward()
            optimizer.step(learningRate: settings.learningRate)
            #expect(
                try relativeError(module.weight.value, fixture["\(name).weights"][step]) < 1e-6)
        }
    }

    @Test("the rate of a step scales it")
    func learningRate() {
        let module = Weights(Tensor([1, 2] as [Float]))
        let optimizer = Optimizer(settings("sgd"), module: module)
        // The gradient is 1: 1 - 0.25, 2 - 0.25.
        module.weight.value.sum().backward()
        optimizer.step(learningRate: 0.25)
        #expect(module.weight.value.elements() == [0.75, 1.75] as [Float])
    }

    @Test(
        "clipping scales all gradients to a joint norm, as PyTorch does",
        arguments: ["above", "below"])
    func clipping(name: String) throws {
        let fixture = try Fixture("layers/clip_grad_norm")
        let module = Pair()
        let leaves = try [0, 1].map { try Tensor.zeros(fixture["\(name).grad.\($0)"].shape) }
        for (index, leaf) in leaves.enumerated() {
            leaf.requiresGradient = true
            (leaf * (try fixture["\(name).grad.\(index)"])).sum().backward()
        }
        let norm = clipGradients(of: leaves, toNorm: 1)
        #expect(try relativeError(Tensor(norm), fixture["\(name).norm"]) < 1e-6)
        for (index, leaf) in leaves.enumerated() {
            let gradient = try #require(leaf.gradient)
            #expect(try relativeError(gradient, fixture["\(name).clipped.\(index)"]) < 1e-6)
        }
        let optimizer = Optimizer(OptimizerConfiguration(), module: module)
        #expect(optimizer.leaves.map(\.shape) == [[3, 2], [4]])
    }

    @Test("frozen parameters stay bit for bit as they are, without gradient", arguments: names)
    func frozen(name: String) {
        let module = Pair()
        let (first, second) = (
            module.first.weight.value.copied(), module.second.weight.value.copied()
        )
        module.setTrainable(prefixes: ["second."])
        let optimizer = Optimizer(settings(name), module: module)
        #expect(optimizer.leaves.count == 1)
        for _ in 0..<3 {
            optimizer.clearGradients()
            module.loss().backward()
            #expect(module.first.weight.value.gradient == nil)
            optimizer.step(learningRate: 0.01)
        }
        #expect(identical(module.first.weight.value, first))
        #expect(!identical(module.second.weight.value, second))
    }

    @Test(
        "parameters without a gradient are left alone, decay and moments included", arguments: names
    )
    func withoutGradient(name: String) {
        let module = Pair()
        let first = module.first.weight.value.copied()
        let optimizer = Optimizer(settings(name), module: module)
        module.second.weight.value.squared().sum().backward()
        optimizer.step(learningRate: 0.01)
        #expect(identical(module.first.weight.value, first))
        #expect(Set(optimizer.state().keys) == Set(kinds(name).map { "second.weight.\($0)" }))
        optimizer.clearGradients()
        #expect(module.second.weight.value.gradient == nil)
    }

    @Test("a stored state continues bit for bit", arguments: names)
    func resume(name: String) throws {
        func steps(_ count: Int, _ module: Pair, _ optimizer: Optimizer) {
            for _ in 0..<count {
                optimizer.clearGradients()
                module.loss().backward()
                optimizer.step(learningRate: 0.01)
            }
        }
        let whole = Pair()
        let optimizer = Optimizer(settings(name), module: whole)
        steps(3, whole, optimizer)
        let state = optimizer.state().mapValues { $0.copied() }
        let weights = whole.state().mapValues { $0.copied() }
        steps(3, whole, optimizer)

        let resumed = Pair()
        try resumed.load(weights)
        let second = Optimizer(settings(name), module: resumed)
        try second.load(state)
        steps(3, resumed, second)
        #expect(identical(resumed.first.weight.value, whole.first.weight.value))
        #expect(identical(resumed.second.weight.value, whole.second.weight.value))
        #expect(Set(second.state().keys) == Set(state.keys))
        // Loading copies: the steps after it left the stored state alone.
        #expect(
            Set(state.keys)
                == Set(kinds(name).flatMap { ["first.weight.\($0)", "second.weight.\($0)"] }))
        if let step = state["first.weight.step"] { #expect(step.item() == 3) }
    }

    /// What an optimizer never leaves is not taken: neither does it trap, nor do moments begin anew in silence.
    @Test func storedMomentsMustFit() throws {
        let module = Pair()
        let optimizer = Optimizer(settings("adam"), module: module)
        optimizer.clearGradients()
        module.loss().backward()
        optimizer.step(learningRate: 0.01)
        let good = optimizer.state().mapValues { $0.copied() }
        let key = "first.weight"
        func refuses(_ change: (inout [String: Tensor]) -> Void) {
            var state = good
            change(&state)
            let fresh = Optimizer(settings("adam"), module: module)
            #expect(throws: ModuleError.self) { try fresh.load(state) }
            #expect(fresh.state().isEmpty)
        }
        try Optimizer(settings("adam"), module: module).load(good)
        refuses { $0["\(key).exp_avg_sq"] = nil }
        refuses { $0["\(key).step"] = nil }
        refuses { $0["third.weight.exp_avg"] = $0["\(key).exp_avg"] }
        refuses { $0["\(key).momentum_buffer"] = $0["\(key).exp_avg"] }
        refuses { $0["\(key).row_steps"] = Tensor([Int32](repeating: 1, count: 2)) }
        refuses { $0[key] = Tensor(1) }
        refuses { $0["\(key).exp_avg"] = .zeros([1, 1, 1]) }
        refuses { $0["\(key).exp_avg"] = $0["\(key).exp_avg"]?.to(.float64) }
        refuses { $0["\(key).step"] = Tensor([1, 2] as [Float]) }
        refuses { $0["\(key).step"] = Tensor(-1) }
        refuses { $0["\(key).exp_avg_sq"] = $0["\(key).exp_avg_sq"].map { -$0 - 1 } }
        refuses { $0["\(key).exp_avg"] = $0["\(key).exp_avg"].map { $0 * Double.nan } }
    }
}
