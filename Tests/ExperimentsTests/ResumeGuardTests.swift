import Foundation
import Testing

@testable import Experiments

/// What keeps a run from going on otherwise than it began, from losing its training, and from two writers.
@Suite(.serialized) struct ResumeGuardTests {
    private func experiment(_ assignments: String...) throws -> ExperimentConfiguration {
        try ExperimentConfiguration(yaml: tinySASRec, assignments: assignments)
    }

    /// A cosine ends with its epochs, so that more of them are another training from the first step on.
    @Test func aCosineIsNotLengthened() throws {
        let folder = try TemporaryFolder()
        let (whole, begun) = (folder.run("whole"), folder.run("begun"))
        let cosine = "training.schedule.kind=cosine"
        try Trainer(experiment(cosine), dataset: cyclicDataset(), run: whole) { event in
            guard case .epoch(let entry) = event, entry.epoch == 2 else { return }
            try? FileManager.default.copyItem(at: whole.url, to: begun.url)
        }.train()
        let error = #expect(throws: RunError.self) {
            try Trainer(
                experiment(cosine, "training.epochs=6"), dataset: cyclicDataset(), run: begun
            ).train(resume: true)
        }
        let text = error?.description ?? ""
        #expect(text.contains("training.epochs was 4, is 6"), "\(text)")
        try Trainer(experiment(cosine), dataset: cyclicDataset(), run: begun).train(resume: true)
        #expect(try Data(contentsOf: begun.weights) == Data(contentsOf: whole.weights))
    }

    /// The model's place is taken after the last epoch; when it is free again the run ends without training.
    @Test func aModelThatCannotBeWrittenLosesNoTraining() throws {
        let folder = try TemporaryFolder()
        let (whole, run) = (folder.run("whole"), folder.run("run"))
        try Trainer(experiment(), dataset: cyclicDataset(), run: whole).train()
        #expect(throws: (any Error).self) {
            try Trainer(experiment(), dataset: cyclicDataset(), run: run) { event in
                guard case .epoch(let entry) = event, entry.epoch == 4 else { return }
                try? FileManager.default.createDirectory(
                    at: run.weights.appendingPathComponent("mine"),
                    withIntermediateDirectories: true)
            }.train()
        }
        #expect(!run.isFinished)
        try FileManager.default.removeItem(at: run.weights)
        var steps = 0
        try Trainer(experiment(), dataset: cyclicDataset(), run: run) { event in
            if case .step = event { steps += 1 }
        }.train(resume: true)
        #expect(steps == 0)
        #expect(try Data(contentsOf: run.weights) == Data(contentsOf: whole.weights))
    }
}
