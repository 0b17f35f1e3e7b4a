import Foundation
import Testing

/// `evaluate` and `compare`.
struct EvaluateTests {
    /// The contract's shape; a count with a fraction would not decode.
    struct Result: Decodable, Equatable {
        struct Values: Decodable, Equatable {
            let hit5: Double?
            let hit10: Double?
            let ndcg10: Double?
            let mrr: Double?
            let auc: Double?
            let cases: Int

            enum CodingKeys: String, CodingKey {
                case hit5 = "HR@5"
                case hit10 = "HR@10"
                case ndcg10 = "NDCG@10"
                case mrr = "MRR"
                case auc = "AUC"
                case cases
            }
        }
        struct HeldOut: Decodable, Equatable {
            let events: Int
            let repeats: Int
            let tiedInTime: Int
        }
        let split: String
        let candidates: String
        let ties: String
        let exclusion: String
        let cases: Int
        let domains: [String: Values]
        let heldOut: HeldOut
        let warnings: [String]
    }

    private func result(_ workspace: Workspace, _ arguments: String...) throws -> Result {
        let output = try Tool.run(["evaluate"] + arguments + ["--json"], in: workspace.url)
        try #require(output.code == 0, "\(output.errors)")
        let result = try JSONDecoder().decode(Result.self, from: Data(output.text.utf8))
        #expect(output.errorLines == result.warnings.map { "isthmus: warning: \($0)" })
        return result
    }

    @Test(arguments: [TinyModel.popularity, .sasrec, .abxi])
    func evaluatingAgainGivesTheStoredResult(_ model: TinyModel) throws {
        let workspace = try Workspace()
        try workspace.trainTiny(model)
        let stored = try result(workspace, "run")
        #expect(stored.split == "test")
        #expect(stored.candidates == "full")
        #expect(stored.cases == 24)
        // Everybody's last event is a film; books have no case, and are there.
        #expect(stored.domains.keys.sorted() == ["book", "film"])
        #expect(stored.domains["film"]?.cases == 24 && stored.domains["book"]?.cases == 0)
        #expect(stored.domains["book"]?.hit10 == nil)
        #expect(stored.ties == "expectation" && stored.exclusion == "history")
        #expect(stored.heldOut == .init(events: 24, repeats: 0, tiedInTime: 0))
        // Of twelve films five were had, so that ten places hold the other seven whatever the model.
        #expect(
            stored.warnings == [
                "film: 24 of 24 cases have fewer than 10 competitors, so every model has a hit at 10; "
                    + "take a smaller k"
            ])
        #expect(try result(workspace, "run", "--data", "data", "--threads", "1") == stored)
    }

    @Test func otherPartAndCandidatesNeedTheDataset() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity)
        for arguments in [["--split", "validation"], ["--candidates", "sampled:3"]] {
            let refused = try Tool.run(["evaluate", "run"] + arguments, in: workspace.url)
            #expect(refused.code == 1)
            #expect(refused.errorLines.count == 1)
            #expect(refused.errors.contains("--data"))
        }
        let validation = try result(
            workspace, "run", "--data", "data", "--split", "validation")
        #expect(validation.split == "validation")
        // Everybody's second last event is a book.
        #expect(validation.domains["book"]?.cases == 24 && validation.domains["film"]?.cases == 0)
        let sampled = try result(
            workspace, "run", "--data", "data", "--candidates", "sampled:3")
        #expect(sampled.candidates == "sampled:3")
        // Among three candidates the target is always one of the best five.
        #expect(sampled.domains["film"]?.hit5 == 1)
        #expect(sampled.warnings.first?.contains("24 of 24 cases have fewer than 5") == true)
        #expect(sampled != (try result(workspace, "run")))
    }

    @Test func otherDatasetAndNoRunAreRefused() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity)
        try workspace.succeed(
            "import", "csv", "events.csv",
            "--columns", "user=user,item=item,time=time,domain=domain", "--domains", "film,book",
            "--output", "other")
        let other = try workspace.run("evaluate", "run", "--data", "other")
        #expect(other.code == 1)
        #expect(other.errors.contains("give the dataset of the run"))
        let text = try workspace.succeed("evaluate", "run").text
        #expect(
            text.hasPrefix(
                "test, candidates full, 24 cases\nties in scores: expectation; left out of the "
                    + "candidates: what the person had before\ndomain "))
    }

    @Test(arguments: [
        ["evaluate", "stopped"], ["compare", "run", "stopped"],
        ["recommend", "stopped", "--domain", "book", "--history", "film:f1"],
    ])
    func noRunAndUnfinishedRunAreRefused(_ arguments: [String]) throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity)
        let none = try Tool.run(arguments, in: workspace.url)
        #expect(none.code == 1)
        #expect(none.errors.contains("stopped: not a run directory"))
        try workspace.trainTiny(.popularity, to: "stopped")
        for name in ["metrics.json", "model.json"] {
            try FileManager.default.removeItem(at: workspace.path("stopped/\(name)"))
        }
        let stopped = try Tool.run(arguments, in: workspace.url)
        #expect(stopped.code == 1)
        #expect(stopped.errors.contains("stopped is not finished"))
    }

    @Test func comparesRuns() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity, to: "first")
        try workspace.trainTiny(.sasrec, to: "second")
        let output = try workspace.succeed("compare", "first", "second")
        #expect(output.text.contains("differences to first, paired bootstrap\n"))

        struct Comparison: Decodable {
            struct Run: Decodable {
                let run: String
                let parameters: Int
                let seconds: Double
                let result: Result
            }
            struct Difference: Decodable {
                let run: String
                let domain: String
                let metric: String
                let difference: Double
                let low: Double
                let high: Double
                let pValue: Double
                let cases: Int
            }
            let runs: [Run]
            let differences: [Difference]
        }
        let json = try workspace.succeed("compare", "first", "second", "--json").text
        let comparison = try JSONDecoder().decode(Comparison.self, from: Data(json.utf8))
        #expect(comparison.runs.map(\.run) == ["first", "second"])
        #expect(comparison.differences.map(\.metric) == ["HR@10", "NDCG@10"])
        let found = try #require(comparison.differences.last)
        let means = comparison.runs.compactMap { $0.result.domains["film"]?.ndcg10 }
        try #require(means.count == 2)
        #expect(abs(found.difference - (means[1] - means[0])) < 1e-9)
        #expect(found.low <= found.difference && found.difference <= found.high)
        #expect(found.cases == 24)
        #expect(output.text.contains("\ncommon cases: all 24\n"))
    }

    /// A run whose cases were changed after it ended, or that another version wrote, is named and not compared.
    @Test func changedResultsAreRefused() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity, to: "first")
        try workspace.trainTiny(.sasrec, to: "second")
        let users = try workspace.text("second/users.csv")
        let metrics = try workspace.text("second/metrics.json")
        let rows = users.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
        let row = try #require(rows.first { $0[6] != "0" })
        func refusal(_ text: String, _ file: String, _ original: String) throws -> String {
            try workspace.write(text, to: "second/\(file)")
            let output = try workspace.run("compare", "first", "second")
            try workspace.write(original, to: "second/\(file)")
            #expect(output.code == 1 && output.text.isEmpty && output.errorLines.count == 1)
            #expect(output.errors.contains("second/\(file)"), "\(output.errors)")
            return output.errors
        }
        let best = "1,0,0,\(row[8]),\(row[9])"
        let own = row[5...].joined(separator: ",")
        for (text, hint) in [
            (users.replacingOccurrences(of: own, with: best), "changed since"),
            (
                users.replacingOccurrences(of: "\(row.joined(separator: ","))\n", with: ""),
                "changed since"
            ),
            ("user,item,domain,group,rank,candidates\n", "another first line"),
        ] {
            #expect(try refusal(text, "users.csv", users).contains(hint))
        }
        for (old, new, hint) in [
            ("\"formatVersion\" : 2", "\"formatVersion\" : 1", "format 1"),
            ("\"cases\" : 24", "\"cases\" : 1e300", "cases"),
            ("\"HR@10\" : 1", "\"HR@10\" : -1e400", "metrics.json"),
            ("\"HR@10\" : 1", "\"HR@10\" : 1.5", "expected 0 to 1, got 1.5"),
            ("\"HR@10\" : 1", "\"HR@10\" : 0.9", "does not say what users.csv gives"),
            ("\"checksums\" :", "\"checksum\" :", "checksums: expected them of a ranking"),
            ("\"ties\" :", "\"tie\" :", "ties: expected them of a ranking"),
        ] {
            let text = metrics.replacingOccurrences(of: old, with: new)
            #expect(text != metrics)
            #expect(try refusal(text, "metrics.json", metrics).contains(hint))
        }
    }

    /// One model without randomness: another seed draws other candidates, or holds out other people.
    @Test func whatWasDrawnWithAnotherSeedIsNotCompared() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let experiment = try workspace.writeExperiment(.popularity)
        let cold = "data.split={kind: cold-users, target: film, share: 0.4, validationShare: 0.2}"
        for (name, seed, setting) in [
            ("a", "1", "evaluation.candidates=sampled:3"),
            ("b", "2", "evaluation.candidates=sampled:3"), ("c", "1", cold), ("d", "2", cold),
        ] {
            try workspace.succeed(
                "train", experiment, "--data", "data", "--output", name, "--seed", seed, "--set",
                setting)
        }
        for (first, second, hint) in [
            ("a", "b", "cases met other candidates, seed 2 against seed 1"),
            ("c", "d", "held-out cases"),
        ] {
            let output = try workspace.run("compare", first, second)
            #expect(output.code == 1 && output.text.isEmpty && output.errorLines.count == 1)
            #expect(output.errors.contains("are not comparable: "))
            #expect(output.errors.contains(hint), "\(output.errors)")
        }
        let same = try workspace.succeed("compare", "c", "c", "--json").text
        #expect(same.contains("\"difference\" : 0"))
    }

    @Test(arguments: [
        ("evaluation.candidates=sampled:3", "candidates sampled:3 against full"),
        ("evaluation.exclusion=none", "exclusion none against history"),
        ("data.split=leave-one-out-per-domain", "split "),
    ])
    func runsUnderOtherProtocolsAreNotCompared(_ assignment: String, _ hint: String) throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity, to: "first")
        try workspace.succeed(
            "train", "popularity.yaml", "--data", "data", "--output", "second",
            "--set", assignment)
        let output = try workspace.run("compare", "first", "second")
        #expect(output.code == 1)
        #expect(output.text.isEmpty)
        #expect(output.errorLines.count == 1)
        #expect(output.errors.contains(hint), "\(output.errors)")
    }
}
