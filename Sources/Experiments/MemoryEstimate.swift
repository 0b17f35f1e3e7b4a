internal import Recommenders
internal import Torch
internal import TorchNN

/// What a training run will need, from the shapes of its parameters and the size of a step.
enum MemoryEstimate {
    /// Bytes: what the process holds now, weights with gradients and the optimizer's moments, and a step.
    ///
    /// In a step over sequences every weight matrix that is applied to tokens keeps about two copies of its
    /// output, and every negative an index, a logit and a slope. Other steps look up one row of each table for
    /// each example and keep about three copies. Memory that is kept for later steps adds a third.
    static func bytes(
        model: any Recommender, configuration: ExperimentConfiguration, tokensPerRow: Int,
        domains: Int
    ) -> Int {
        let moments = configuration.training.optimizer.kind == .sgd ? 1 : 2
        let tables = Set(
            model.modules().compactMap { ($0 as? Embedding).map { ObjectIdentifier($0.weight) } })
        let rows = configuration.training.batchSize
        var weights = 0
        var outputs = 0
        var inputs = 0
        for (_, parameter) in model.parameters() {
            let shape = parameter.value.shape
            if parameter.isTrainable { weights += parameter.value.count * (1 + moments) }
            guard shape.count == 2 else { continue }
            inputs += shape[1]
            if !tables.contains(ObjectIdentifier(parameter)) { outputs += shape[0] }
        }
        let tokens = rows * tokensPerRow
        let steps = model.phases.map { phase -> Int in
            switch phase.examples {
            case .sequences(let negatives):
                var candidates = 1
                if case .perPosition(let count) = negatives { candidates += count * domains }
                return tokens * (2 * outputs + 3 * candidates)
            case .ratings, .sharedUsers: return rows * 3 * inputs
            case .everything: return 0
            }
        }
        return Machine.memory + 4 * (weights + (steps.max() ?? 0) * 4 / 3)
    }
}
