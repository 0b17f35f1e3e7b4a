import Experiments
import Foundation
import Interactions
import Recommenders
import Testing
import Torch

@Suite(.serialized) struct TrainerTests {
    private func bytes(_ run: RunDirectory) throws -> [Data] {
        try [run.metrics, run.users, run.weights, run.model].map { try Data(contentsOf: $0) }
    }

    /// Copies the run directory after each epoch, resumes each copy, and compares what comes out byte for byte.
    @Test(arguments: [tinySASRec, tinyABXI, tinyRowSparse, tinyTriCDR])
    func aResumedRunEndsLikeAnUninterruptedOne(yaml: String) throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let experiment = try ExperimentConfiguration(yaml: yaml)
        let whole = folder.run("whole")
        var copies: [RunDirectory] = []
        var foreseen: [Int] = []
        try Trainer(experiment, dataset: dataset, run: whole) { event in
            if case .started(_, let memory, _) = event { foreseen.append(memory) }
            guard case .epoch = event else { return }
            let copy = folder.run("after-\(copies.count + 1)")
            try? FileManager.default.copyItem(at: whole.url, to: copy.url)
            copies.append(copy)
        }.train()
        #expect(copies.count >= experiment.training.epochs)
        #expect(try copies.count == whole.historyEntries().count)
        #expect(try foreseen == [whole.facts().estimatedMemory])
        for copy in copies {
            try Trainer(experiment, dataset: dataset, run: copy).train(resume: true)
            #expect(try bytes(copy) == bytes(whole), "\(copy.url.lastPathComponent)")
            let losses = try copy.historyEntries().map(\.loss)
            #expect(try losses == whole.historyEntries().map(\.loss))
        }
    }

    /// A kill between the last checkpoint and the next leaves more history than belongs to the checkpoint.
    @Test func whatAKilledRunWroteTooMuchIsCutOff() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let experiment = try ExperimentConfiguration(yaml: tinySASRec)
        let whole = folder.run("whole")
        let copy = folder.run("copy")
        try Trainer(experiment, dataset: dataset, run: whole) { event in
            guard case .epoch(let entry) = event, entry.epoch == 2 else { return }
            try? FileManager.default.copyItem(at: whole.url, to: copy.url)
        }.train()
        let handle = try FileHandle(forWritingTo: copy.history)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("{\"half\": ".utf8))
        try handle.close()
        // No process has this number.
        let half = copy.checkpoint.appendingPathComponent("epoch-3.tmp-99999999")
        try FileManager.default.createDirectory(at: half, withIntermediateDirectories: true)
        var isGone: [Bool] = []
        try Trainer(experiment, dataset: dataset, run: copy) { event in
            guard case .started = event else { return }
            isGone.append(!FileManager.default.fileExists(atPath: half.path))
        }.train(resume: true)
        #expect(isGone == [true])
        #expect(try bytes(copy) == bytes(whole))
        #expect(try copy.historyEntries().count == 4)
    }

    @Test func theSameSeedGivesTheSameRunAndAnotherSeedAnother() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] {
            let experiment = try ExperimentConfiguration(
                yaml: tinyABXI, assignments: ["seed=\(seed)"])
            try Trainer(experiment, dataset: dataset, run: folder.run(name)).train()
        }
        #expect(try bytes(folder.run("a")) == bytes(folder.run("b")))
        #expect(try bytes(folder.run("a")) != bytes(folder.run("c")))
    }

    @Test func trainingLearnsWhatFollowsWhat() throws {
        let folder = try TemporaryFolder()
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec,
            assignments: [
                "training.epochs=60", "parameters.hiddenDropout=0", "training.patience=60",
            ])
        let result = try Trainer(
            experiment, dataset: cyclicDataset(users: 120), run: folder.run("learned")
        ).train()
        // Items go round in a circle of 15, so a model that learned it is right almost always; chance is 10/15
        // for HR@10 and about 0.3 for NDCG@10.
        #expect((result.mean("NDCG@10") ?? 0) > 0.8)
    }

    @Test func theBestEpochOnValidationIsRestored() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec,
            assignments: ["training.epochs=8", "training.optimizer.learningRate=0.1"])
        let run = folder.run("best")
        try Trainer(experiment, dataset: dataset, run: run).train()
        let best = try #require(try run.historyEntries().last { $0.isBest }?.validation)
        let split = try Split(experiment.data.split, dataset: dataset, seed: experiment.seed)
        let again = try Evaluator(
            experiment.evaluation, split: split, seed: experiment.seed
        ).evaluate(SavedModel(run).model, on: .validation)
        #expect(again == best)
    }

    @Test func trainingStopsWhenPatienceIsSpent() throws {
        let folder = try TemporaryFolder()
        // With a step size of almost nothing no epoch gains after ties of the first few.
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec,
            assignments: [
                "training.epochs=200", "training.patience=3", "training.optimizer.learningRate=0.3",
            ])
        let run = folder.run("stopped")
        try Trainer(experiment, dataset: cyclicDataset(), run: run).train()
        let entries = try run.historyEntries()
        let last = try #require(entries.lastIndex { $0.isBest })
        #expect(entries.count == last + 4)
        #expect(entries.count < 200)
    }

    /// Steps too small to change a weight: validation stays exactly equal, which is no gain.
    ///
    /// The first epoch is kept.
    @Test func equalValidationSpendsPatience() throws {
        let folder = try TemporaryFolder()
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec,
            assignments: [
                "training.epochs=200", "training.patience=3",
                "training.optimizer={kind: sgd, learningRate: 1.0e-30}",
            ])
        let run = folder.run("equal")
        try Trainer(experiment, dataset: cyclicDataset(), run: run).train()
        let entries = try run.historyEntries()
        #expect(Set(entries.compactMap { $0.validation?.mean("NDCG@10") }).count == 1)
        #expect(entries.map(\.isBest) == [true, false, false, false])
    }

    @Test func aLossThatIsNoNumberStopsTheRunAndKeepsGoodWeights() throws {
        let folder = try TemporaryFolder()
        // The cosine ends the run's harm late: the first epoch is fine, later steps explode.
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec,
            assignments: [
                "training.optimizer={kind: sgd, learningRate: 1.0e+30}",
                "training.schedule={warmupEpochs: 2, warmupStart: 1.0e-33}",
            ])
        let run = folder.run("exploded")
        let error = #expect(throws: RunError.self) {
            try Trainer(experiment, dataset: cyclicDataset(), run: run).train()
        }
        guard case .lossNotFinite(let phase, let epoch, let step, let kept) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(phase == "train")
        #expect(epoch == 2)
        #expect(step > 0)
        #expect(kept == "the best epoch's weights were kept")
        let answer = try SavedModel(run).recommend(
            history: [HistoryItem(domain: "books", item: "books-01")], in: "films", count: 3)
        #expect(answer.items.allSatisfy { $0.score.isFinite })
        #expect(answer.items.count == 3)
    }

    @Test func aRunIsNotOverwrittenAndNotResumedWithOtherSettings() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let experiment = try ExperimentConfiguration(yaml: tinySASRec)
        let run = folder.run("run")
        #expect(throws: RunError.nothingToResume(path: run.url.path)) {
            try Trainer(experiment, dataset: dataset, run: run).train(resume: true)
        }
        try Trainer(experiment, dataset: dataset, run: run).train()
        #expect(throws: RunError.exists(path: run.url.path)) {
            try Trainer(experiment, dataset: dataset, run: run).train()
        }
        let other = try ExperimentConfiguration(yaml: tinySASRec, assignments: ["seed=99"])
        for (experiment, users, what) in [
            (other, 40, "seed was 3, is 99"), (experiment, 41, "dataset"),
        ] {
            let error = #expect(throws: RunError.self) {
                try Trainer(experiment, dataset: cyclicDataset(users: users), run: run)
                    .train(resume: true)
            }
            guard case .changed(let named, run.url.path) = error, named.contains(what) else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test func aFinishedRunIsNotTrainedAgain() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let experiment = try ExperimentConfiguration(yaml: tinySASRec)
        let run = folder.run("run")
        let result = try Trainer(experiment, dataset: dataset, run: run).train()
        let before = try bytes(run)
        var steps = 0
        let again = try Trainer(experiment, dataset: dataset, run: run) { event in
            if case .step = event { steps += 1 }
        }.train(resume: true)
        #expect(again == result)
        #expect(steps == 0)
        #expect(try bytes(run) == before)
    }

    @Test func aBatchCanBeEverything() throws {
        let folder = try TemporaryFolder()
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec, assignments: ["training.batchSize=\(Int32.max)"])
        let run = folder.run("run")
        try Trainer(experiment, dataset: cyclicDataset(), run: run).train()
        #expect(run.isFinished)
    }

    @Test func phasesTrainOneAfterTheOther() throws {
        let folder = try TemporaryFolder()
        let experiment = try ExperimentConfiguration(
            yaml: """
                model: emcdr
                parameters: {source: books, target: films, sourceEpochs: 3, targetEpochs: 3, bridgeEpochs: 3}
                data: {split: {kind: cold-users, target: films, share: 0.4, validationShare: 0.3}}
                training: {batchSize: 32, optimizer: {kind: adam, learningRate: 0.01}}
                evaluation: {task: rating, selection: MAE}
                """)
        let run = folder.run("emcdr")
        let result = try Trainer(experiment, dataset: cyclicDataset(), run: run).train()
        #expect(result.candidates == "ratings")
        #expect((result.domains["films"]?["MAE"] ?? 9) < 3)
        let phases = try run.historyEntries().map(\.phase)
        #expect(Set(phases).isSuperset(of: ["source", "target", "bridge"]))
        #expect(
            phases
                == phases.sorted { phases.firstIndex(of: $0) ?? 0 < phases.firstIndex(of: $1) ?? 0 }
        )
    }

    @Test func aModelOfRatingsNeedsRatings() throws {
        let folder = try TemporaryFolder()
        let rated = try cyclicDataset()
        let events = (0..<rated.eventCount).map { place in
            Event(
                user: rated.user(ofEvent: place), item: ItemID(rawValue: rated.items[place]),
                time: rated.times[place])
        }
        let unrated = try Dataset(
            catalogs: rated.catalogs, users: (0..<rated.userCount).map { "user-\($0)" },
            events: events)
        #expect(throws: EvaluationError.noRatings) {
            try Trainer(
                ExperimentConfiguration(
                    yaml: "{model: emcdr, evaluation: {task: rating, selection: MAE}}"),
                dataset: unrated, run: folder.run("run"))
        }
    }

    /// In a process of its own, because other tests make and free handles at the same time.
    @Test func handlesDoNotLeakOverTraining() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let dataset = try cyclicDataset()
            func train(_ name: String) throws {
                try Trainer(
                    ExperimentConfiguration(yaml: tinyABXI), dataset: dataset,
                    run: folder.run(name)
                ).train()
            }
            try train("first")
            let before = Engine.liveHandles
            try train("second")
            try #require(Engine.liveHandles == before)
        }
    }

    @Test func theRunDirectoryIsComplete() throws {
        let folder = try TemporaryFolder()
        let run = folder.run("run")
        try Trainer(
            ExperimentConfiguration(yaml: tinyABXI), dataset: cyclicDataset(), run: run
        ).train()
        let names = try FileManager.default.contentsOfDirectory(atPath: run.url.path).sorted()
        #expect(
            names == [
                "experiment.yaml", "history.jsonl", "manifest.json", "metrics.json", "model.json",
                "model.safetensors", "report.html", "users.csv",
            ])
        #expect(run.isFinished)
        let manifest = try JSONDecoder().decode(
            RunManifest.self, from: Data(contentsOf: run.manifest))
        #expect(manifest.parameters > 0)
        #expect(manifest.peakMemory > 1 << 20)
        #expect(manifest.dataset == (try cyclicDataset().checksum))
        let report = try String(contentsOf: run.report, encoding: .utf8)
        #expect(report.contains("<polyline") && report.contains("books"))
        // The loss, and validation by every metric.
        #expect(report.components(separatedBy: "<svg").count > 3)
        let diagnostics = try JSONDecoder().decode(
            EvaluationResult.self, from: Data(contentsOf: run.metrics)
        ).diagnostics
        #expect(diagnostics.keys.contains("mean |cos| books"))
    }
}
