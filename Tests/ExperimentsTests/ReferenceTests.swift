import Foundation
import Interactions
import Testing

@testable import Experiments
@testable import Recommenders

/// docs/experiments.md is what people write files by.
struct ReferenceTests {
    private func page() throws -> String {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return try String(
            contentsOf: root.appendingPathComponent("docs/experiments.md"), encoding: .utf8)
    }

    @Test func everyKeyAndSplitIsNamed() throws {
        let page = try page()
        for leaf in leaves(of: ExperimentConfiguration().json) {
            let path = leaf.path.joined(separator: ".")
            #expect(page.contains("`\(path)`") || page.contains("\n\(path): "), "\(path)")
        }
        for kind in SplitRule.kinds { #expect(page.contains(kind), "\(kind)") }
    }

    /// Every block of the page is a file that can be read.
    @Test func itsExamplesAreRead() throws {
        let blocks = try page().components(separatedBy: "```yaml\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        try #require(blocks.count == 2)
        #expect(try ExperimentConfiguration(yaml: blocks[0]).model == "sasrec")
        let folder = try TemporaryFolder()
        try Data("model: sasrec".utf8).write(to: folder.url.appendingPathComponent("sasrec.yaml"))
        let sweep = folder.url.appendingPathComponent("sweep.yaml")
        try Data(blocks[1].utf8).write(to: sweep)
        let plan = try SweepPlan(
            SweepFile(contentsOf: sweep), dataset: cyclicDataset(), output: folder.url)
        #expect(plan.jobs.count == 2 * 3 * 3)
    }

    /// What stands in backticks as a default or a choice is one.
    @Test(arguments: [
        "data.ties=drop", "data.ties=draw", "data.repeats=drop", "evaluation.exclusion=seen",
        "evaluation.exclusion=everything", "evaluation.exclusion=none",
        "evaluation.ties=pessimistic",
        "evaluation.ties=optimistic", "evaluation.preset=abxi", "training.optimizer.kind=adam",
        "training.optimizer.kind=sgd", "training.schedule.kind=plateau",
        "training.schedule.kind=cosine", "training.schedule.kind=exponential",
        "data.split={kind: ratio, train: 0.8, validation: 0.1}",
        "data.split={kind: time-cut, validation: 0.1, test: 0.1}",
        "data.split={kind: time-points, validation: 2024-05-01T00:00:00Z, test: 2024-06-01T00:00:00Z}",
        "data.split={kind: cold-users, target: books, share: 0.3, validationShare: 0.1}",
        "data.split=leave-one-out-per-domain",
    ])
    func choicesAreTaken(assignment: String) throws {
        _ = try ExperimentConfiguration(yaml: "model: sasrec", assignments: [assignment])
    }
}
