import Foundation
import Testing

/// `sweep`: every run in a process of its own, one table.
struct SweepTests {
    private func workspace(_ more: String = "") throws -> Workspace {
        let workspace = try Workspace()
        try workspace.importTiny()
        try workspace.writeExperiment(.sasrec)
        try workspace.write(
            """
            experiment: sasrec.yaml
            seeds: [1, 2]
            runs:
              - name: One layer
              - {name: Two layers, set: {parameters.layers: 2}}
            \(more)
            """, to: "sweep.yaml")
        return workspace
    }

    @Test func trainsAllOfThemAndGoesOnWhereItStopped() throws {
        let workspace = try workspace()
        let command = [
            "sweep", "sweep.yaml", "--data", "data", "--output", "out", "--threads", "1",
        ]
        let first = try Tool.run(command + ["--jobs", "2"], in: workspace.url)
        #expect(first.code == 0, "\(first.errors)")
        for name in ["one-layer-1", "one-layer-2", "two-layers-1", "two-layers-2"] {
            #expect(workspace.exists("out/\(name)/metrics.json"), "\(name)")
        }
        #expect(
            first.text.contains("Two layers, seed 2: book HR@10 –, book NDCG@10 –, film HR@10 "))
        let table = try workspace.text("out/table.md")
        #expect(table.contains("| One layer"))
        #expect(table.contains("Differences to"))
        // The run is the one that train would have made.
        try workspace.succeed(
            "train", "sasrec.yaml", "--data", "data", "--output", "alone", "--seed", "2",
            "--threads", "1", "--set", "parameters.layers=2")
        #expect(
            try workspace.data("alone/metrics.json")
                == workspace.data("out/two-layers-2/metrics.json"))

        try FileManager.default.removeItem(at: workspace.path("out/two-layers-2"))
        let kept = try workspace.data("out/one-layer-1/manifest.json")
        let second = try Tool.run(command + ["--json"], in: workspace.url)
        #expect(second.code == 0, "\(second.errors)")
        #expect(try workspace.data("out/one-layer-1/manifest.json") == kept)
        #expect(workspace.exists("out/two-layers-2/metrics.json"))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(second.text.utf8)) as? [String: Any])
        #expect((object["rows"] as? [[String: Any]])?.count == 2)
        #expect(object["baseline"] as? String == "One layer")
        #expect(try workspace.text("out/table.md").count == table.count)

        // Another row to compare with takes no other file.
        let other = try Tool.run(
            command + ["--baseline", "Two layers", "--json"], in: workspace.url)
        #expect(other.code == 0, "\(other.errors)")
        #expect(other.text.contains("\"baseline\" : \"Two layers\""))
        #expect(try workspace.text("out/table.md").contains("Differences to Two layers"))
        let unknown = try Tool.run(command + ["--baseline", "Two"], in: workspace.url)
        #expect(
            unknown.errors
                == "isthmus: --baseline: expected one of One layer; Two layers, got Two\n")

        // What has to be measured anew is named.
        try workspace.write("{", to: "out/one-layer-2/metrics.json")
        let damaged = try Tool.run(command, in: workspace.url)
        #expect(damaged.code == 0, "\(damaged.errors)")
        #expect(damaged.errors.contains("warning: One layer, seed 2: "))
        #expect(damaged.errors.contains("metrics.json is damaged; the run is measured anew"))
    }

    @Test func settingsAreChosenOnValidation() throws {
        let workspace = try workspace("set: {evaluation.also: ['sampled:3']}")
        let command = [
            "sweep", "sweep.yaml", "--data", "data", "--output", "out", "--threads", "1",
        ]
        let refused = try Tool.run(
            command + ["--split", "validation", "--metrics", "HR@10 sampled:3"], in: workspace.url)
        #expect(refused.code != 0)
        #expect(refused.errors.contains("metrics: expected what One layer measures: HR@5"))
        #expect(!workspace.exists("out"))
        let chosen = try Tool.run(command + ["--split", "validation"], in: workspace.url)
        #expect(chosen.code == 0, "\(chosen.errors)")
        let table = try workspace.text("out/table.md")
        #expect(table.contains("Part: validation.") && !table.contains("Differences"))
        let tested = try Tool.run(
            command + ["--metrics", "HR@10,HR@10 sampled:3", "--json"], in: workspace.url)
        #expect(tested.code == 0, "\(tested.errors)")
        #expect(try workspace.text("out/table.md").contains("film HR@10 sampled:3"))
        #expect(
            try workspace.text("out/report.html").contains("HR@10 sampled:3 against parameters"))
    }

    @Test func aRunThatFailsTakesNoOtherWithIt() throws {
        // A learning rate without end makes the loss something else than a number.
        let workspace = try workspace(
            "  - {name: Broken, set: {training.optimizer.learningRate: 1.0e+30}}")
        let output = try Tool.run(
            ["sweep", "sweep.yaml", "--data", "data", "--output", "out"], in: workspace.url)
        #expect(output.code == 1)
        #expect(output.errors.contains("Broken, seed 1: "))
        #expect(output.errorLines.last?.contains("2 of 6 runs failed") == true)
        #expect(workspace.exists("out/two-layers-2/metrics.json"))
        #expect(output.text.contains("Two layers"))
    }

    /// The processes that have a word in their command line.
    private func processes(with word: String) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
            .filter { process in
                let line =
                    FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
                return String(decoding: line, as: UTF8.self).contains(word)
            }
    }

    @Test(.timeLimit(.minutes(20))) func aRunThatASignalEndsIsNamedAndTheOthersGoOn() throws {
        let workspace = try workspace(
            "  - {name: Endless, set: {training.epochs: 100000, training.patience: 100000}}")
        let sweep = try Tool.start(
            ["sweep", "sweep.yaml", "--data", "data", "--output", "out", "--threads", "1"],
            in: workspace.url)
        var killed: Set<pid_t> = []
        while sweep.process.isRunning {
            // Both seeds of it.
            for process in try processes(with: "\(workspace.url.path)/out/endless-")
            where !killed.contains(process) && process != sweep.process.processIdentifier {
                kill(process, SIGKILL)
                killed.insert(process)
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
        let output = try sweep.output()
        #expect(output.code == 1)
        #expect(output.text.contains("6 runs to train, 1 at a time, with 1 thread each\n"))
        #expect(
            output.errors.contains(
                "Endless, seed 2: its process was ended by signal 9 (killed), as the system does"))
        #expect(output.errorLines.last?.contains("2 of 6 runs failed") == true)
        #expect(workspace.exists("out/two-layers-2/metrics.json"))
        #expect(try workspace.text("out/table.md").contains("Two layers"))
    }

    @Test(.timeLimit(.minutes(20))) func theRunsEndWithTheSweep() throws {
        let workspace = try workspace("set: {training.epochs: 100000, training.patience: 100000}")
        let command = ["sweep", "sweep.yaml", "--data", "data", "--output", "out", "--jobs", "2"]
        let sweep = try Tool.start(command, in: workspace.url)
        let begun = workspace.path("out/two-layers-1/checkpoint")
        while sweep.process.isRunning, !FileManager.default.fileExists(atPath: begun.path) {
            Thread.sleep(forTimeInterval: 0.05)
        }
        // Nobody else may train where a run is under way.
        let train = [
            "train", "out/two-layers-1.yaml", "--data", "data", "--output", "out/two-layers-1",
            "--resume",
        ]
        let second = try Tool.run(train, in: workspace.url)
        #expect(second.code == 1)
        #expect(second.errors.contains("two-layers-1: another process is training there"))
        sweep.process.terminate()
        let ended = try sweep.output()
        #expect(sweep.process.terminationReason == .uncaughtSignal)
        #expect(ended.errorLines.count == 1, "\(ended.errors)")
        #expect(ended.errors.contains("told to end; 0 of 4 runs are finished"))
        #expect(ended.errors.contains("go on with: "))
        #expect(try processes(with: "\(workspace.url.path)/out/").isEmpty)
        let before = workspace.checkpoint(of: "out/two-layers-1")
        let alone = try Tool.start(train, in: workspace.url)
        // It trains where the sweep's run did when states come and go there.
        while alone.process.isRunning, workspace.checkpoint(of: "out/two-layers-1") == before {
            Thread.sleep(forTimeInterval: 0.05)
        }
        #expect(alone.process.isRunning, "the sweep's run still holds the directory")
        // What a killed sweep left running keeps its log.
        try workspace.write("the run's own\n", to: "out/two-layers-1.log")
        try workspace.write(
            """
            experiment: sasrec.yaml
            seeds: [1]
            set: {training.epochs: 100000, training.patience: 100000, parameters.layers: 2}
            runs: [{name: Two layers}]
            """, to: "alone.yaml")
        let beside = try Tool.run(
            ["sweep", "alone.yaml", "--data", "data", "--output", "out"], in: workspace.url)
        #expect(beside.code == 1)
        #expect(beside.errors.contains("two-layers-1: another process is training there"))
        #expect(try workspace.text("out/two-layers-1.log") == "the run's own\n")
        kill(alone.process.processIdentifier, SIGKILL)
        alone.process.waitUntilExit()
    }

    @Test func refusesWhatMakesNoSense() throws {
        let workspace = try workspace()
        let jobs = try Tool.run(
            ["sweep", "sweep.yaml", "--data", "data", "--output", "out", "--jobs", "0"],
            in: workspace.url)
        #expect(jobs.code == 2)
        #expect(jobs.errors.contains("--jobs: expected at least 1, got 0."))
        try workspace.write("experiment: nothing.yaml\n", to: "sweep.yaml")
        let file = try Tool.run(
            ["sweep", "sweep.yaml", "--data", "data", "--output", "out"], in: workspace.url)
        #expect(file.code == 1)
        #expect(file.errorLines.count == 1)
        #expect(file.errors.contains("nothing.yaml: no such file"))
        #expect(!workspace.exists("out"))
    }
}
