import Foundation
import Interactions
import RankingMetrics
import Testing

@testable import Experiments

/// What a sweep's table takes of its runs' files, and which runs it takes.
struct SweepColumnTests {
    /// Runs of a count with two seeds, one variant, finished.
    private func trained(in folder: TemporaryFolder) throws -> SweepPlan {
        try Data("model: popularity".utf8).write(
            to: folder.url.appendingPathComponent("popularity.yaml"))
        try Data("{experiment: popularity.yaml, seeds: [1, 2], runs: [{name: Count}]}".utf8)
            .write(to: folder.url.appendingPathComponent("sweep.yaml"))
        let plan = try plan(of: folder, on: cyclicDataset())
        for job in plan.jobs {
            try Trainer(job.configuration, dataset: cyclicDataset(), run: job.run).train()
        }
        return plan
    }

    private func plan(of folder: TemporaryFolder, on dataset: Dataset) throws -> SweepPlan {
        try SweepPlan(
            SweepFile(contentsOf: folder.url.appendingPathComponent("sweep.yaml")),
            dataset: dataset, output: folder.url)
    }

    /// Of three epochs the second is the best.
    @Test func theBestEpochIsShownAndWhatItTook() throws {
        let folder = try TemporaryFolder()
        let plan = try trained(in: folder)
        let entries = [0.25, 0.5, 0.125].enumerated().map { index, value in
            HistoryEntry(
                phase: "train", epoch: index + 1, loss: 1, parts: [:], learningRate: 0.1,
                seconds: 10, validationSeconds: 2, examplesPerSecond: 1,
                validation: EvaluationResult(
                    split: "validation", candidates: "full", ties: .expectation,
                    exclusion: .history, cases: 4,
                    domains: ["books": ["HR@10": value, "cases": 4]]),
                isBest: index < 2)
        }
        // A ranking without checksums would not be read.
        let checksums = try plan.jobs[0].run.result().checksums
        for job in plan.jobs {
            _ = try HistoryFile(
                job.run.history,
                entries.map { entry in
                    var entry = entry
                    entry.validation?.checksums = checksums
                    return entry
                })
            #expect(try job.run.historyEntries().count == 3)
        }
        #expect(try SweepTable(plan).rows.map(\.secondsToBest?.mean) == [24])
        let validation = try SweepTable(plan, part: .validation)
        #expect(validation.rows.map { $0.domains["books"]?["HR@10"]?.mean } == [0.5])
    }

    /// Nothing else knows how long the epochs took: no number is better than 0.
    @Test func aLostHistoryHasNoSeconds() throws {
        let folder = try TemporaryFolder()
        let plan = try trained(in: folder)
        #expect(try SweepTable(plan).rows.map(\.secondsToBest?.mean) == [0])
        let run = plan.jobs[1].run
        for damage in [nil, Data("{\"epoch\": 1}\n".utf8)] {
            try FileManager.default.removeItem(at: run.history)
            try damage?.write(to: run.history)
            let table = try SweepTable(plan)
            #expect(table.rows.map(\.secondsToBest?.mean) == [nil])
            #expect(table.rows[0].seconds.mean > 0)
            var warnings: [String] = []
            let again = try Trainer(plan.jobs[1].configuration, dataset: cyclicDataset(), run: run)
            {
                if case .warning(let text) = $0 { warnings.append(text) }
            }
            _ = try again.train(resume: true)
            #expect(
                warnings.count == 1 && warnings[0].hasPrefix("history.jsonl: lost"), "\(warnings)")
            if damage == nil { try Data().write(to: run.history) }
        }
    }

    @Test func theMostMemoryOfTheSeedsIsShown() throws {
        let folder = try TemporaryFolder()
        let plan = try trained(in: folder)
        for (job, memory) in zip(plan.jobs, [3 << 20, 7 << 20]) {
            var manifest = try job.run.facts()
            manifest.peakMemory = memory
            try RunFile.write(json: manifest, to: job.run.manifest)
        }
        #expect(try SweepTable(plan).rows.map(\.peakMemory) == [7 << 20])
    }

    @Test func runsOfOtherDataAreRefused() throws {
        let folder = try TemporaryFolder()
        _ = try trained(in: folder)
        let error = #expect(throws: RunError.self) {
            try plan(of: folder, on: cyclicDataset(users: 41))
        }
        #expect(error?.description.contains("dataset") == true)
        #expect(try SweepTable(plan(of: folder, on: cyclicDataset())).rows.count == 1)
    }

    /// A run of two people who each have one case, all with one outcome.
    private func run(
        _ name: String, _ outcome: RankedCase, _ ties: TieRule, in folder: TemporaryFolder
    ) throws -> MeasuredRun {
        let run = folder.run(name)
        try FileManager.default.createDirectory(at: run.url, withIntermediateDirectories: true)
        let results = ["ann", "bob"].map { user in
            UserResult(
                user: user, position: 0, item: "i", domain: "books", groups: [], outcome: outcome,
                candidateSet: 0)
        }
        let writer = try UserResultsWriter(to: run.users)
        for result in results { try writer.write(result) }
        try writer.finish()
        var measured = EvaluationResult(
            split: "test", candidates: "full", ties: ties, exclusion: .history,
            cases: results.count)
        measured.checksums = ResultChecksums(results)
        let manifest = RunManifest(
            libtorch: "", seed: 0, dataset: "", model: "", parameters: 0, device: "", threads: 1,
            machine: "", started: "", seconds: 0, peakMemory: 0, estimatedMemory: 0, resumed: 0)
        return MeasuredRun(name, run, ExperimentConfiguration(), manifest, measured)
    }

    /// Nine score above the targets of one run and three like them, places 10 to 13; ten score above those of its twin.
    @Test(arguments: [(TieRule.optimistic, 1), (.expectation, 0.25), (.pessimistic, 0)])
    func marksCountTiesAsTheRunsDid(ties: TieRule, difference: Double) throws {
        let folder = try TemporaryFolder()
        let own = try run("own", RankedCase(greater: 9, equal: 3, candidates: 20), ties, in: folder)
        let twin = try run(
            "twin", RankedCase(greater: 10, equal: 0, candidates: 20), ties, in: folder)
        var cases = CaseMeans([.hitRate(at: 10)])
        let found = try #require(try cases.differences([own], [twin]).first)
        #expect(found.test.difference == difference && found.seeds == [difference])
    }

    @Test func runsUnderOtherRulesOfTiesAreNotCompared() throws {
        let folder = try TemporaryFolder()
        let outcome = RankedCase(greater: 0, equal: 0, candidates: 20)
        let runs = try [TieRule.expectation, .optimistic].map {
            try run("\($0)", outcome, $0, in: folder)
        }
        let error = #expect(throws: ComparisonError.self) {
            try runs[1].check(against: runs[0])
        }
        #expect(error?.description.contains("ties optimistic against expectation") == true)
        try runs[1].check(against: runs[1])
    }
}
