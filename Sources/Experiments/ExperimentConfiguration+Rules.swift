public import Recommenders
internal import TorchNN

extension TrainingConfiguration {
    func validateOptimizer() throws(ConfigurationError) {
        func share(_ name: String, _ value: Double) throws(ConfigurationError) {
            try require(
                (0..<1).contains(value), "training.optimizer.\(name)",
                expected: "at least 0, below 1", got: value)
        }
        try require(
            optimizer.learningRate > 0, "training.optimizer.learningRate", expected: "above 0",
            got: optimizer.learningRate)
        try require(
            optimizer.weightDecay >= 0, "training.optimizer.weightDecay", expected: "at least 0",
            got: optimizer.weightDecay)
        try share("beta1", optimizer.beta1)
        try share("beta2", optimizer.beta2)
        try share("momentum", optimizer.momentum)
        try require(
            optimizer.epsilon > 0, "training.optimizer.epsilon", expected: "above 0",
            got: optimizer.epsilon)
        try require(
            !optimizer.rowSparse || optimizer.kind != .sgd, "training.optimizer.rowSparse",
            expected: "false beside kind: sgd", got: true)
    }

    func validateSchedule() throws(ConfigurationError) {
        try require(
            [
                ("training.schedule.warmupEpochs", schedule.warmupEpochs),
                ("training.schedule.patience", schedule.patience),
            ], in: 0...SettingRange.count.upperBound)
        try require(
            (0...1).contains(schedule.warmupStart), "training.schedule.warmupStart",
            expected: "0 to 1", got: schedule.warmupStart)
        try require(
            schedule.factor > 0, "training.schedule.factor", expected: "above 0",
            got: schedule.factor)
        try require(
            schedule.minimum >= 0 && schedule.minimum <= optimizer.learningRate,
            "training.schedule.minimum",
            expected: "0 to training.optimizer.learningRate, \(optimizer.learningRate)",
            got: schedule.minimum)
    }
}

extension ExperimentConfiguration {
    /// The model's settings, those that are not given by default.
    func modelSettings() throws(ConfigurationError) -> any ModelConfiguration {
        let entry = try Models.entry(named: model)
        do throws(ConfigurationError) {
            return try entry.settings(parameters)
        } catch {
            throw error.under("parameters")
        }
    }

    /// Builds the model; what is wrong with its settings is named by the keys of an experiment.
    func builtModel(
        _ shape: DataShape, _ random: RandomSources
    ) throws(ConfigurationError) -> any Recommender {
        let entry = try Models.entry(named: model)
        do throws(ConfigurationError) {
            return try entry.build(parameters, shape, random)
        } catch {
            throw error.path == "model" ? error : error.under("parameters")
        }
    }

    /// What is worth a word before training: settings that do nothing and are allowed to, and what is chosen unasked.
    public var notes: [String] {
        var reasons: [(reason: String, paths: [String])] = []
        for (setting, _) in idleAndSet where setting.isTolerated {
            if let place = reasons.firstIndex(where: { $0.reason == setting.reason }) {
                reasons[place].paths.append(setting.path)
            } else {
                reasons.append((setting.reason, [setting.path]))
            }
        }
        var notes = reasons.map { reason, paths in
            "\(paths.joined(separator: ", ")) \(paths.count == 1 ? "does" : "do") nothing \(reason)"
        }
        let selection = evaluation.resolved.selection
        if evaluation.selection.isEmpty, selection != "NDCG@10",
            (try? modelSettings())?.learning == .validated
        {
            notes.append(
                "the best epoch is chosen by \(selection); evaluation.selection takes another metric"
            )
        }
        return notes
    }

    /// What does nothing for the model and its task.
    public var idle: [IdleSetting] {
        guard let settings = try? modelSettings() else { return [] }
        var idle: [IdleSetting] = []
        switch settings.learning {
        case .validated:
            break
        case .ownEpochs:
            let reason = "as the parameters of \(model) say how long it is trained"
            idle += IdleSetting.all(
                ["training.epochs", "training.patience", "training.evaluateEvery"], reason)
            if training.schedule.kind == .plateau {
                idle.append(IdleSetting("training.schedule.kind", reason))
            }
        case .closedForm:
            let reason = "as \(model) is not trained by steps"
            idle.append(IdleSetting("training", reason, isTolerated: true))
        }
        var standard = evaluation
        standard.selection = ""
        if settings.learning != .validated,
            evaluation.selection != standard.resolved.selection
        {
            idle.append(
                IdleSetting(
                    "evaluation.selection", "as no epoch of \(model) is chosen",
                    isTolerated: true))
        }
        // Heads of their own leave the table of items to those of a batch.
        if settings.json[["softmax"]] == .string("full"),
            !(settings is any SplitJoinConfiguration)
        {
            idle.append(
                IdleSetting("training.optimizer.rowSparse", "beside parameters.softmax: full"))
        }
        return idle
    }
}
