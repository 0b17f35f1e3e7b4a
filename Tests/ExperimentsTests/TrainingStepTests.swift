import Experiments
import Foundation
import Interactions
import Recommenders
import Testing
import Torch
import TorchNN

/// What the steps and epochs of a run do to the weights, the rate and the choice of the best epoch.
struct TrainingStepTests {
    /// People of one domain of six items; each row is a person's items in order of time.
    private func dataset(_ rows: [[Int32]], rating: (_ user: Int, _ time: Int) -> Float?) throws
        -> Dataset
    {
        try ExperimentsTests.dataset(of: rows, domains: [("a", 6)], rating: rating)
    }

    /// So many people who all did the same.
    private func twins(_ count: Int) throws -> Dataset {
        try dataset([[Int32]](repeating: [1, 2, 3, 4, 5, 6], count: count)) { _, _ in nil }
    }

    private func train(
        _ yaml: String, _ changes: [String] = [], on dataset: Dataset, in run: RunDirectory,
        observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws -> [HistoryEntry] {
        try Trainer(
            ExperimentConfiguration(yaml: yaml, assignments: changes), dataset: dataset, run: run,
            observe: observe
        ).train()
        return try run.historyEntries()
    }

    /// The weights that a run starts with, and those that it ends with.
    private func weights(
        _ yaml: String, _ changes: [String] = [], on dataset: Dataset, in run: RunDirectory
    ) throws -> (first: [String: Tensor], last: [String: Tensor]) {
        let experiment = try ExperimentConfiguration(yaml: yaml, assignments: changes)
        let fresh = try Models.entry(named: experiment.model).build(
            experiment.parameters, DataShape(dataset),
            RandomSources(
                initializationSeed: RandomStream.deriveSeed(experiment.seed, "initialization"),
                dropoutSeed: 0))
        _ = try train(yaml, changes, on: dataset, in: run)
        return (fresh.state(), try SavedModel(run).model.state())
    }

    /// How far all weights moved together.
    private func distance(_ weights: (first: [String: Tensor], last: [String: Tensor])) -> Double {
        weights.first.reduce(0) { sum, entry in
            guard let last = weights.last[entry.key] else { return .nan }
            return sum + (last - entry.value).squared().sum().item()
        }.squareRoot()
    }

    private static let plain = """
        model: sasrec
        parameters: {embeddingSize: 8, layers: 1, innerSize: 8, hiddenDropout: 0, attentionDropout: 0}
        training: {epochs: 1, batchSize: 1, optimizer: {kind: sgd, learningRate: 0.001}}
        """

    /// One step of plain descent at a rate of 1 moves the weights as far as the norm that gradients are cut to.
    @Test(arguments: [0.25, 0.0625])
    func gradientsAreClipped(norm: Double) throws {
        let folder = try TemporaryFolder()
        func moved(_ clip: Double) throws -> Double {
            try distance(
                weights(
                    Self.plain,
                    ["training.optimizer.learningRate=1", "training.clipNorm=\(clip)"],
                    on: twins(1), in: folder.run("\(clip)")))
        }
        #expect(try abs(moved(norm) - norm) < 1e-3 * norm)
        #expect(try moved(0) > 0.3)
    }

    /// Four people who did the same are four steps, each nearly as long as the one step of one such person; summed
    /// gradients would be 1 + 2 + 3 + 4 of it.
    @Test func gradientsOfEarlierStepsAreForgotten() throws {
        let folder = try TemporaryFolder()
        func moved(_ people: Int, _ keeps: Bool) throws -> Double {
            try distance(
                weights(
                    Self.plain, ["training.clearsGradientsEachEpoch=\(keeps)"], on: twins(people),
                    in: folder.run("\(people)-\(keeps)")))
        }
        let one = try moved(1, false)
        #expect(one > 0)
        #expect(try abs(moved(4, false) / one - 4) < 0.2)
        #expect(try abs(moved(4, true) / one - 10) < 0.5)
    }

    /// The same person again, with weights that do not move: only dropout differs between steps and epochs.
    @Test func eachStepDropsOtherPlaces() throws {
        let folder = try TemporaryFolder()
        var losses: [Double] = []
        let entries = try train(
            Self.plain,
            [
                "training.epochs=2", "training.optimizer.learningRate=1.0e-30",
                "parameters.hiddenDropout=0.5",
            ], on: twins(3), in: folder.run("dropped")
        ) { event in
            if case .step(let progress) = event { losses.append(progress.loss) }
        }
        // Means so far: equal losses would keep them equal.
        #expect(losses.count == 6)
        #expect(Set(losses.prefix(3)).count == 3)
        #expect(entries.count == 2 && entries[0].loss != entries[1].loss)
    }

    /// The last of four steps has three quarters of its epoch behind it: shares of .375 and .875 of the cosine.
    @Test func ratesFollowTheStepsThatAreDone() throws {
        let folder = try TemporaryFolder()
        let entries = try train(
            Self.plain, ["training.epochs=2", "training.schedule={kind: cosine}"], on: twins(4),
            in: folder.run("cosine"))
        let expected = [0.691_341_716, 0.038_060_234].map { $0 * 0.001 }
        #expect(entries.count == 2)
        for (entry, rate) in zip(entries, expected) {
            #expect(abs(entry.learningRate - rate) < 1e-9)
        }
    }

    private static let factors = """
        model: biased-mf
        parameters: {width: 3, regularization: 0, clearsUnseen: false, initialDeviation: 1}
        training: {epochs: 1, batchSize: 2}
        evaluation: {task: rating, selection: MAE}
        """

    /// What no step names is decayed by (1 − rate · decay) for each of the steps all the same.
    ///
    /// Person 2's and item 6's only events have no rating. Weights are saved and validated with it.
    @Test func rowsWithoutGradientAreDecayedBeforeTheyAreRead() throws {
        let folder = try TemporaryFolder()
        let rows: [[Int32]] = [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [6, 6, 6]]
        let data = try dataset(rows) { user, time in user == 2 ? nil : Float(1 + time % 5) }
        let weights = try weights(
            Self.factors,
            [
                "training.optimizer={kind: adamw, learningRate: 0.1, weightDecay: 0.5, "
                    + "rowSparse: true}"
            ], on: data, in: folder.run("sparse"))
        // Six ratings train, two at a step: .95³.
        for (name, row) in [("user_factors", 2), ("item_factors", 5)] {
            let key = "factors.0.\(name).weight"
            let first = try #require(weights.first[key])[row]
            let last = try #require(weights.last[key])[row]
            let moved = (last - first * 0.857_375).magnitude().maximum().item()
            #expect(moved < 1e-6, "\(name) is off by \(moved)")
        }
    }

    /// The best epoch of a run on ratings is that of the smallest error.
    @Test func theSmallestErrorIsTheBest() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let run = folder.run("errors")
        let entries = try train(
            Self.factors,
            [
                "training.epochs=6", "training.batchSize=64",
                "training.optimizer={kind: adam, learningRate: 0.05}",
            ], on: dataset, in: run)
        let errors = entries.compactMap { $0.validation?.mean("MAE") }
        #expect(errors.count == 6 && Set(errors).count == 6)
        let smallest = try #require(errors.min())
        let best = try #require(entries.last { $0.isBest }?.validation?.mean("MAE"))
        #expect(best == smallest)
        let experiment = try ExperimentConfiguration(yaml: Self.factors)
        let split = try Split(experiment.data.split, dataset: dataset, seed: 0)
        let again = try Evaluator(
            experiment.evaluation, split: split, seed: 0
        ).evaluate(SavedModel(run).model, on: .validation)
        #expect(again.mean("MAE") == smallest)
    }

    @Test func validationRunsEverySoManyEpochsAndAtTheEnd() throws {
        let folder = try TemporaryFolder()
        let entries = try train(
            Self.plain, ["training.epochs=5", "training.evaluateEvery=2"], on: twins(1),
            in: folder.run("every-second"))
        #expect(entries.filter { $0.validation != nil }.map(\.epoch) == [2, 4, 5])
    }

    /// Steps so long that every epoch is worse than the one before; the two epochs of warm-up, here at the full rate,
    /// spend no patience, and the first one after them spends all of it.
    @Test func patienceIsSpentFromTheFirstEpochAfterTheWarmUp() throws {
        let folder = try TemporaryFolder()
        let entries = try train(
            Self.factors,
            [
                "training.epochs=20", "training.batchSize=1000", "training.patience=1",
                "training.optimizer={kind: sgd, learningRate: 60}",
                "training.schedule={warmupEpochs: 2, warmupStart: 1}",
            ], on: cyclicDataset(), in: folder.run("worse"))
        let errors = entries.compactMap { $0.validation?.mean("MAE") }
        #expect(errors == errors.sorted() && Set(errors).count == errors.count)
        #expect(entries.map(\.isBest) == [true, false, false])
    }

    /// A run that could have been ended by validation and was not is cut short; which of these are, their histories say.
    @Test func anEndThatCameTooEarlyIsSaid() throws {
        let folder = try TemporaryFolder()
        var seen: Set<Bool> = []
        for epochs in 2...9 {
            let run = RunDirectory(folder.url.appendingPathComponent("\(epochs)"))
            var warnings: [String] = []
            try Trainer(
                ExperimentConfiguration(
                    yaml: tinySASRec,
                    assignments: ["training.epochs=\(epochs)", "training.patience=1"]),
                dataset: cyclicDataset(), run: run
            ) {
                if case .warning(let text) = $0, text.contains("raise training.epochs") {
                    warnings.append(text)
                }
            }.train()
            let history = try run.historyEntries()
            let isCut = history.count == epochs && history.last?.isBest == true
            #expect(warnings.count == (isCut ? 1 : 0), "\(epochs): \(warnings)")
            seen.insert(isCut)
        }
        #expect(seen == [true, false])
    }
}
