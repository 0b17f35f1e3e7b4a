import Experiments
import Files
import Foundation

/// Runs of a sweep, each in a process of its own, so many at a time.
///
/// A process of its own gives a run its own peak memory, and a run that fails takes no other with it.
struct ChildRuns {
    /// The dataset, as the command line named it.
    let dataset: String
    /// Where each run's experiment and log go.
    let directory: URL
    /// Further arguments of `train`.
    let arguments: [String]
    /// How many run at once.
    let concurrency: Int
    /// The runs' processes, which a signal to this one ends too; a run that ends so can be resumed.
    let processes: ChildProcesses

    /// What became of a run.
    enum Outcome {
        /// It ended well.
        case finished
        /// It ended with this line on standard error.
        case failed(String)
    }

    private struct Child {
        let job: SweepPlan.Job
        let process: Process
        let log: URL
    }

    /// Runs jobs in their order; tells of each that ended, and now and then which are running.
    func run(
        _ jobs: [SweepPlan.Job], ended: (SweepPlan.Job, Outcome) throws -> Void,
        running: ([SweepPlan.Job]) -> Void
    ) throws {
        var waiting = jobs[...]
        var children: [Child] = []
        do {
            while !waiting.isEmpty || !children.isEmpty {
                while children.count < concurrency, let job = waiting.popFirst() {
                    // Left over from a sweep that was killed; its settings and its log are its own.
                    guard !job.run.isBusy else {
                        try ended(job, .failed("\(RunError.busy(path: job.run.url.path))"))
                        continue
                    }
                    children.append(try start(job))
                }
                running(children.map(\.job))
                Thread.sleep(forTimeInterval: 0.1)
                // Children go on ending while those that have ended are told of.
                let (open, over) = Self.parted(children)
                children = open
                for child in over {
                    processes.forget(child.process)
                    try ended(child.job, outcome(of: child))
                }
            }
        } catch {
            processes.stop()
            throw error
        }
    }

    private static func parted(_ children: [Child]) -> (open: [Child], over: [Child]) {
        children.reduce(into: ([], [])) { parts, child in
            if child.process.isRunning { parts.0.append(child) } else { parts.1.append(child) }
        }
    }

    private func start(_ job: SweepPlan.Job) throws -> Child {
        let name = job.run.url.lastPathComponent
        let experiment = directory.appendingPathComponent("\(name).yaml")
        try AtomicFile.write(Data(job.configuration.yaml().utf8), to: experiment)
        let log = directory.appendingPathComponent("\(name).log")
        try AtomicFile.write(Data(), to: log)
        let output = try FileHandle(forWritingTo: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments =
            ["train", experiment.path, "--data", dataset, "--output", job.run.url.path]
            + arguments + (job.run.isBegun ? ["--resume"] : [])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        // Idle threads of one run must not take the processor from another.
        var environment = ProcessInfo.processInfo.environment
        if concurrency > 1, environment["OMP_WAIT_POLICY"] == nil {
            environment["OMP_WAIT_POLICY"] = "passive"
        }
        process.environment = environment
        try processes.start(process)
        return Child(job: job, process: process, log: log)
    }

    private func outcome(of child: Child) -> Outcome {
        let status = child.process.terminationStatus
        guard child.process.terminationReason != .uncaughtSignal else {
            return .failed(Self.words(ofSignal: status))
        }
        guard status != 0 || !child.job.run.isFinished else { return .finished }
        let text = (try? String(contentsOf: child.log, encoding: .utf8)) ?? ""
        let line = text.split(whereSeparator: \.isNewline).last.map(String.init)
        guard let line else { return .failed("ended with exit code \(status) and without a word") }
        let name = "isthmus: "
        return .failed(line.hasPrefix(name) ? String(line.dropFirst(name.count)) : line)
    }

    private static func words(ofSignal number: Int32) -> String {
        let name = String(cString: strsignal(number)).lowercased()
        let cause = number == SIGKILL ? ", as the system does when memory runs out" : ""
        return "its process was ended by signal \(number) (\(name))\(cause)"
    }
}
