import Foundation

/// An epoch by the trainer in a process of its own: wall time against the floor, and memory.
enum EpochMeasurement {
    /// Runs ABXI's epoch; a quick one takes a few steps and scales them.
    static func abxi(
        _ suite: TrainingSuite, isQuick: Bool, scratch: URL
    ) throws -> (report: EpochReport, measurement: Measurement) {
        let report = try run(
            suite.experiments.appendingPathComponent("abxi-food-kitchen-authors.yaml"),
            dataset: suite.data.foodKitchen,
            extent: isQuick
                ? EpochExtent(warmup: 1, timed: 2) : EpochExtent(warmup: 0, timed: nil),
            scratch: scratch)
        let epoch = try suite.abxi().epoch
        let measurement = Measurement(
            name: RowName.abxiEpoch, parts: epoch.parts, count: epoch.tokens, unit: "tokens",
            timing: Timing(single: report.seconds, user: report.userSeconds))
        return (report, measurement)
    }

    /// Trains an experiment in a child process.
    static func run(
        _ experiment: URL, dataset: URL, extent: EpochExtent, scratch: URL
    ) throws -> EpochReport {
        let run = scratch.appendingPathComponent("epoch-\(UUID().uuidString)")
        return try ChildProcess.run(
            .epoch(
                EpochTask(
                    experiment: experiment, dataset: dataset, output: run, extent: extent)))
    }
}
