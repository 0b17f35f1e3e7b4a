import ArgumentParser
import Experiments
import Foundation
import Interactions
import RankingMetrics

/// `isthmus sweep`: a list or grid of settings, each with several seeds, into one table.
struct Sweep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Train a list or grid of settings with several seeds and show one table.",
        discussion: """
            The file names an experiment, the settings of each run, seeds, and the run that the \
            others are compared with. Each run trains in a process of its own into a directory of \
            its own under --output, where table.md, table.json and report.html, with accuracy \
            against parameters and against what the models measure of themselves, are kept up to \
            date. The same command goes on with a sweep that was stopped: finished runs are kept, begun ones are \
            resumed.
            """)

    @Argument(help: "The sweep, a YAML file.")
    var sweep: FilePath

    @Option(name: .customLong("data"), help: ArgumentHelp("The dataset.", valueName: "dataset"))
    var dataset: FilePath

    @Option(help: ArgumentHelp("The directory of the runs and the table.", valueName: "directory"))
    var output: FilePath

    @Option(help: "How many runs train at once.")
    var jobs = 1

    @Option(help: "The metrics of the table, separated by commas.")
    var metrics = "HR@10,NDCG@10"

    @Option(
        help: ArgumentHelp(
            "The part of the split that the table shows; to choose settings, show validation.",
            valueName: "part"))
    var split = Part.test

    @Flag(help: "Print the table as one JSON object.")
    var json = false

    @OptionGroup
    var compute: ComputeOptions

    func validate() throws {
        guard jobs > 0 else {
            throw ValidationError("--jobs: expected at least 1, got \(jobs).")
        }
        guard !columns.isEmpty else {
            throw ValidationError("--metrics: expected at least one metric.")
        }
    }

    func run() throws {
        let directory = output.url
        let plan = try SweepPlan(
            SweepFile(contentsOf: sweep.url), dataset: Dataset.open(dataset.url),
            output: directory)
        try plan.require(metrics: columns, on: split)
        if !json { plan.notes.forEach { Console.line("note: \($0)") } }
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
        } catch {
            throw RunError.unreadable(path: directory.path, reason: "cannot be a directory")
        }
        let open = plan.jobs.filter { !$0.run.isFinished }
        let bar = ProgressBar()
        var done = plan.jobs.count - open.count
        var failures: [String] = []
        if done > 0, !json { Console.line("\(done) of \(plan.jobs.count) runs are there already") }
        try ChildRuns(
            dataset: dataset.url.path, directory: directory, arguments: trainOptions,
            concurrency: jobs
        ).run(open) { job, outcome in
            bar.clear()
            switch outcome {
            case .finished:
                done += 1
                let table = try SweepTable(plan, metrics: columns, part: split)
                try table.write(to: directory)
                if !json { Console.line("\(job.title): \(Self.summary(of: job, in: table))") }
            case .failed(let reason):
                failures.append(job.title)
                Console.error("\(job.title): \(reason)")
            }
        } running: { running in
            let share = Double(done) / Double(plan.jobs.count)
            let names = running.map(\.title).joined(separator: "; ")
            bar.show(share: share, "\(done) of \(plan.jobs.count) runs; \(names)")
        }
        bar.clear()
        let table = try SweepTable(plan, metrics: columns, part: split)
        try table.write(to: directory)
        if json {
            try JSONOutput.show(table)
        } else {
            Console.line()
            Console.write(table.table().rendered(as: .plain))
            Console.line("table: \(directory.appendingPathComponent("table.md").path)")
        }
        guard failures.isEmpty else {
            throw SweepError(failed: failures, of: plan.jobs.count)
        }
    }

    private var columns: [String] {
        metrics.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    private var trainOptions: [String] {
        ["--device", compute.device] + (compute.threads.map { ["--threads", "\($0)"] } ?? [])
    }

    private static func summary(of job: SweepPlan.Job, in table: SweepTable) -> String {
        let run = table.runs.first { $0.name == job.variant && $0.seed == job.seed }
        return (run?.domains ?? [:]).sorted { $0.key < $1.key }.map { domain, values in
            table.metrics.map { "\(domain) \($0) \(TextTable.number(values[$0]))" }
                .joined(separator: ", ")
        }.joined(separator: ", ")
    }
}

/// Some runs of a sweep did not end well.
struct SweepError: Error, CustomStringConvertible {
    let failed: [String]
    let total: Int

    init(failed: [String], of total: Int) {
        self.failed = failed
        self.total = total
    }

    var description: String {
        "\(failed.count) of \(total) runs failed: \(failed.joined(separator: "; ")); the same "
            + "command tries them again"
    }
}
