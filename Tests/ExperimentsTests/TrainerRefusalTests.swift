import Experiments
import Foundation
import Interactions
import Testing

/// What is refused before anything is trained.
struct TrainerRefusalTests {
    /// More negatives than there are items: the first batch cannot be made.
    @Test func aRunThatNeverBeganLeavesItsPlaceFree() throws {
        let folder = try TemporaryFolder()
        let experiment = try ExperimentConfiguration(
            yaml: tinyABXI, assignments: ["parameters.negatives=1000"])
        let run = folder.run("run")
        let error = try #require(throws: TooFewItems.self) {
            try Trainer(experiment, dataset: cyclicDataset(), run: run).train()
        }
        #expect(
            error.description.hasPrefix("1000 negatives: books has only ")
                && (1...15).contains(error.available))
        try Trainer(
            ExperimentConfiguration(yaml: tinySASRec), dataset: cyclicDataset(), run: run
        ).train()
        #expect(run.isFinished)
    }

    /// Too many candidates for the test alone; it comes after all training.
    @Test func aTestThatCannotBeDrawnStopsARunBeforeItTrains() throws {
        let folder = try TemporaryFolder()
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec, assignments: ["evaluation.also=[sampled:3, sampled:999]"])
        let run = folder.run("run")
        var events = 0
        let error = try #require(throws: TooFewItems.self) {
            try Trainer(experiment, dataset: cyclicDataset(), run: run) { _ in events += 1 }.train()
        }
        #expect(error.drawn == "sampled:999" && error.user?.hasPrefix("user-") == true)
        #expect(["books", "films"].contains(error.domain) && (1..<15).contains(error.available))
        #expect(events == 0 && !FileManager.default.fileExists(atPath: run.url.path))
    }

    /// Without a validation case no epoch is the best; that is known before the first.
    @Test func nothingToValidateOnStopsARunBeforeItTrains() throws {
        let folder = try TemporaryFolder()
        let split = "data.split={kind: ratio, train: 0.8, validation: 0}"
        let run = folder.run("run")
        #expect(throws: EvaluationError.noCases(part: "validation", reason: "no event is held out"))
        {
            try Trainer(
                ExperimentConfiguration(yaml: tinySASRec, assignments: [split]),
                dataset: cyclicDataset(), run: run
            ).train()
        }
        #expect(!FileManager.default.fileExists(atPath: run.url.path))
        // What is computed in one go needs none.
        try Trainer(
            ExperimentConfiguration(yaml: "model: popularity", assignments: [split]),
            dataset: cyclicDataset(), run: run
        ).train()
        #expect(run.isFinished)
    }

    @Test func aPlaceThatCannotBeMadeIsNamed() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("file")
        try Data().write(to: file)
        let run = RunDirectory(file.appendingPathComponent("run"))
        #expect(
            throws: RunError.unreadable(
                path: run.url.path,
                reason: "a part of the path is a file, not a directory; choose another place")
        ) {
            try Trainer(
                ExperimentConfiguration(yaml: tinySASRec), dataset: cyclicDataset(), run: run
            ).train()
        }
    }

    @Test func nothingToLearnFromIsAnError() throws {
        let folder = try TemporaryFolder()
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec,
            assignments: ["data.split={kind: time-points, validation: 0, test: 3}"])
        let error = try #require(throws: SplitError.self) {
            try Trainer(experiment, dataset: cyclicDataset(), run: folder.run("run")).train()
        }
        #expect(error.description.contains("no event is left to train"))
    }
}
