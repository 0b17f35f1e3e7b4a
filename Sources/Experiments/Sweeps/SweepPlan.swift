public import Foundation
public import Interactions
public import Recommenders
internal import Torch
internal import TorchNN

/// What a sweep trains: every variant with every seed, each into a run directory of its own.
public struct SweepPlan: Sendable {
    /// One training run.
    public struct Job: Sendable {
        /// The variant's name.
        public let variant: String
        /// The line of the pictures that the variant belongs to.
        public let series: String
        /// The seed.
        public let seed: UInt64
        /// Everything that is set.
        public let configuration: ExperimentConfiguration
        /// Where the run goes.
        public let run: RunDirectory

        /// Whether the run has ended and is this one: another process can have trained another experiment there.
        var isDone: Bool {
            run.isFinished
                && (try? ExperimentConfiguration(contentsOf: run.experiment)) == configuration
        }

        /// The variant and the seed.
        public var title: String { "\(variant), seed \(seed)" }
    }

    /// The variants' names, in the file's order.
    public let variants: [String]
    /// The variant that the others are compared with.
    public let baseline: String
    /// The runs, seed by seed, so that a stopped sweep has whole rounds of all variants.
    public let jobs: [Job]

    /// What settings do nothing in which runs, a line each.
    public let notes: [String]

    /// Resolves a file's variants for a dataset; models to be enlarged are built to count their parameters.
    ///
    /// Another baseline takes the place of the file's; it is named as on the command line, `--baseline`.
    public init(
        _ file: SweepFile, dataset: Dataset, output: URL, baseline: String? = nil
    ) throws {
        if let baseline { try file.requireVariant(baseline, as: "--baseline") }
        var idle: [String: [ConfigurationError]] = [:]
        let resolved = try Self.enlarged(file, DataShape(dataset), idle: &idle)
        notes = Self.notes(idle, file.variants.map(\.name))
        variants = file.variants.map(\.name)
        self.baseline = baseline ?? file.baseline
        let seeds = file.seeds.isEmpty ? [nil] : file.seeds.map(Optional.init)
        jobs = seeds.flatMap { seed in
            file.variants.compactMap { variant in
                guard var configuration = resolved[variant.name] else { return nil }
                configuration.seed = seed ?? configuration.seed
                let name = "\(Self.directoryName(variant.name))-\(configuration.seed)"
                return Job(
                    variant: variant.name, series: variant.series, seed: configuration.seed,
                    configuration: configuration,
                    run: RunDirectory(output.appendingPathComponent(name)))
            }
        }
        for job in jobs { try Self.check(job, dataset) }
    }

    /// Throws where a run does not measure one of the metrics on a part of the split.
    public func require(metrics: [String], on part: Part) throws(ConfigurationError) {
        for job in jobs {
            let measured = job.configuration.evaluation.measured(on: part)
            for metric in metrics where !measured.contains(metric) {
                throw .value(
                    path: "--metrics",
                    expected: "what \(job.variant) measures: \(measured.joined(separator: ", "))",
                    got: metric)
            }
        }
    }

    /// A name in small letters, digits and hyphens.
    static func directoryName(_ name: String) -> String {
        name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : " " }
            .split(separator: " ").map { String($0) }.joined(separator: "-")
    }

    /// A line for each reason, with the settings and the runs.
    private static func notes(
        _ idle: [String: [ConfigurationError]], _ names: [String]
    ) -> [String] {
        var runs: [String: [String]] = [:]
        var order: [String] = []
        for name in names {
            for case .idle(let path, let reason, _) in idle[name] ?? [] {
                let line = "\(path) does nothing \(reason)"
                if runs[line] == nil { order.append(line) }
                runs[line, default: []].append(name)
            }
        }
        return order.map { "\($0); left out in \((runs[$0] ?? []).joined(separator: "; "))" }
    }

    /// The settings of all variants; one that is to match another knows that one's size first.
    private static func enlarged(
        _ file: SweepFile, _ shape: DataShape, idle: inout [String: [ConfigurationError]]
    ) throws -> [String: ExperimentConfiguration] {
        var found = idle
        defer { idle = found }
        var resolved: [String: ExperimentConfiguration] = [:]
        func resolve(_ variant: SweepFile.Variant, from waiting: [String]) throws {
            guard resolved[variant.name] == nil else { return }
            guard !waiting.contains(variant.name) else {
                throw ConfigurationError.value(
                    path: "runs.\(variant.name).toMatch",
                    expected: "a run that does not wait for this one", got: variant.toMatch)
            }
            var size: Int?
            if !variant.enlarge.isEmpty,
                let goal = file.variants.first(where: { $0.name == variant.toMatch })
            {
                try resolve(goal, from: waiting + [variant.name])
                size = try resolved[goal.name].map {
                    try Self.size(ofSettingIn: variant, toReach: parameters(of: $0, shape), shape)
                }
            }
            resolved[variant.name] = try variant.configuration(
                size: size, idle: &found[variant.name, default: []])
        }
        for variant in file.variants { try resolve(variant, from: []) }
        return resolved
    }

    /// Throws where a finished run had other settings or data than the plan.
    private static func check(_ job: Job, _ dataset: Dataset) throws {
        guard job.run.isFinished else { return }
        let written = try ExperimentConfiguration(contentsOf: job.run.experiment)
        let differences = job.configuration.differences(from: written)
        guard differences.isEmpty else {
            throw RunError.otherExperiment(differences.text, in: job.run)
        }
        let then = try job.run.facts().dataset
        guard then == dataset.checksum else {
            throw RunError.otherDataset(then, now: dataset.checksum, in: job.run)
        }
    }

    private static func parameters(
        of configuration: ExperimentConfiguration, _ shape: DataShape
    ) throws -> Int {
        let random = RandomSources(initializationSeed: 0, dropoutSeed: 0)
        return try configuration.builtModel(shape, random).parameterCount
    }

    /// The value of a setting with which a model comes nearest to a number of parameters.
    private static func size(
        ofSettingIn variant: SweepFile.Variant, toReach goal: Int, _ shape: DataShape
    ) throws -> Int {
        var idle: [ConfigurationError] = []
        // Heads or groups want multiples.
        let unit = (1...64).first { unit in
            (1...3).allSatisfy {
                (try? variant.configuration(size: $0 * unit, idle: &idle)) != nil
            }
        }
        func parameters(at size: Int) throws -> Int {
            let configuration = try variant.configuration(size: size * (unit ?? 1), idle: &idle)
            return try Self.parameters(of: configuration, shape)
        }
        var low = 1
        var high = 2
        while try parameters(at: high) < goal, high < 1 << 20 { (low, high) = (high, high * 2) }
        while high - low > 1 {
            let middle = (low + high) / 2
            if try parameters(at: middle) < goal { low = middle } else { high = middle }
        }
        let reached = try [low, high].map { (size: $0, miss: abs(try parameters(at: $0) - goal)) }
        let best = reached[0].miss < reached[1].miss ? reached[0] : reached[1]
        guard best.miss * 100 <= goal else {
            throw ConfigurationError.value(
                path: "runs.\(variant.name).enlarge",
                expected: "a setting that reaches \(goal) parameters within 1 %",
                got: "\(variant.enlarge), which misses by \(best.miss)")
        }
        return best.size * (unit ?? 1)
    }
}
