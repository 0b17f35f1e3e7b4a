public import Foundation
public import Recommenders

/// One row of a sweep's table, as its file describes it.
public struct SweepRun: StrictlyDecodable {
    /// The row's name.
    public var name = ""
    /// Another experiment than the sweep's, relative to the sweep's file.
    public var experiment = ""
    /// Settings by path, such as `parameters.heads: 4`.
    public var set = JSONValue.object([:])
    /// A setting that grows until the model has as many parameters as the run of another name.
    public var enlarge = ""
    /// The run whose number of parameters is to be matched.
    public var toMatch = ""
    /// The line of the pictures that it belongs to; its own name if empty.
    public var series = ""

    /// Nothing set.
    public init() {}

    /// Checks that it has a name and knows whom to match.
    public func validate() throws(ConfigurationError) {
        try require(!name.isEmpty, "runs", expected: "a name for each run", got: "none")
        try require(
            enlarge.isEmpty == toMatch.isEmpty, "runs.\(name)",
            expected: "enlarge and toMatch together", got: enlarge.isEmpty ? toMatch : enlarge)
    }
}

/// A file of a sweep: runs, settings in all combinations, seeds.
///
///     experiment: abxi.yaml
///     seeds: [1, 2, 3]
///     baseline: ABXI
///     runs:
///       - name: ABXI
///       - name: GCA stage 0
///         set: {parameters.gca.stages: [0]}
///       - name: ABXI, enlarged
///         enlarge: parameters.innerSize
///         toMatch: GCA stage 0
///
/// With a grid such as `grid: {parameters.heads: [1, 2]}` each run is trained with every combination of its values,
/// under names such as `GCA stage 0, heads 2`. Without seeds each run has its experiment's own.
public struct SweepFile: Sendable {
    /// Settings for the whole sweep.
    private struct Head: StrictlyDecodable {
        var experiment = ""
        var set = JSONValue.object([:])
        var seeds: [UInt64] = []
        var baseline = ""
        var runs: [JSONValue] = []
        var grid = JSONValue.object([:])
    }

    /// One row of the table with all its settings but the seed.
    struct Variant: Sendable {
        /// Where it stands; nil for text.
        let sweep: URL?
        let name: String
        let experiment: URL
        let assignments: [String]
        let enlarge: String
        let toMatch: String
        let series: String

        /// Everything that is set, the setting that is enlarged included if its size is known.
        ///
        /// A sweep sets for all its runs what does nothing in some of them; these are trained without it, and `idle`
        /// says so.
        func configuration(
            size: Int? = nil, idle: inout [ConfigurationError]
        ) throws -> ExperimentConfiguration {
            let enlarged = size.map { ["\(enlarge)=\($0)"] } ?? []
            var without: [String] = []
            idle = []
            do {
                while true {
                    do {
                        return try ExperimentConfiguration(
                            contentsOf: experiment, assignments: assignments + enlarged,
                            without: without
                        ).resolved()
                    } catch let error as ExperimentFileError {
                        guard case .idle(let key, _, _)? = error.cause, !without.contains(key)
                        else { throw error }
                        without.append(key)
                        if let cause = error.cause { idle.append(cause) }
                    }
                }
            } catch let error as ExperimentFileError {
                // What is wrong may stand in the sweep, not in the experiment.
                guard let sweep, (try? ExperimentConfiguration(contentsOf: experiment)) != nil
                else { throw error }
                throw ExperimentFileError(path: sweep.path, reason: "run \(name): \(error.reason)")
            }
        }
    }

    /// The seeds that every run is trained with; none where each has its own.
    public let seeds: [UInt64]
    /// The name of the run that the others are compared with.
    public let baseline: String
    let variants: [Variant]

    /// Reads a file; the experiments that it names are read later.
    public init(contentsOf url: URL) throws {
        self = try ExperimentFileError.naming(url) {
            try SweepFile(yaml: $0, directory: url.deletingLastPathComponent(), file: url)
        }
    }

    init(yaml text: String, directory: URL, file url: URL? = nil) throws {
        let values = try YAMLText.value(of: text)
        guard case .object = values else {
            throw ConfigurationError.invalid(
                path: "", reason: "expected keys and values, such as experiment: sasrec.yaml")
        }
        if values[["model"]] != nil, values[["experiment"]] == nil {
            throw ConfigurationError.invalid(
                path: "model",
                reason:
                    "this is an experiment; a sweep names one (experiment: FILE) and lists runs or a "
                    + "grid of its settings")
        }
        let head = try Head(overrides: values)
        try require(
            Set(head.seeds).count == head.seeds.count, "seeds", expected: "each once",
            got: head.seeds)
        for seed in head.seeds {
            try require(
                seed <= UInt64(Int64.max), "seeds",
                expected: "whole numbers from 0 to 2^63 - 1", got: seed)
        }
        let runs = try head.runs.map { run throws(ConfigurationError) in
            guard case .object = run else {
                throw ConfigurationError.type(path: "runs", expected: "a list of keys and values")
            }
            return try SweepRun(overrides: run)
        }
        let points = try Self.points(of: head.grid)
        let common = try Self.assignments(head.set, path: "set")
        var variants: [Variant] = []
        for run in runs.isEmpty ? [SweepRun()] : runs {
            let file = run.experiment.isEmpty ? head.experiment : run.experiment
            try require(
                !file.isEmpty, "experiment", expected: "an experiment's file", got: "none")
            let own = try Self.assignments(run.set, path: "runs.\(run.name).set")
            for point in points {
                // A run matches the other of the same point of the grid.
                func name(_ run: String) -> String {
                    ([run] + point.map(\.name)).filter { !$0.isEmpty }.joined(separator: ", ")
                }
                variants.append(
                    Variant(
                        sweep: url, name: name(run.name),
                        experiment: URL(fileURLWithPath: file, relativeTo: directory),
                        assignments: common + own + point.map(\.assignment),
                        enlarge: run.enlarge, toMatch: run.toMatch.isEmpty ? "" : name(run.toMatch),
                        series: run.series.isEmpty ? name(run.name) : run.series))
            }
        }
        try Self.check(variants)
        self.variants = variants
        seeds = head.seeds
        baseline = head.baseline.isEmpty ? variants[0].name : head.baseline
        try requireVariant(baseline, as: "baseline")
        for variant in variants where !variant.toMatch.isEmpty {
            try requireVariant(variant.toMatch, as: "toMatch")
        }
    }

    /// Throws unless a variant has a name, which is the value of a setting.
    func requireVariant(_ name: String, as path: String) throws(ConfigurationError) {
        let names = variants.map(\.name)
        guard names.contains(name) else {
            let known = names.filter { !$0.isEmpty }.joined(separator: "; ")
            throw .value(
                path: path,
                expected: known.isEmpty
                    ? "none, as the sweep names no runs (runs: [{name: …}])" : "one of \(known)",
                got: name)
        }
    }

    /// The runs' experiments by name, before models are enlarged.
    public func experiments() throws -> [String: ExperimentConfiguration] {
        var idle: [ConfigurationError] = []
        return try variants.reduce(into: [:]) {
            $0[$1.name] = try $1.configuration(idle: &idle)
        }
    }

    private static func check(_ variants: [Variant]) throws(ConfigurationError) {
        let names = variants.map(\.name)
        let places = names.map(SweepPlan.directoryName)
        for (index, place) in places.enumerated() where places[..<index].contains(place) {
            throw .value(
                path: "runs", expected: "names that differ in letters or digits",
                got: names[index])
        }
        // A file's name has at most 255 bytes; seed and ending come behind it.
        for (name, place) in zip(names, places) where place.utf8.count > 200 {
            throw .value(path: "runs", expected: "names of at most 200 bytes", got: name)
        }
    }

    /// `key=value` with the value as JSON, which is YAML.
    private static func assignments(
        _ values: JSONValue, path: String
    ) throws(ConfigurationError) -> [String] {
        guard case .object(let values) = values else {
            throw .type(path: path, expected: "keys and values")
        }
        return values.sorted { $0.key < $1.key }.map { assignment($0, $1) }
    }

    private static func assignment(_ key: String, _ value: JSONValue) -> String {
        let encoded = (try? JSONEncoder().encode(value)) ?? Data()
        return "\(key)=\(String(decoding: encoded, as: UTF8.self))"
    }

    /// All combinations of a grid's values; one empty combination without a grid.
    private static func points(
        of grid: JSONValue
    ) throws(ConfigurationError) -> [[(name: String, assignment: String)]] {
        guard case .object(let axes) = grid else {
            throw .type(path: "grid", expected: "a list of values for each key")
        }
        var points: [[(name: String, assignment: String)]] = [[]]
        for (key, values) in axes.sorted(by: { $0.key < $1.key }) {
            guard case .array(let values) = values, !values.isEmpty else {
                throw .type(path: "grid.\(key)", expected: "a list of values")
            }
            let short = key.split(separator: ".").last.map(String.init) ?? key
            points = points.flatMap { point in
                values.map { value in
                    let assigned = assignment(key, value)
                    let text = assigned.dropFirst(key.count + 1).filter { $0 != "\"" }
                    return point + [("\(short) \(text)", assigned)]
                }
            }
        }
        return points
    }
}
