import Experiments
import Foundation
import Interactions
import Recommenders
import Torch

/// Other people's code on the same data and settings in the same run.
struct Peers {
    /// A Python with the peers' packages; nil measures no peer.
    let python: URL?
    /// A checkout of ABXI's authors' code.
    let abxi: URL?
    /// A checkout of RecBole, or nothing when `hasRecBole` says that Python has it installed.
    let recBole: URL?
    let hasRecBole: Bool
    /// Our drivers, which import their modules.
    let drivers: URL
    let extent: EpochExtent

    /// ABXI on Food–Kitchen.
    func compareABXI(_ suite: TrainingSuite, _ scratch: URL) throws -> PeerResult? {
        guard let python, let abxi else { return nil }
        let experiment = suite.experiments.appendingPathComponent("abxi-food-kitchen-authors.yaml")
        let files = suite.data.foodKitchenFiles
        return try PeerResult(name: PeerResult.abxi) {
            try EpochMeasurement.run(
                experiment, dataset: suite.data.foodKitchen, extent: extent, scratch: scratch)
        } theirs: {
            try ChildProcess.run(
                python,
                arguments("abxi.py", experiment, checkout: abxi, data: files, scratch: scratch))
        }
    }

    /// SASRec on MovieLens-1M; both learn from the same pairs of prefix and next item.
    func compareSASRec(_ suite: TrainingSuite, _ scratch: URL) throws -> PeerResult? {
        guard let python, hasRecBole else { return nil }
        let experiment = suite.experiments.appendingPathComponent("sasrec-movielens-1m.yaml")
        let configuration = try ExperimentConfiguration(contentsOf: experiment)
        let folder = scratch.appendingPathComponent("recbole")
        let dataset = try Dataset.open(suite.data.movieLens)
        // Inputs, the last one's target, one event to validate, one to test.
        try AtomicFiles.writeInteractions(
            dataset,
            latest: try SASRecConfiguration(overrides: configuration.parameters).maximumLength + 3,
            name: "ml-1m", in: folder)
        return try PeerResult(name: PeerResult.sasRec) {
            try EpochMeasurement.run(
                experiment, dataset: suite.data.movieLens, extent: extent, scratch: scratch)
        } theirs: {
            try ChildProcess.run(
                python,
                arguments(
                    "recbole_sasrec.py", experiment, checkout: recBole, data: folder,
                    scratch: scratch))
        }
    }

    /// The import of a file of ratings; nil where Python has no polars.
    func polars(file: URL, filters: [String], output: URL) throws -> ImportReport? {
        guard let python else { return nil }
        let driver = drivers.appendingPathComponent("polars_import.py")
        let found: [String: Bool] = try ChildProcess.run(python, [driver.path, "--probe"])
        guard found["polars"] == true else { return nil }
        return try ChildProcess.run(
            python, [driver.path, "--file", file.path, "--output", output.path] + filters)
    }

    private func arguments(
        _ driver: String, _ experiment: URL, checkout: URL?, data: URL, scratch: URL
    ) throws -> [String] {
        var configuration = try ExperimentConfiguration(contentsOf: experiment)
        // With the defaults of what the file does not say.
        configuration = try configuration.resolved()
        let settings = String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
        return [
            drivers.appendingPathComponent(driver).path, "--settings", settings, "--data",
            data.path, "--scratch", scratch.path, "--threads", "\(Engine.threads)", "--warmup",
            "\(extent.warmup)",
        ] + (checkout.map { ["--checkout", $0.path] } ?? [])
            + (extent.timed.map { ["--steps", "\($0)"] } ?? [])
    }
}
