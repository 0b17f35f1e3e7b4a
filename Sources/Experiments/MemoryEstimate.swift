internal import Recommenders
internal import Torch
internal import TorchNN

/// What a training run will need, from the shapes of its parameters and the size of a step.
enum MemoryEstimate {
    /// Bytes: what the process holds now, weights with gradients and the optimizer's moments, and a step's
    /// activations, where every weight matrix that is applied to tokens keeps about two copies of its output.
    static func bytes(
        model: any Recommender, configuration: ExperimentConfiguration, tokensPerStep: Int,
        negativesPerToken: Int
    ) -> Int {
        let moments = configuration.training.optimizer.kind == .sgd ? 1 : 2
        var weights = 0
        var outputs = 0
        for (name, parameter) in model.parameters() {
            let shape = parameter.value.shape
            if parameter.isTrainable { weights += parameter.value.count * (1 + moments) }
            let isTable = name.hasSuffix("embedding.weight") || name == "ei.weight"
            if shape.count == 2 && !isTable { outputs += shape[0] }
        }
        let activations = tokensPerStep * (2 * outputs + 3 * (negativesPerToken + 1))
        return Machine.memory + 4 * (weights + activations)
    }
}
