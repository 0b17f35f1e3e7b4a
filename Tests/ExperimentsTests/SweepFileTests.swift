import Foundation
import Interactions
import Recommenders
import Testing

@testable import Experiments

/// What a sweep's file says, and which runs follow from it.
@Suite struct SweepFileTests {
    private static let base = """
        model: abxi
        parameters: {embeddingSize: 8, innerSize: 12, domainRank: 2, invariantRank: 2, negatives: 4}
        training: {epochs: 1}
        """

    private func plan(_ text: String, in folder: TemporaryFolder) throws -> SweepPlan {
        try Data(Self.base.utf8).write(to: folder.url.appendingPathComponent("abxi.yaml"))
        let file = folder.url.appendingPathComponent("sweep.yaml")
        try Data(text.utf8).write(to: file)
        return try SweepPlan(
            SweepFile(contentsOf: file), dataset: cyclicDataset(users: 8),
            output: folder.url.appendingPathComponent("out"))
    }

    private func value(_ job: SweepPlan.Job, _ key: String) -> Int? {
        if case .int(let value) = job.configuration.parameters[[key]] { value } else { nil }
    }

    @Test func runsAndGridAndSeedsMultiply() throws {
        let plan = try plan(
            """
            experiment: abxi.yaml
            set: {training.epochs: 3}
            seeds: [5, 6]
            runs:
              - name: One
              - {name: Two, set: {parameters.innerSize: 20}}
            grid:
              parameters.heads: [1, 2]
              parameters.domainRank: [2, 3]
            """, in: TemporaryFolder())
        let points =
            ["domainRank 2, heads 1", "domainRank 2, heads 2"]
            + ["domainRank 3, heads 1", "domainRank 3, heads 2"]
        #expect(plan.variants == ["One", "Two"].flatMap { run in points.map { "\(run), \($0)" } })
        #expect(plan.baseline == "One, domainRank 2, heads 1")
        // Seed by seed: a sweep that is stopped has compared all of them at least once.
        #expect(plan.jobs.map(\.variant) == plan.variants + plan.variants)
        #expect(
            plan.jobs.map(\.seed) == Array(repeating: 5, count: 8) + Array(repeating: 6, count: 8))
        #expect(plan.jobs.map { $0.configuration.seed } == plan.jobs.map(\.seed))
        let job = plan.jobs[7]
        #expect(job.run.url.lastPathComponent == "two-domainrank-3-heads-2-5")
        #expect(value(job, "innerSize") == 20 && value(job, "heads") == 2)
        #expect(value(job, "domainRank") == 3)
        #expect(job.configuration.training.epochs == 3)
        // Resolved, as a run's own file has it.
        #expect(value(job, "invariantRank") == 2 && value(job, "maximumLength") == 47)
    }

    @Test func gridAloneNamesItsPoints() throws {
        let plan = try plan(
            "{experiment: abxi.yaml, grid: {parameters.softmax: [full, shared]}}",
            in: TemporaryFolder())
        #expect(plan.variants == ["softmax full", "softmax shared"])
        #expect(plan.jobs.map(\.seed) == [0, 0])
    }

    /// A unit of the inner width costs 4 nets x 3 maps x 8 = 96 parameters; one GCA stage of width 8 costs 2 modules of
    /// 16 x 64 + 9 x 8 = 1,096 each: 22.83 units, so that 12 + 23 is nearest.
    @Test func enlargesToTheNumberOfParametersOfAnother() throws {
        let plan = try plan(
            """
            experiment: abxi.yaml
            runs:
              - name: Host
              - {name: GCA, set: {parameters.gca.stages: [0]}}
              - {name: Enlarged, enlarge: parameters.innerSize, toMatch: GCA}
            """, in: TemporaryFolder())
        #expect(plan.jobs.map { value($0, "innerSize") } == [12, 12, 35])
    }

    /// Whatever the order in the file, and though heads divide only every second width.
    @Test func enlargesToWhatIsItselfEnlarged() throws {
        let plan = try plan(
            """
            experiment: abxi.yaml
            runs:
              - {name: First, enlarge: parameters.innerSize, toMatch: Second}
              - {name: Second, enlarge: parameters.innerSize, toMatch: Large}
              - {name: Large, set: {parameters.innerSize: 77}}
              - {name: Wide, enlarge: parameters.embeddingSize, toMatch: Even}
              - {name: Even, set: {parameters.embeddingSize: 16, parameters.heads: 2}}
            set: {parameters.heads: 2}
            """, in: TemporaryFolder())
        #expect(plan.jobs.map { value($0, "innerSize") } == [77, 77, 77, 12, 12])
        #expect(value(plan.jobs[3], "embeddingSize") == 16)
    }

    /// Three heads divide every third width.
    @Test func enlargesByWhatDivides() throws {
        let plan = try plan(
            """
            experiment: abxi.yaml
            runs:
              - {name: Wide, enlarge: parameters.embeddingSize, toMatch: Host}
              - {name: Host, set: {parameters.embeddingSize: 18}}
            set: {parameters.heads: 3}
            """, in: TemporaryFolder())
        #expect(value(plan.jobs[0], "embeddingSize") == 18)
    }

    /// In a grid a run matches the other of its own point.
    @Test func enlargesWithinAGridPoint() throws {
        let plan = try plan(
            """
            experiment: abxi.yaml
            grid: {parameters.embeddingSize: [8, 16]}
            runs:
              - {name: Enlarged, enlarge: parameters.innerSize, toMatch: GCA}
              - {name: GCA, set: {parameters.gca.stages: [0]}}
            """, in: TemporaryFolder())
        // At width 16: 2 x (32 x 64 + 64 + 64 x 16 + 16 + 4 x 16 x 17) over 4 nets x 3 x 16 a unit, as above.
        #expect(
            plan.variants == [
                "Enlarged, embeddingSize 8", "Enlarged, embeddingSize 16", "GCA, embeddingSize 8",
                "GCA, embeddingSize 16",
            ])
        #expect(plan.jobs.prefix(2).map { value($0, "innerSize") } == [35, 56])
    }

    @Test func withoutSeedsEachRunHasItsOwn() throws {
        let plan = try plan(
            "{experiment: abxi.yaml, runs: [{name: π}, {name: 書籍, set: {seed: 7}}]}",
            in: TemporaryFolder())
        #expect(plan.jobs.map(\.seed) == [0, 7])
        #expect(plan.jobs.map(\.run.url.lastPathComponent) == ["π-0", "書籍-7"])
    }

    @Test(arguments: [
        ("{experiment: abxi.yaml, seed: [1]}", "sweep.yaml: unknown key seed; did you mean seeds?"),
        ("{experiment: abxi.yaml, seeds: [1, 1]}", "seeds: expected each once"),
        ("{seeds: [1]}", "experiment: expected an experiment's file, got none"),
        ("{experiment: abxi.yaml, runs: [{nome: A}]}", "unknown key nome; did you mean name?"),
        ("{experiment: abxi.yaml, runs: [{set: {}}]}", "expected a name for each run"),
        ("{experiment: abxi.yaml, runs: [3]}", "runs: expected a list of keys and values"),
        (
            "{experiment: abxi.yaml, runs: [{name: A b}, {name: a-B}]}",
            "differ in letters or digits"
        ),
        (
            "{experiment: abxi.yaml, runs: [{name: A}], baseline: B}",
            "baseline: expected one of A, got B"
        ),
        (
            "{experiment: abxi.yaml, baseline: Z}",
            "baseline: expected none, as the sweep names no runs"
        ),
        (
            "{experiment: abxi.yaml, runs: [{name: A, enlarge: parameters.innerSize}]}",
            "enlarge and toMatch together"
        ),
        (
            "{experiment: abxi.yaml, grid: {parameters.heads: 2}}",
            "grid.parameters.heads: expected a list"
        ),
        (
            "{experiment: abxi.yaml, grid: {parameters.hads: [2]}}",
            "sweep.yaml: run hads 2: unknown key parameters.hads; did you mean parameters.heads?"
        ),
        (
            "{experiment: abxi.yaml, runs: [{name: A, enlarge: parameters.innerSize, toMatch: A}]}",
            "runs.A.toMatch: expected a run that does not wait for this one, got A"
        ),
        ("{experiment: other.yaml}", "other.yaml: no such file"),
        ("{model: abxi}", "model: this is an experiment; a sweep names one (experiment: FILE)"),
        ("experiment: [", "sweep.yaml:"),
    ])
    func refuses(text: String, reason: String) throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: (any Error).self) { try plan(text, in: folder) }
        #expect("\(error)".contains(reason), "\(error)")
    }
}
