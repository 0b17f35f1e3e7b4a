import Foundation
import Interactions
import RankingMetrics
import Testing

@testable import Experiments

/// Means over seeds and the paired test, against numbers worked out by hand.
@Suite struct SweepTableTests {
    /// Runs with the ranks of people's cases in one domain, of whom one can come up several times.
    private func runs(
        _ ranks: [KeyValuePairs<String, Int>], in folder: TemporaryFolder
    ) throws -> [MeasuredRun] {
        try ranks.enumerated().map { index, ranks in
            let run = folder.run("run-\(index)")
            try FileManager.default.createDirectory(at: run.url, withIntermediateDirectories: true)
            let writer = try UserResultsWriter(to: run.users)
            var positions: [String: Int] = [:]
            let results = ranks.map { user, rank in
                defer { positions[user, default: 0] += 1 }
                return UserResult(
                    user: user, position: positions[user, default: 0], item: "i", domain: "books",
                    groups: [], outcome: RankedCase(greater: rank - 1, equal: 0, candidates: 20),
                    candidateSet: 0)
            }
            for result in results { try writer.write(result) }
            try writer.finish()
            var measured = EvaluationResult(
                split: "test", candidates: "full", ties: .expectation, exclusion: .history,
                cases: results.count)
            measured.checksums = ResultChecksums(results)
            return MeasuredRun(
                "run-\(index)", run, ExperimentConfiguration(), Self.manifest, measured)
        }
    }

    private static let manifest = RunManifest(
        libtorch: "", seed: 0, dataset: "", model: "", parameters: 0, device: "", threads: 1,
        machine: "", started: "", seconds: 0, peakMemory: 0, estimatedMemory: 0, resumed: 0)

    /// The difference of the last two runs, one a seed, from the first two.
    private func difference(of runs: [MeasuredRun]) throws -> SweepTable.Difference {
        var cases = CaseMeans([.hitRate(at: 10)])
        return try #require(
            try cases.differences(Array(runs[0..<2]), Array(runs[2..<4])).first)
    }

    /// Cases of one person that only one of a pair has, in both of them: neither holds the other's.
    @Test func runsWithOtherCasesAreNotPaired() throws {
        let folder = try TemporaryFolder()
        let runs = try runs(
            [["a": 1, "b": 2], ["a": 1, "c": 2], ["a": 1], ["a": 1, "b": 2]], in: folder)
        var cases = CaseMeans([.hitRate(at: 10)])
        let error = try #require(throws: ComparisonError.self) {
            try cases.differences([runs[0]], [runs[1]])
        }
        #expect(
            error.description.contains(
                "held-out cases 2 (seed 0) against 2 (seed 0) with 1 in common"))
        // Some of the other's are common cases.
        #expect(try cases.differences([runs[2]], [runs[0]]).isEmpty)
        #expect(try cases.differences([runs[0]], [runs[3]]).first?.test.cases == 2)
        try Data("user\n".utf8).write(to: runs[2].directory.users)
        #expect(throws: (any Error).self) { try runs[2].cases() }
    }

    @Test func casesAreAveragedOverSeedsBeforeTheTest() throws {
        let folder = try TemporaryFolder()
        let runs = try runs(
            [
                ["a": 1, "b": 11, "c": 3, "d": 11], ["a": 1, "b": 11, "c": 11, "d": 11],
                ["a": 11, "b": 1, "c": 11, "d": 11], ["a": 11, "b": 11, "c": 11, "d": 1],
            ], in: folder)
        let found = try difference(of: runs)
        // Hits of the four cases, averaged over two seeds: 1, 0, .5, 0 against 0, .5, 0, .5.
        let expected = try #require(
            PairedBootstrap(seed: 0).compare([1, 0, 0.5, 0], [0, 0.5, 0, 0.5]))
        #expect(found.domain == "books" && found.metric == "HR@10")
        #expect(found.test.difference == 0.125)
        #expect(found.test.cases == 4)
        #expect(found.test == expected)
        // The first seed has two hits against one, the second one against one.
        #expect(found.seeds == [0.25, 0])
    }

    @Test func casesRepeatAndSeedsHaveTheirOwn() throws {
        let folder = try TemporaryFolder()
        let runs = try runs(
            [
                ["a": 1, "a": 11, "b": 1], ["b": 1, "c": 1],
                ["a": 11, "a": 11, "b": 11], ["b": 11, "c": 1],
            ], in: folder)
        let found = try difference(of: runs)
        // The cases are a's first and second, b with both seeds and c with the second alone.
        let expected = try #require(
            PairedBootstrap(seed: 0).compare([1, 0, 1, 1], [0, 0, 0, 1]))
        #expect(found.test == expected && found.test.cases == 4)
        #expect(found.seeds == [2.0 / 3, 0.5])
    }

    @Test func runsUnderOtherProtocolsAreNotTested() throws {
        let folder = try TemporaryFolder()
        try Data(tinySASRec.utf8).write(to: folder.url.appendingPathComponent("sasrec.yaml"))
        let sweep = folder.url.appendingPathComponent("sweep.yaml")
        let text = """
            experiment: sasrec.yaml
            set: {training.epochs: 1}
            seeds: [1]
            runs:
              - name: All
              - {name: Few, set: {evaluation.candidates: 'sampled:3'}}
              - {name: Count, set: {model: popularity, parameters: {}}}
            """
        try Data(text.utf8).write(to: sweep)
        let dataset = try cyclicDataset()
        let plan = try SweepPlan(
            SweepFile(contentsOf: sweep), dataset: dataset, output: folder.url)
        for job in plan.jobs {
            _ = try Trainer(job.configuration, dataset: dataset, run: job.run).train()
        }
        let table = try SweepTable(plan)
        #expect(table.rows[1].differences.isEmpty && !table.rows[2].differences.isEmpty)
        #expect(table.rows[1].incomparable?.contains("candidates sampled:3 against full") == true)
        try table.write(to: folder.url)
        let page = try String(
            contentsOf: folder.url.appendingPathComponent("table.md"), encoding: .utf8)
        #expect(page.contains("Few and All are not comparable"))
        // A count is not validated, which leaves its columns empty and the others alone.
        let validation = try SweepTable(plan, part: .validation)
        #expect(validation.rows[2].domains.isEmpty && !validation.rows[0].domains.isEmpty)
    }

    /// Each seed draws its own people and candidates, the same for both of a pair: the test is over all of them.
    @Test func seedsThatDrawPeopleAndCandidatesArePaired() throws {
        let folder = try TemporaryFolder()
        try Data("model: popularity".utf8).write(
            to: folder.url.appendingPathComponent("popularity.yaml"))
        let sweep = folder.url.appendingPathComponent("sweep.yaml")
        let text = """
            experiment: popularity.yaml
            set:
              data.split: {kind: cold-users, target: films, share: 0.4, validationShare: 0.2}
              evaluation.candidates: 'sampled:3'
            seeds: [1, 2]
            runs: [{name: Count}, {name: Again}]
            """
        try Data(text.utf8).write(to: sweep)
        let dataset = try cyclicDataset()
        let plan = try SweepPlan(
            SweepFile(contentsOf: sweep), dataset: dataset, output: folder.url)
        for job in plan.jobs {
            try Trainer(job.configuration, dataset: dataset, run: job.run).train()
        }
        let row = try #require(try SweepTable(plan).rows.last)
        #expect(row.incomparable == nil)
        let results = try plan.jobs.map { try $0.run.result() }
        #expect(results[0].checksums == results[1].checksums)
        #expect(results[0].checksums?.cases != results[2].checksums?.cases)
        for difference in row.differences {
            #expect(difference.test.difference == 0 && difference.seeds == [0, 0])
            #expect(difference.test.cases > results[0].cases)
        }
        #expect(row.differences.count == 2)
        // One seed's people are not the other's.
        #expect(throws: ComparisonError.self) {
            try RunComparison([plan.jobs[0].run, plan.jobs[2].run])
        }
    }

    @Test func tableOfATrainedSweep() throws {
        let folder = try TemporaryFolder()
        try Data(tinySASRec.utf8).write(to: folder.url.appendingPathComponent("sasrec.yaml"))
        let sweep = folder.url.appendingPathComponent("sweep.yaml")
        let text = """
            experiment: sasrec.yaml
            set: {training.epochs: 2}
            seeds: [1, 2]
            runs: [{name: Narrow}, {name: Wide, set: {parameters.innerSize: 32}}]
            """
        try Data(text.utf8).write(to: sweep)
        let dataset = try cyclicDataset()
        let output = folder.url.appendingPathComponent("out")
        let plan = try SweepPlan(
            SweepFile(contentsOf: sweep), dataset: dataset, output: output)
        #expect(try SweepTable(plan).rows.isEmpty)
        for job in plan.jobs {
            try Trainer(job.configuration, dataset: dataset, run: job.run).train()
        }
        let table = try SweepTable(plan)
        #expect(table.rows.map(\.name) == ["Narrow", "Wide"])
        #expect(table.rows.map(\.seeds) == [[1, 2], [1, 2]])
        #expect(table.rows[0].differences.isEmpty)
        // A wider inner layer: 16 more units with 8 weights in, one bias and 8 weights out.
        #expect(table.rows[1].parameters - table.rows[0].parameters == 16 * 17)
        for (row, jobs) in zip(table.rows, [[0, 2], [1, 3]]) {
            let values = try jobs.map {
                try #require(try plan.jobs[$0].run.result().domains["books"]?["HR@10"])
            }
            let value = try #require(row.domains["books"]?["HR@10"])
            #expect(abs(value.mean - (values[0] + values[1]) / 2) < 1e-12)
            // The sample deviation of two values.
            #expect(
                abs((value.deviation ?? -1) - abs(values[0] - values[1]) / 2.0.squareRoot())
                    < 1e-12)
        }
        let wide = try #require(table.rows[1].domains["books"]?["HR@10"]?.mean)
        let narrow = try #require(table.rows[0].domains["books"]?["HR@10"]?.mean)
        let difference = try #require(
            table.rows[1].differences.first { $0.domain == "books" && $0.metric == "HR@10" })
        #expect(abs(difference.test.difference - (wide - narrow)) < 1e-9)
        // What the runs measured of a group stands in the group's line.
        let groups = table.groupTable
        #expect(groups.rows.map { $0[1] } == ["few", "many", "few", "many"])
        let books = try #require(groups.columns.map(\.title).firstIndex(of: "books NDCG@10"))
        let many = try [0, 2].map {
            try #require(plan.jobs[$0].run.result().groups["many"]?["books"]?["NDCG@10"])
        }
        let shown = groups.rows[1][books]
        #expect(shown.hasPrefix(TextTable.number((many[0] + many[1]) / 2)), "\(shown)")
        let secondsToBest = try #require(table.rows[0].secondsToBest).mean
        #expect(secondsToBest > 0)
        #expect(secondsToBest <= table.rows[0].seconds.mean)
        // The plan knows finished runs that had other settings.
        try Data(text.replacing("epochs: 2", with: "epochs: 3").utf8).write(to: sweep)
        #expect(throws: RunError.self) {
            try SweepPlan(SweepFile(contentsOf: sweep), dataset: dataset, output: output)
        }
    }

    @Test func marksAreThoseOfTheTest() throws {
        func row(
            _ name: String, _ difference: Double, p: Double, seeds: [Double]
        ) -> String {
            """
            {"name": "\(name)", "seeds": [1], "groups": {}, "diagnostics": {}, "parameters": 10,
             "domains": {"books": {"HR@10": {"mean": 0.25}}}, "secondsToBest": {"mean": 1},
             "seconds": {"mean": 2}, "peakMemory": 1048576, "differences": [
                {"domain": "books", "metric": "HR@10", "test":
                    {"difference": \(difference), "low": -1, "high": 1, "pValue": \(p),
                     "cases": 9}, "seeds": \(seeds)}]}
            """
        }
        let rows = [
            row("up", 0.5, p: 0.04, seeds: [0.25, 0.75]),
            row("down", -0.5, p: 0.01, seeds: [-0.5]),
            row("same", 0.5, p: 0.05, seeds: [0.5]),
            row("one seed says no", 0.5, p: 0.01, seeds: [1.25, -0.25]),
        ]
        let json = """
            {"baseline": "base", "metrics": ["HR@10"], "part": "test", "candidates": "full",
             "runs": [], "correlations": [], "rows": [\(rows.joined(separator: ","))]}
            """
        let table = try JSONDecoder().decode(SweepTable.self, from: Data(json.utf8))
        #expect(table.table().rows.map { $0[2] } == ["0.2500 ▲", "0.2500 ▼", "0.2500", "0.2500"])
        let differences = try #require(table.sections.first { $0.title.contains("base") }).table
        #expect(
            differences.rows[1] == [
                "down", "books", "HR@10", "-0.5000", "-1.0000 to +1.0000", "0.0100", "-0.5000",
            ])
    }

    /// A run of one domain with what it measured of itself.
    private func run(
        _ series: String, x: Double?, y: Double, parameters: Int = 100
    ) -> SweepTable.Run {
        SweepTable.Run(
            name: series, series: series, seed: 1, parameters: parameters,
            domains: ["books": ["HR@10": y]],
            diagnostics: x.map { ["mean |cos| books": $0, "mean |cos| films": $0] } ?? [:])
    }

    @Test func correlationOverRuns() throws {
        let runs = [(1.0, 2.0), (2, 4), (3, 5), (4, 4), (5, 5)].map { run("a", x: $0, y: $1) }
        let found = SweepTable.Correlation.all(runs + [run("b", x: nil, y: 9)], metrics: ["HR@10"])
        // Other domains' measurements and runs that measured nothing stay out.
        let only = try #require(found.first)
        #expect(found.count == 1 && only.diagnostic == "mean |cos| books" && only.runs == 5)
        // Covariance 6, squared deviations 10 and 6: r = 6 / √60.
        #expect(abs(only.correlation - 0.7745966692414834) < 1e-12)
        // atanh r = 1.0317185, ± 1.96 / √2.
        #expect(abs(try #require(only.low) - -0.3401045563883008) < 1e-9)
        #expect(abs(try #require(only.high) - 0.9842365517309588) < 1e-9)
        #expect(
            SweepTable.Correlation(
                [(1, 1), (1, 2), (1, 3)], domain: "", metric: "", diagnostic: "") == nil)
        #expect(
            SweepTable.Correlation([(1, 1), (2, 2)], domain: "", metric: "", diagnostic: "") == nil)
    }
}
