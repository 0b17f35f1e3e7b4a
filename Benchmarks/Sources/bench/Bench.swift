import Foundation
import Torch

/// Measures operations and models against their floor.
@main
enum Bench {
    static func main() {
        do {
            let words = Array(CommandLine.arguments.dropFirst())
            if words.first == ChildTask.option { return try ChildTask.run(words.dropFirst()) }
            let arguments = try Arguments(words)
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

        let data = try BenchData(
            foodKitchen: arguments.foodKitchen, movieLens: arguments.movieLens, scratch: scratch)
        let training = TrainingSuite(experiments: arguments.experiments, data: data)
        var outcome = Outcome(
            peak: try Peak.measured(isQuick: arguments.isQuick), isQuick: arguments.isQuick,
            data: data.summary)
        if !arguments.measuresOnlyPeers {
            for suite in suites(arguments.isQuick, training, scratch) {
                for group in try suite() where group.contains(where: arguments.measures) {
                    report("measuring " + group.map(\.name).joined(separator: " and "))
                    outcome.add(try Benchmark.measured(group))
                }
            }
        }
        if arguments.only.isEmpty {
            try measureProcesses(arguments, training, scratch, &outcome)
        }
        outcome.add(try Peak.measured(isQuick: arguments.isQuick))
        print(head(outcome))
        if !outcome.rows.isEmpty {
            print(outcome.table(against: baseline), terminator: "")
            print(footnote(baseline, outcome) + "\n")
        }
        for peer in outcome.peers { print(peer.lines) }
        if let large = outcome.largeImport { print(large.lines) }
        print(Target.table(outcome.targets), terminator: "")
        if let json = arguments.json { try write(json: outcome, to: json) }
        if arguments.writesBaseline, let file = arguments.baseline {
            try write(json: Baseline(outcome), to: file)
        }
    }

    /// What needs a process of its own, for its memory or because it is another program.
    private static func measureProcesses(
        _ arguments: Arguments, _ training: TrainingSuite, _ scratch: URL, _ outcome: inout Outcome
    ) throws {
        if !arguments.measuresOnlyPeers {
            report("measuring \(RowName.abxiEpoch)")
            let epoch = try EpochMeasurement.abxi(
                training, isQuick: arguments.isQuick, scratch: scratch)
            outcome.epoch = epoch.report
            outcome.add([epoch.measurement])
        }
        let peers = arguments.peers
        if peers.python != nil { report("measuring peers") }
        for compare in [peers.compareABXI, peers.compareSASRec] {
            do {
                if let result = try compare(training, scratch) { outcome.peers.append(result) }
            } catch let error as ChildError {
                // Another's code that does not run here must not cost what was measured of ours.
                report("bench: \(error)")
            }
        }
        guard arguments.isLarge else { return }
        report("measuring \(RowName.largeImport)")
        let large = try LargeImport.measured(peers: peers, scratch: scratch)
        outcome.add([large.measurement])
        outcome.largeImport = large
    }

    /// Suites of benchmarks, those that are compared with each other in one group.
    ///
    /// Each suite is made when its turn comes, so that its data is gone before the next one's.
    private static func suites(
        _ isQuick: Bool, _ training: TrainingSuite, _ scratch: URL
    ) -> [() throws -> [[Benchmark]]] {
        let short =
            isQuick
            ? Effort(repetitions: 3...50, seconds: 0.2) : Effort(repetitions: 9...500, seconds: 2)
        let long =
            isQuick
            ? Effort(repetitions: 1...2, seconds: 2) : Effort(repetitions: 5...20, seconds: 15)
        return [
            { DenseSuite.benchmarks(short).map { [$0] } },
            { JaggedSuite.benchmarks(short).map { [$0] } },
            { try UpdateSuite.benchmarks(short).map { [$0] } },
            { [RetrievalSuite.benchmarks(short)] },
            { try training.benchmarks(long) },
            {
                try InferenceSuite.benchmarks(
                    short: short, long: long, isQuick: isQuick, data: training.data,
                    scratch: scratch)
            },
            { try ImportSuite.benchmarks(long, scratch: scratch).map { [$0] } },
        ]
    }

    private static func head(_ outcome: Outcome) -> String {
        "\(outcome.machine), \(outcome.threads) threads, libtorch \(outcome.libtorch)\n"
            + outcome.data + "\n"
            + String(
                format: "peak: %.1f GFLOP/s (GEMM 1024³ float32; libtorch's %.1f), "
                    + "%.1f GB/s (copy of 256 MiB)\n",
                outcome.peak.flopsPerSecond / 1e9, outcome.peak.libtorchFlopsPerSecond / 1e9,
                outcome.peak.bytesPerSecond / 1e9)
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
