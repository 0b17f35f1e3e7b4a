import Foundation
import Interactions
import RankingMetrics
import Testing

@testable import Experiments

/// A finished run evaluated again holds out, draws and ranks what its training did.
struct EvaluationRepeatTests {
    @Test(arguments: [
        "leave-one-out", "leave-one-out-per-domain", "{kind: ratio, train: 0.7, validation: 0.1}",
        "{kind: time-cut, validation: 0.1, test: 0.2}",
        "{kind: cold-users, target: films, share: 0.4, validationShare: 0.2}",
    ])
    func evaluatingAgainGivesTheStoredResult(split: String) throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let run = folder.run("run")
        let experiment = try ExperimentConfiguration(
            yaml: "{model: popularity, seed: 5}",
            assignments: ["data.split=\(split)", "evaluation.candidates=sampled:3"])
        try Trainer(experiment, dataset: dataset, run: run).train()
        let evaluation = try RunEvaluation(run)
        let stored = try evaluation.stored(part: nil, candidates: nil)
        #expect(stored.cases > 0)
        #expect(try evaluation.evaluate(on: dataset, part: .test) == stored)
    }

    /// Other candidates take the place of the preset's; the rest of the preset stays.
    @Test func candidatesReplaceThoseOfAPreset() throws {
        let folder = try TemporaryFolder()
        let rows: [[Int32]] = (0..<6).map { (user: Int) -> [Int32] in
            (0..<5).map { (step: Int) -> Int32 in Int32(1 + user + 7 * step + (step % 2) * 1010) }
        }
        let wide = try dataset(of: rows, domains: [("a", 1010), ("b", 1010)])
        let run = folder.run("run")
        let experiment = try ExperimentConfiguration(
            yaml: "{model: popularity, seed: 5, evaluation: {preset: abxi}}")
        let stored = try Trainer(experiment, dataset: wide, run: run).train()
        #expect(stored.candidates == "sampled:999")
        let evaluation = try RunEvaluation(run)
        #expect(try evaluation.evaluate(on: wide, part: .test) == stored)
        let full = try evaluation.evaluate(on: wide, part: .test, candidates: .full)
        #expect(full.candidates == "full" && full.cases == stored.cases)
        #expect(full.ties == .optimistic && full.exclusion == .seen)
        #expect(full.checksums?.candidates != stored.checksums?.candidates)
    }
}
