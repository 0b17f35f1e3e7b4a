import Experiments
import Foundation
import Testing

struct ComparisonTests {
    @Test func aRunDiffersFromItselfByNothing() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        for name in ["a", "b"] {
            try Trainer(
                ExperimentConfiguration(yaml: "model: popularity"), dataset: dataset,
                run: folder.run(name)
            ).train()
        }
        try Trainer(
            ExperimentConfiguration(
                yaml: tinySASRec,
                assignments: ["training.epochs=40", "parameters.hiddenDropout=0"]),
            dataset: dataset, run: folder.run("c")
        ).train()
        let comparison = try RunComparison(["a", "b", "c"].map { folder.run($0) })
        #expect(comparison.runs == ["a", "b", "c"])
        let same = comparison.differences.filter { $0.run == "b" }
        #expect(same.count == 4)
        #expect(same.allSatisfy { $0.difference == 0 && $0.pValue == 1 })
        let other = comparison.differences.filter { $0.run == "c" }
        #expect(other.count == 4)
        for difference in other {
            let first = comparison.results[0].domains[difference.domain]?[difference.metric] ?? 0
            let third = comparison.results[2].domains[difference.domain]?[difference.metric] ?? 0
            #expect(abs(difference.difference - (third - first)) < 1e-9)
            #expect(
                difference.low <= difference.difference && difference.difference <= difference.high)
        }
    }

    /// Other people are held out with another seed, and ratings have no cases in a file.
    @Test func ratingsOfOtherPeopleAreNotCompared() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        for (name, model, seed) in [
            ("a", "mean-rating", 0), ("b", "mean-rating", 1), ("c", "biased-mf", 0),
        ] {
            try Trainer(
                ExperimentConfiguration(
                    yaml: """
                        model: \(model)
                        data: {split: {kind: cold-users, target: films, share: 0.4, validationShare: 0.3}}
                        evaluation: {task: rating}
                        seed: \(seed)
                        """,
                    assignments: model == "biased-mf" ? ["training.epochs=1"] : []),
                dataset: dataset, run: folder.run(name)
            ).train()
        }
        let error = #expect(throws: ComparisonError.self) {
            try RunComparison([folder.run("a"), folder.run("b")])
        }
        #expect(error?.description.contains("held-out cases") == true)
        #expect(error?.description.contains("with one seed where the split") == true)
        let alike = try RunComparison([folder.run("a"), folder.run("c")])
        #expect(alike.results[0].ratedCases == alike.results[1].ratedCases)
        #expect(alike.results[0].ratedCases != nil && alike.differences.isEmpty)
    }

    /// A number that was changed by hand is not what the cases give; the run is measured anew.
    @Test func meansThatAreNotTheirCasesAreRefused() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let experiment = try ExperimentConfiguration(yaml: "model: popularity")
        for name in ["a", "b"] {
            try Trainer(experiment, dataset: dataset, run: folder.run(name)).train()
        }
        let run = folder.run("b")
        var result = try run.result()
        result.domains["films"]?["HR@10"] = 0.125
        try JSONEncoder().encode(result).write(to: run.metrics)
        #expect(run.isFinished)
        let error = #expect(throws: RunError.self) {
            try RunComparison([folder.run("a"), run])
        }
        #expect(error?.description.contains("HR@10 of films: metrics.json does not say") == true)
        try Trainer(experiment, dataset: dataset, run: run).train(resume: true)
        #expect(try RunComparison([folder.run("a"), run]).differences.count == 4)
    }

    /// Other cases of one seed draw other candidates: another seed would change nothing about it.
    @Test func otherCasesOfOneSeedAreTheReason() throws {
        let folder = try TemporaryFolder()
        // Everybody walks in circles, so that some held-out items were had before and some were not.
        let dataset = try cyclicDataset(itemsPerDomain: 8)
        for repeats in ["keep", "drop"] {
            try Trainer(
                ExperimentConfiguration(
                    yaml: """
                        model: popularity
                        data: {repeats: \(repeats)}
                        evaluation: {candidates: "sampled:3", exclusion: none}
                        """),
                dataset: dataset, run: folder.run(repeats)
            ).train()
        }
        let error = #expect(throws: ComparisonError.self) {
            try RunComparison([folder.run("keep"), folder.run("drop")])
        }
        let text = error?.description ?? ""
        #expect(text.contains("met other candidates") && text.contains("data.repeats"), "\(text)")
    }
}
