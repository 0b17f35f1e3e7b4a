/// Something to measure, with its floor.
struct Benchmark {
    /// What the baseline knows it by.
    let name: String
    /// What it cannot do without, in parts that cannot overlap.
    let parts: [Work]
    /// How many things a repetition handles.
    let count: Int
    /// What those things are, in the plural.
    let unit: String
    /// The repetitions of an epoch, for a training step.
    let perEpoch: Double?
    /// How long it is measured.
    let effort: Effort
    /// One repetition.
    let body: () throws -> Void

    init(
        _ name: String, _ parts: Work..., handling count: Int, _ unit: String,
        perEpoch: Double? = nil, effort: Effort, body: @escaping () throws -> Void
    ) {
        self.name = name
        self.perEpoch = perEpoch
        self.parts = parts
        self.count = count
        self.unit = unit
        self.effort = effort
        self.body = body
    }

    /// Runs benchmarks that are to be compared, repetition by repetition in turn.
    static func measured(_ benchmarks: [Benchmark]) throws -> [Measurement] {
        let timings = try measureInTurn(benchmarks[0].effort, benchmarks.map(\.body))
        return zip(benchmarks, timings).map { benchmark, timing in
            Measurement(
                name: benchmark.name, parts: benchmark.parts, count: benchmark.count,
                unit: benchmark.unit, perEpoch: benchmark.perEpoch, timing: timing)
        }
    }
}

/// The times of one benchmark; the floor comes when the machine's peak is known.
struct Measurement {
    let name: String
    let parts: [Work]
    let count: Int
    let unit: String
    var perEpoch: Double?
    let timing: Timing
}

/// What was measured of one benchmark.
struct Row: Codable {
    let name: String
    let flops: Double
    let bytes: Double
    let floorSeconds: Double
    let medianSeconds: Double
    let fastestSeconds: Double
    /// Processor time in user mode, all threads.
    let userSeconds: Double
    let repetitions: Int
    /// The median over the floor.
    let ratio: Double
    let perSecond: Double
    let unit: String
    /// What an epoch of such steps takes; nil for all else.
    let epochSeconds: Double?

    init(_ measurement: Measurement, against peak: Peak) {
        let total = measurement.parts.reduce(Work(), +)
        let timing = measurement.timing
        name = measurement.name
        flops = total.flops
        bytes = total.bytes
        floorSeconds = peak.floor(of: measurement.parts)
        medianSeconds = timing.median
        fastestSeconds = timing.fastest
        userSeconds = timing.user
        repetitions = timing.repetitions
        ratio = medianSeconds / floorSeconds
        perSecond = Double(measurement.count) / medianSeconds
        unit = measurement.unit
        epochSeconds = measurement.perEpoch.map { $0 * timing.median }
    }
}
