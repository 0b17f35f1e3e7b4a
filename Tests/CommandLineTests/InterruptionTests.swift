import Foundation
import Testing

@testable import isthmus

/// A signal ends work in good order, and what it says is true.
struct InterruptionTests {
    private static let train = [
        "train", "endless.yaml", "--data", "data", "--output", "run", "--threads", "1",
    ]

    private func workspace() throws -> Workspace {
        let workspace = try Workspace()
        try workspace.importTiny()
        try workspace.writeExperiment(.sasrec)
        let text = try workspace.text("sasrec.yaml")
            .replacingOccurrences(of: "epochs: 2", with: "epochs: 100000, patience: 100000")
        try workspace.write(text, to: "endless.yaml")
        return workspace
    }

    private func wait(_ running: Tool.Running, until isThere: () -> Bool) {
        while running.process.isRunning, !isThere() { Thread.sleep(forTimeInterval: 0.02) }
    }

    @Test(
        .timeLimit(.minutes(20)),
        arguments: [
            (SIGINT, "interrupted"), (SIGTERM, "told to end"), (SIGHUP, "the terminal was closed"),
        ])
    func trainingSaysWhatIsKept(_ signal: Int32, _ cause: String) throws {
        let workspace = try workspace()
        let running = try Tool.start(Self.train, in: workspace.url)
        wait(running) { workspace.hasState("run") }
        kill(running.process.processIdentifier, signal)
        let output = try running.output()
        #expect(running.process.terminationReason == .uncaughtSignal && output.code == signal)
        #expect(output.errorLines.count == 1, "\(output.errors)")
        #expect(
            output.errors.hasPrefix(
                "isthmus: \(cause); \(workspace.path("run").path) is kept as of"))
        #expect(
            output.errors.contains("isthmus " + Self.train.joined(separator: " ") + " --resume\n"))
        let words = output.errors.split(separator: " ")
        let place = try #require(words.firstIndex(of: "epoch"))
        let number = words[place + 1].prefix { $0 != ";" }
        let names = workspace.checkpoint(of: "run")
        #expect(
            names.allSatisfy { $0.hasPrefix("epoch-") || $0.hasPrefix("best-") }
                && !names.contains { $0.contains(".tmp-") }, "\(names)")
        #expect(names.contains("epoch-\(number)"), "\(names)")
        // What it says to type works.
        let again = try Tool.start(Self.train + ["--resume"], in: workspace.url)
        for _ in 0..<600 where again.process.isRunning {
            guard workspace.checkpoint(of: "run") == names else { break }
            Thread.sleep(forTimeInterval: 0.1)
        }
        again.process.terminate()
        let resumed = try again.output()
        #expect(resumed.text.contains("resumed after epoch \(number)\n"), "\(resumed.errors)")
    }

    /// A second ^C does not wait for a safe point, and still says what is kept.
    @Test(.timeLimit(.minutes(20)))
    func whoCannotWaitIsToldToo() throws {
        let workspace = try workspace()
        let running = try Tool.start(Self.train, in: workspace.url)
        wait(running) { workspace.hasState("run") }
        for _ in 1...2 { kill(running.process.processIdentifier, SIGINT) }
        let output = try running.output()
        #expect(running.process.terminationReason == .uncaughtSignal && output.code == SIGINT)
        #expect(output.errorLines.count == 1, "\(output.errors)")
        #expect(
            output.errors.hasPrefix("isthmus: interrupted; \(workspace.path("run").path) is kept"))
    }

    @Test func madeUpDatasetsLeaveNothingHalf() throws {
        let workspace = try Workspace()
        let running = try Tool.start(
            ["generate", "--output", "made", "--users", "200000", "--threads", "1"],
            in: workspace.url)
        wait(running) { workspace.exists("made.tmp-\(running.process.processIdentifier)") }
        running.process.terminate()
        let output = try running.output()
        #expect(running.process.terminationReason == .uncaughtSignal)
        #expect(output.errorLines.count == 1, "\(output.errors)")
        #expect(output.errors.contains("made was not made whole, so nothing of it is kept"))
        #expect(try workspace.names.isEmpty)
    }

    /// Signals at all times of the work, most of them in its last stage: what is said is what is there.
    @Test(.timeLimit(.minutes(20)), arguments: [false, true])
    func whatIsSaidOfADatasetIsTrue(replacing: Bool) throws {
        let workspace = try Workspace()
        let command = ["generate", "--output", "made", "--users", "300", "--threads", "1"]
        if replacing { _ = try Tool.run(command + ["--seed", "99"], in: workspace.url) }
        let old = try? workspace.data("made/dataset.json")
        var words: [String] = []
        for seed in 1...12 {
            let running = try Tool.start(
                command + ["--replace", "--seed", "\(seed)"], in: workspace.url)
            let half = "made.tmp-\(running.process.processIdentifier)"
            // Every third comes early, the others when all files are there.
            let sign = seed % 3 == 0 ? half : "\(half)/dataset.json"
            let before = try? workspace.data("made/dataset.json")
            while running.process.isRunning, !workspace.exists(sign),
                (try? workspace.data("made/dataset.json")) == before
            {
                usleep(200)
            }
            running.process.terminate()
            let output = try running.output()
            let isNew = (try? workspace.data("made/dataset.json")) != before
            words.append(output.errors)
            // What comes after the work finds nobody to say anything.
            let saysNew = output.errors.isEmpty || output.errors.contains("made is whole\n")
            #expect(saysNew == isNew, "\(output.errors)")
            #expect(output.errors.contains("was not made whole") == !isNew, "\(output.errors)")
            #expect(try workspace.names.allSatisfy { $0 == "made" })
            // The next one begins as this one did.
            if !replacing { try? FileManager.default.removeItem(at: workspace.path("made")) }
        }
        #expect(words.count == 12 && words.contains { $0.contains("was not made whole") })
        if replacing {
            #expect(old != nil)
            #expect(words.contains { $0.contains("what was there before is untouched\n") })
        }
    }

    /// A name that was given to something new, whether there was something before or not.
    @Test(arguments: [false, true])
    func whatHasTheNameNowIsWhatIsSaid(replacing: Bool) throws {
        let workspace = try Workspace()
        let (url, files) = (workspace.path("made"), FileManager.default)
        if replacing { try files.createDirectory(at: url, withIntermediateDirectories: true) }
        let place = PlaceOfWork(url)
        let half = workspace.path("made.tmp-\(getpid())")
        try files.createDirectory(at: half, withIntermediateDirectories: true)
        #expect(
            place.end("nothing")
                == (replacing ? "nothing; what was there before is untouched" : "nothing"))
        #expect(!files.fileExists(atPath: half.path))
        try files.createDirectory(at: half, withIntermediateDirectories: true)
        #expect(rename(half.path, url.path) == 0)
        #expect(place.end("nothing") == "\(url.path) is whole")
    }

    @Test(arguments: [
        (["isthmus", "train", "a.yaml"], "isthmus train a.yaml --resume"),
        (["isthmus", "train", "--resume", "a.yaml"], "isthmus train --resume a.yaml"),
        (
            ["./my tool", "it's", "", "a:b,c=d", "$x"],
            "'./my tool' 'it'\\''s' '' a:b,c=d '$x' --resume"
        ),
    ])
    func commandIsQuotedForTheShell(_ words: [String], _ text: String) {
        #expect(ShellCommand.text(words, adding: "--resume") == text)
    }
}
