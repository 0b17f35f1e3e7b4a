import Foundation
import Testing

/// `train`: what it prints, writes and refuses.
struct TrainTests {
    @Test func runHoldsEverything() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let output = try workspace.succeed(
            "train", try workspace.writeExperiment(.sasrec), "--data", "data", "--output", "run",
            "--seed", "7", "--set", "training.epochs=3", "--set", "parameters.layers=2",
            "--set", "evaluation.selection=HR@5")
        let lines = output.text.split(separator: "\n")
        #expect(lines.first?.hasPrefix("sasrec: ") == true)
        #expect(lines.first?.contains(" parameters, about ") == true)
        #expect(lines.filter { $0.hasPrefix("train epoch ") }.count == 3)
        #expect(lines.filter { $0.contains(", validation HR@5 ") }.count == 3)
        #expect(output.text.contains("test, candidates full, 24 cases\n"))
        #expect(lines.last == "run: \(workspace.path("run").path)")
        for name in [
            "experiment.yaml", "manifest.json", "history.jsonl", "model.safetensors",
            "model.json", "metrics.json", "users.csv",
        ] {
            #expect(workspace.exists("run/\(name)"), "\(name)")
        }
        #expect(!workspace.exists("run/checkpoint"))
        #expect(try workspace.text("run/history.jsonl").split(separator: "\n").count == 3)
        // The file says 2 epochs and 1 layer; the options win and are written down.
        let experiment = try workspace.text("run/experiment.yaml")
        #expect(experiment.contains("seed: 7\n"))
        #expect(experiment.contains("epochs: 3\n"))
        #expect(experiment.contains("layers: 2\n"))
    }

    /// At a size that two threads share: a matrix of logits, and negatives of each position's own.
    @Test(arguments: [
        "model: sasrec\nparameters: {embeddingSize: 128, layers: 1, softmax: full",
        "model: abxi\nparameters: {embeddingSize: 128, innerSize: 256, negatives: 64",
    ])
    func memoryIsForeseenAndTwoThreadsRepeatTheirBits(model: String) throws {
        let workspace = try Workspace()
        try workspace.succeed(
            "generate", "--output", "data", "--users", "2000", "--items", "6000",
            "--events-per-user", "12", "--text-width", "0", "--image-width", "0")
        try workspace.write(
            "\(model), maximumLength: 20}\ntraining: {epochs: 1, batchSize: 256}\n",
            to: "large.yaml")
        for run in ["run", "again"] {
            try workspace.succeed(
                "train", "large.yaml", "--data", "data", "--output", run, "--threads", "2")
        }
        for name in ["model.safetensors", "metrics.json"] {
            #expect(try workspace.data("run/\(name)") == workspace.data("again/\(name)"))
        }
        struct Facts: Decodable { let estimatedMemory, peakMemory: Double }
        let facts = try JSONDecoder().decode(
            Facts.self, from: try workspace.data("run/manifest.json"))
        #expect(facts.peakMemory > Double(200 << 20))
        #expect(abs(facts.estimatedMemory / facts.peakMemory - 1) < 0.2, "\(facts)")
    }

    @Test func sameSeedGivesSameRun() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.sasrec, to: "one")
        try workspace.train(.sasrec, to: "two")
        for name in ["metrics.json", "users.csv", "model.safetensors"] {
            #expect(try workspace.data("one/\(name)") == workspace.data("two/\(name)"))
        }
    }

    @Test func writtenExperimentTrainsAgain() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.abxi, to: "one")
        try workspace.succeed(
            "train", "one/experiment.yaml", "--data", "data", "--output", "two", "--threads", "1")
        #expect(try workspace.data("one/metrics.json") == workspace.data("two/metrics.json"))
        #expect(try workspace.data("one/experiment.yaml") == workspace.data("two/experiment.yaml"))
    }

    /// Assignments, and what the one line on standard error must contain.
    @Test(arguments: [
        ("training.epoch=3", "did you mean training.epochs?"),
        ("trainin.epochs=3", "did you mean training?"),
        ("parameters.layer=3", "did you mean parameters.layers?"),
        ("model=sasrek", "did you mean sasrec?"),
        ("training.epochs=many", "training.epochs"),
        ("training.epochs=0", "at least 1"),
        ("evaluation.selection=HR@7", "one of evaluation.metrics"),
        ("evaluation.metrics=[HR@x]", "HR@k"),
        ("data.split=leave-one-outt", "did you mean \"leave-one-out\"?"),
    ])
    func wrongSettingIsNamed(_ assignment: String, _ hint: String) throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let output = try workspace.run(
            "train", try workspace.writeExperiment(.sasrec), "--data", "data", "--output", "run",
            "--set", assignment)
        #expect(output.code == 1)
        #expect(output.errorLines.count == 1)
        #expect(output.errors.hasPrefix("isthmus: "))
        #expect(output.errors.contains(hint), "\(output.errors)")
        #expect(!workspace.exists("run"))
    }

    @Test func wrongFilesAreNamed() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let experiment = try workspace.writeExperiment(.popularity)
        try workspace.write("model: [popularity\n", to: "broken.yaml")
        try workspace.write("modell: popularity\n", to: "unknown.yaml")
        let calls = [
            ("missing.yaml", "data", "missing.yaml"),
            ("brokn.yaml", "data", "did you mean broken.yaml?"),
            ("sasrec", "data", "sasrec is a model, and an experiment is a YAML file"),
            ("broken.yaml", "data", "broken.yaml"),
            ("unknown.yaml", "data", "did you mean model?"), (experiment, "nowhere", "nowhere"),
        ]
        for (file, data, hint) in calls {
            let output = try workspace.run("train", file, "--data", data, "--output", "run")
            #expect(output.code == 1)
            #expect(output.errorLines.count == 1, "\(output.errors)")
            #expect(output.errors.contains(hint))
        }
        #expect(!workspace.exists("run"))
    }

    @Test func existingOutputIsRefused() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity)
        let before = try workspace.data("run/metrics.json")
        let output = try workspace.run(
            "train", "popularity.yaml", "--data", "data", "--output", "run")
        #expect(output.code == 1)
        #expect(output.errorLines.count == 1)
        #expect(output.errors.contains("--resume"))
        #expect(try workspace.data("run/metrics.json") == before)
    }

    @Test func missingDeviceIsAnError() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let output = try workspace.run(
            "train", try workspace.writeExperiment(.popularity), "--data", "data",
            "--output", "run", "--device", "cuda:99")
        #expect(output.code == 1)
        #expect(output.errors.contains("no device cuda:99"))
    }
}
