import Foundation
import Torch

/// Measures operations and models against their floor.
@main
enum Bench {
    static func main() {
        do {
            let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
            if arguments.wantsHelp { return print(Arguments.help) }
            try run(arguments)
        } catch let error as UsageError {
            report("bench: \(error)")
            exit(2)
        } catch {
            report("bench: \(error)")
            exit(1)
        }
    }

    private static func run(_ arguments: Arguments) throws {
        // Read first: a broken baseline must not cost the whole run.
        let baseline = try arguments.baseline.flatMap { try Baseline.read($0) }
        let scratch = FileManager.default.temporaryDirectory
            .appendingPathComponent("isthmus-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }

        let peak = Peak.measured(isQuick: arguments.isQuick)
        var outcome = Outcome(peak: peak, isQuick: arguments.isQuick)
        print("\(outcome.machine), \(outcome.threads) threads, libtorch \(outcome.libtorch)")
        print(
            String(
                format: "peak: %.1f GFLOP/s (GEMM 1024³ float32), %.1f GB/s (copy of 256 MiB)\n",
                peak.flopsPerSecond / 1e9, peak.bytesPerSecond / 1e9))
        for suite in suites(arguments.isQuick, scratch) {
            for benchmark in try suite() {
                report("measuring \(benchmark.name)")
                outcome.rows.append(try benchmark.measured(against: peak))
            }
        }
        print(outcome.table(against: baseline), terminator: "")
        print(footnote(baseline, outcome))
        if let json = arguments.json { try write(json: outcome, to: json) }
        if arguments.writesBaseline, let file = arguments.baseline {
            try write(json: Baseline(outcome), to: file)
        }
    }

    /// Each suite is made when its turn comes, so that its data is gone before the next one's.
    private static func suites(_ isQuick: Bool, _ scratch: URL) -> [() throws -> [Benchmark]] {
        let short =
            isQuick
            ? Effort(repetitions: 3...50, seconds: 0.2) : Effort(repetitions: 9...500, seconds: 2)
        let long =
            isQuick
            ? Effort(repetitions: 1...2, seconds: 2) : Effort(repetitions: 5...20, seconds: 15)
        return [
            { DenseSuite.benchmarks(short) }, { JaggedSuite.benchmarks(short) },
            { try UpdateSuite.benchmarks(short) },
            { try TrainingSuite.benchmarks(long) },
            { try InferenceSuite.benchmarks(short: short, long: long, scratch: scratch) },
            { try ImportSuite.benchmarks(long, scratch: scratch) },
        ]
    }

    private static func footnote(_ baseline: Baseline?, _ outcome: Outcome) -> String {
        let ratio = "ratio: median over floor; below 1 where arrays stay in the caches"
        guard let baseline else { return ratio + "\nno baseline to compare with" }
        let isSame = baseline.machine == outcome.machine && baseline.threads == outcome.threads
        return ratio + "\nchange: ratio over the baseline's, of \(baseline.machine), "
            + "\(baseline.threads) threads, libtorch \(baseline.libtorch)"
            + (isSame ? "" : "; another machine or thread count than this run's: compare with care")
    }

    private static func report(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
