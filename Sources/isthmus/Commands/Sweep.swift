import ArgumentParser
import Experiments
import Files
import Foundation
import Interactions
import RankingMetrics
import Torch

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

    @Option(
        help: ArgumentHelp(
            "The run that the others are compared with; the file's, if none is given.",
            valueName: "name"))
    var baseline: String?

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
            output: directory, baseline: baseline)
        try plan.require(metrics: columns, on: split)
        if !json { plan.notes.forEach { Console.line("note: \($0)") } }
        try AtomicFile.makeDirectory(directory)
        let processes = ChildProcesses()
        try Interruption.guarding {
            processes.stop()
            let ended = plan.jobs.count { $0.run.isFinished }
            return "\(ended) of \(plan.jobs.count) runs are finished, "
                + (ended < plan.jobs.count
                    ? "those under way are kept as of their last epoch; " : "")
                + "go on with: \(ShellCommand.text())"
        } work: {
            try train(plan, processes)
        }
    }

    private func train(_ plan: SweepPlan, _ processes: ChildProcesses) throws {
        let directory = output.url
        let open = plan.jobs.filter { !$0.run.isFinished }
        for job in open where FileManager.default.fileExists(atPath: job.run.metrics.path) {
            ResultTable.warn([
                "\(job.title): \(job.run.metrics.path) is damaged; the run is measured anew"
            ])
        }
        let line = ProgressLine(on: json ? .errors : .output)
        var done = plan.jobs.count - open.count
        var failures: [String] = []
        if done > 0, !json { Console.line("\(done) of \(plan.jobs.count) runs are there already") }
        if !open.isEmpty, !json { Console.line(shares(of: open.count)) }
        try ChildRuns(
            dataset: dataset.url.path, directory: directory, arguments: trainOptions,
            concurrency: jobs, processes: processes
        ).run(open) { job, outcome in
            line.clear()
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
            line.show(
                share: Double(done) / Double(plan.jobs.count),
                ["\(done) of \(plan.jobs.count) runs"] + running.map(\.title))
        }
        line.clear()
        let table = try SweepTable(plan, metrics: columns, part: split)
        try table.write(to: directory)
        if json {
            try JSONOutput.show(table)
        } else {
            Console.line()
            Console.write(table.table().rendered(as: .plain))
            for reason in table.rows.compactMap(\.incomparable) { Console.error(reason) }
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

    /// How the runs share the machine.
    private func shares(of count: Int) -> String {
        let (together, threads) = (min(jobs, count), compute.threads ?? Engine.threads)
        let runs = count == 1 ? "1 run to train" : "\(count) runs to train, \(together) at a time"
        let text = "\(runs), with \(threads) thread\(threads == 1 ? "" : "s") each"
        let processors = ProcessInfo.processInfo.activeProcessorCount
        guard together * threads > processors, together > 1 else { return text }
        return text + "; this machine runs \(processors) at once, so --threads "
            + "\(max(processors / together, 1)) may be faster"
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
