import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Experiments

/// Whatever happens to a file of a run, the run goes on to the same end, or says at once which file it is and what to do.
@Suite(.serialized) struct DamagedRunTests {
    enum Damage: String, CaseIterable {
        case lost, empty, cut, random, otherRuns, directory

        func apply(to file: URL, other: URL) throws {
            let bytes = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: file)
            switch self {
            case .lost: break
            case .empty: try Data().write(to: file)
            case .cut: try bytes.prefix(bytes.count / 2).write(to: file)
            case .random: try Data((0..<64).map { UInt8($0 * 37 & 255) }).write(to: file)
            case .otherRuns: try FileManager.default.copyItem(at: other, to: file)
            case .directory:
                try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
            }
        }
    }

    private static let files = [
        "experiment.yaml", "manifest.json", "history.jsonl", "checkpoint/epoch-2/state.json",
        "checkpoint/epoch-2/weights.safetensors", "checkpoint/epoch-2/optimizer.safetensors",
    ]

    /// A whole run, and what it was after its second epoch.
    private func train(
        _ folder: TemporaryFolder, _ name: String, seed: Int
    ) throws -> (whole: RunDirectory, begun: RunDirectory) {
        let (whole, begun) = (folder.run("\(name)-whole"), folder.run("\(name)-begun"))
        try Trainer(experiment(seed), dataset: cyclicDataset(), run: whole) { event in
            guard case .epoch(let entry) = event, entry.epoch == 2 else { return }
            try? FileManager.default.copyItem(at: whole.url, to: begun.url)
        }.train()
        return (whole, begun)
    }

    private func experiment(_ seed: Int = 3) throws -> ExperimentConfiguration {
        try ExperimentConfiguration(yaml: tinySASRec, assignments: ["seed=\(seed)"])
    }

    private func bytes(_ run: RunDirectory) throws -> [Data] {
        try [run.metrics, run.users, run.weights, run.model].map { try Data(contentsOf: $0) }
    }

    @Test func aBegunRunGoesOnOrSaysWhatToDo() throws {
        let folder = try TemporaryFolder()
        let (whole, begun) = try train(folder, "own", seed: 3)
        let (_, other) = try train(folder, "other", seed: 4)
        let expected = try bytes(whole)
        let best = try #require(
            try FileManager.default.contentsOfDirectory(atPath: begun.checkpoint.path)
                .first { $0.hasPrefix("best-") })
        let othersBest = try #require(
            try FileManager.default.contentsOfDirectory(atPath: other.checkpoint.path)
                .first { $0.hasPrefix("best-") })
        var (mended, refused) = (0, 0)
        for name in Self.files + ["checkpoint/\(best)"] {
            let source = name.contains("best-") ? "checkpoint/\(othersBest)" : name
            for damage in Damage.allCases {
                let run = folder.run("\(mended + refused)")
                try FileManager.default.copyItem(at: begun.url, to: run.url)
                let file = run.url.appendingPathComponent(name)
                try damage.apply(to: file, other: other.url.appendingPathComponent(source))
                do {
                    try Trainer(experiment(), dataset: cyclicDataset(), run: run)
                        .train(resume: true)
                    mended += 1
                } catch let error as RunError {
                    refused += 1
                    let text = error.description
                    // Another run's state names files that are not this run's.
                    let named =
                        damage == .otherRuns && name.hasSuffix("state.json")
                        ? run.checkpoint.path : file.path
                    #expect(text.contains(named), "\(damage) \(name): \(text)")
                    #expect(!text.contains("\n") && !text.contains("Error"), "\(text)")
                    if text.contains("remove \(run.url.path) and train anew") {
                        // One of a file's damages shows that this is a way.
                        guard damage == .lost else { continue }
                        try FileManager.default.removeItem(at: run.url)
                        try Trainer(experiment(), dataset: cyclicDataset(), run: run).train()
                    } else {
                        // A directory stands in the way.
                        #expect(text.contains("move it away"), "\(damage) \(name): \(text)")
                        try FileManager.default.removeItem(at: file)
                        try Trainer(experiment(), dataset: cyclicDataset(), run: run)
                            .train(resume: true)
                    }
                }
                #expect(try bytes(run) == expected, "\(damage) \(name)")
                #expect(try run.historyEntries().count == 4, "\(damage) \(name)")
                try FileManager.default.removeItem(at: run.url)
            }
        }
        // Of the six files four hold what nothing else does; a directory stands in the way of the other three.
        #expect(mended == 3 * 5 && refused == 4 * 6 + 3)
    }

    /// What evaluation wrote is measured again; what training wrote cannot be.
    @Test func aFinishedRunIsMeasuredAgain() throws {
        let folder = try TemporaryFolder()
        let (whole, _) = try train(folder, "own", seed: 3)
        let expected = try bytes(whole)
        for name in ["metrics.json", "users.csv", "report.html", "manifest.json"] {
            for damage in [Damage.lost, .empty] {
                let run = folder.run("\(name)-\(damage)")
                try FileManager.default.copyItem(at: whole.url, to: run.url)
                let file = run.url.appendingPathComponent(name)
                try damage.apply(to: file, other: file)
                var notices = 0
                try Trainer(experiment(), dataset: cyclicDataset(), run: run) { event in
                    if case .warning = event { notices += 1 }
                    if case .step = event { Issue.record("it was trained again") }
                }.train(resume: true)
                #expect(try bytes(run) == expected && notices == 1, "\(damage) \(name)")
            }
        }
        for name in ["model.json", "model.safetensors", "experiment.yaml"] {
            let run = folder.run(name)
            try FileManager.default.copyItem(at: whole.url, to: run.url)
            try FileManager.default.removeItem(at: run.url.appendingPathComponent(name))
            try FileManager.default.removeItem(at: run.metrics)
            let error = #expect(throws: RunError.self) {
                try Trainer(experiment(), dataset: cyclicDataset(), run: run).train(resume: true)
            }
            #expect(error?.description.contains("remove \(run.url.path)") == true, "\(name)")
        }
    }

    /// A run that was planned while another ended in its place does not take it.
    @Test func aFinishedRunIsNeverWrittenOver() throws {
        let folder = try TemporaryFolder()
        let run = folder.run("run")
        // The slow one holds the lock until it is gone.
        do {
            let slow = try Trainer(experiment(4), dataset: cyclicDataset(), run: run)
            try Trainer(experiment(), dataset: cyclicDataset(), run: run).train()
            let before = try bytes(run)
            #expect(throws: RunError.exists(path: run.url.path)) { try slow.takePlace() }
            #expect(try bytes(run) == before)
        }
        let lock = try RunLock(run.url)
        #expect(throws: RunError.busy(path: run.url.path)) {
            try Trainer(experiment(), dataset: cyclicDataset(), run: run).train(resume: true)
        }
        withExtendedLifetime(lock) {}
        try FileManager.default.removeItem(at: run.url)
        try FileManager.default.createDirectory(at: run.url, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: run.url.appendingPathComponent("notes.txt"))
        #expect(throws: RunError.occupied(path: run.url.path, name: "notes.txt")) {
            try Trainer(experiment(), dataset: cyclicDataset(), run: run).train()
        }
    }

    /// The second epoch's only step overflows: no loss after it says so.
    @Test(arguments: ["training.schedule.factor=1e35", "training.schedule.factor=1e41"])
    func weightsThatOverflowInTheLastStepAreNoEpoch(factor: String) throws {
        let folder = try TemporaryFolder()
        let run = folder.run("run")
        let exploding = try ExperimentConfiguration(
            yaml: tinySASRec,
            assignments: [
                "training.batchSize=100000", "training.schedule.kind=exponential", factor,
            ])
        let error = #expect(throws: RunError.self) {
            try Trainer(exploding, dataset: cyclicDataset(), run: run).train()
        }
        guard case .notFinite(_, "train", 2, let kept) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(kept == "the best epoch's weights were kept")
        #expect(try SavedModel(run).model.notFiniteParameter == nil)
        #expect(!run.isFinished)
    }

    @Test func moreEpochsAreTheSameExperiment() throws {
        let folder = try TemporaryFolder()
        let (whole, begun) = try train(folder, "own", seed: 3)
        let longer = try ExperimentConfiguration(
            yaml: tinySASRec, assignments: ["training.epochs=6", "training.patience=20"])
        let expected = folder.run("longer")
        try Trainer(longer, dataset: cyclicDataset(), run: expected).train()
        try Trainer(longer, dataset: cyclicDataset(), run: begun).train(resume: true)
        #expect(try bytes(begun) == bytes(expected))
        #expect(try ExperimentConfiguration(contentsOf: begun.experiment).training.epochs == 6)

        let ended = #expect(throws: RunError.self) {
            try Trainer(longer, dataset: cyclicDataset(), run: whole).train(resume: true)
        }
        #expect(ended?.description.contains("training.epochs was 4, is 6") == true)
        let fewer = try ExperimentConfiguration(
            yaml: tinySASRec, assignments: ["training.epochs=2", "parameters.layers=2"])
        let changed = #expect(throws: RunError.self) {
            try Trainer(fewer, dataset: cyclicDataset(), run: begun).train(resume: true)
        }
        let text = changed?.description ?? ""
        #expect(text.contains("another experiment"))
        #expect(text.contains("parameters.layers was 1, is 2"))
        #expect(text.contains("training.epochs was 6, is 2"))
    }

    /// Another process can end at any moment; what it left goes at the next start.
    @Test func whatKilledProcessesLeftGoes() throws {
        let folder = try TemporaryFolder()
        let (_, begun) = try train(folder, "own", seed: 3)
        // No process has this number: the kernel's limit is 4,194,304.
        for name in ["users.csv", "metrics.json", "model.safetensors", "checkpoint/epoch-3"] {
            try Data("half".utf8).write(
                to: begun.url.appendingPathComponent("\(name).tmp-99999999"))
        }
        try Trainer(experiment(), dataset: cyclicDataset(), run: begun).train(resume: true)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: begun.url.path).sorted() == [
                "experiment.yaml", "history.jsonl", "manifest.json", "metrics.json", "model.json",
                "model.safetensors", "report.html", "users.csv",
            ])
    }
}
