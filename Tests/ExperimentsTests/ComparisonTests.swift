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
}
