import Foundation
import Testing

/// A run that was killed continues as if nothing had happened.
struct ResumeTests {
    private static let epochs = 12

    /// Kills a training run when its first state is on disk; returns whether there was time for that.
    private func kill(
        _ workspace: Workspace, _ experiment: String, to run: String
    ) throws -> Bool {
        let running = try Tool.start(
            [
                "train", experiment, "--data", "data", "--output", run, "--threads", "1",
            ], in: workspace.url)
        while running.process.isRunning, !workspace.hasState(run) { usleep(500) }
        Foundation.kill(running.process.processIdentifier, SIGKILL)
        return try running.output().code == SIGKILL
    }

    @Test(arguments: [TinyModel.sasrec, .abxi])
    func killedRunContinuesBitForBit(_ model: TinyModel) throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let experiment = try workspace.writeExperiment(model, epochs: Self.epochs)
        try workspace.succeed(
            "train", experiment, "--data", "data", "--output", "whole", "--threads", "1")
        try #require(try kill(workspace, experiment, to: "killed"), "the run ended too soon")
        #expect(!workspace.exists("killed/metrics.json"))
        let unfinished = try workspace.run("evaluate", "killed")
        #expect(unfinished.code == 1)
        #expect(unfinished.errors.contains("--resume"))

        let resumed = try workspace.succeed(
            "train", experiment, "--data", "data", "--output", "killed", "--threads", "1",
            "--resume")
        #expect(resumed.text.contains("resumed after epoch "))
        for name in ["metrics.json", "users.csv", "model.safetensors", "experiment.yaml"] {
            #expect(
                try workspace.data("whole/\(name)") == workspace.data("killed/\(name)"), "\(name)")
        }
        #expect(
            try workspace.text("killed/history.jsonl").split(separator: "\n").count
                == workspace.text("whole/history.jsonl").split(separator: "\n").count)
    }

    @Test func changedExperimentOrDataIsRefused() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let experiment = try workspace.writeExperiment(.sasrec, epochs: Self.epochs)
        try #require(try kill(workspace, experiment, to: "run"), "the run ended too soon")
        let other = try workspace.run(
            "train", experiment, "--data", "data", "--output", "run", "--resume", "--seed", "9")
        #expect(other.code == 1)
        #expect(other.errors.contains("another experiment"))

        try workspace.succeed(
            "import", "csv", "events.csv",
            "--columns", "user=user,item=item,time=time,domain=domain", "--domains", "film,book",
            "--output", "other")
        let data = try workspace.run(
            "train", experiment, "--data", "other", "--output", "run", "--resume")
        #expect(data.code == 1)
        #expect(data.errors.contains("another dataset"))
    }

    @Test func nothingToResume() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let output = try workspace.run(
            "train", try workspace.writeExperiment(.sasrec), "--data", "data", "--output", "run",
            "--resume")
        #expect(output.code == 1)
        #expect(output.errors.contains("leave out --resume"))
    }
}
