import Foundation
import Interactions
import Testing

@testable import Experiments

/// A number of a file is read as it can be, or the file is refused; none reaches arithmetic that overflows.
@Suite(.serialized) struct ExtremeNumbersTests {
    private static let extremes = [
        "-9223372036854775808", "9223372036854775807", "-1", "1e308", "-1e308", "5e-324",
    ]

    /// The text with each of its numbers replaced in turn, keys that begin with one included.
    private func variants(_ text: String, by extreme: String) -> [String] {
        text.matches(of: /[:"] ?(-?[0-9][0-9.e+-]*)["\s,}]/).map { match in
            text.replacingCharacters(in: match.1.startIndex..<match.1.endIndex, with: extreme)
        }
    }

    @Test(arguments: extremes)
    func aFinishedRunIsReadOrMeasuredAnew(extreme: String) throws {
        let folder = try TemporaryFolder()
        let run = folder.run("run")
        // Few items, so that some hits are certain.
        let experiment = try ExperimentConfiguration(
            yaml: tinySASRec, assignments: ["evaluation.metrics=[HR@10, NDCG@10, HR@50]"])
        let dataset = try cyclicDataset()
        try Trainer(experiment, dataset: dataset, run: run).train()
        for file in [run.metrics, run.manifest, run.history] {
            let text = try String(contentsOf: file, encoding: .utf8)
            let others = variants(text, by: extreme)
            #expect(others.count > 5)
            // Going on takes its time: once with a file that is refused, and once with one that is not.
            var tried: Set<Bool> = []
            for other in others {
                try Data(other.utf8).write(to: file)
                let result = try? run.result()
                _ = (result?.warnings, result?.countsText, result?.protocolText)
                let isRefused = result == nil || (try? run.facts()) == nil
                guard tried.insert(isRefused).inserted else { continue }
                let again = try? Trainer(experiment, dataset: dataset, run: run)
                    .train(resume: true)
                #expect(again != nil, "\(file.lastPathComponent): \(other)")
            }
            try Data(text.utf8).write(to: file)
        }
    }
}
