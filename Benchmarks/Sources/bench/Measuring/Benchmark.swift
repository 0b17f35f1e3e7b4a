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
    /// How long it is measured.
    let effort: Effort
    /// One repetition.
    let body: () throws -> Void

    init(
        _ name: String, _ parts: Work..., handling count: Int, _ unit: String, effort: Effort,
        body: @escaping () throws -> Void
    ) {
        self.name = name
        self.parts = parts
        self.count = count
        self.unit = unit
        self.effort = effort
        self.body = body
    }

    /// Runs it.
    func measured(against peak: Peak) throws -> Row {
        let timing = try measure(effort, body)
        let floor = peak.floor(of: parts)
        let total = parts.reduce(Work(), +)
        return Row(
            name: name, flops: total.flops, bytes: total.bytes, floorSeconds: floor,
            medianSeconds: timing.median, fastestSeconds: timing.fastest,
            repetitions: timing.repetitions, ratio: timing.median / floor,
            perSecond: Double(count) / timing.median, unit: unit)
    }
}

/// What was measured of one benchmark.
struct Row: Codable {
    let name: String
    let flops: Double
    let bytes: Double
    let floorSeconds: Double
    let medianSeconds: Double
    let fastestSeconds: Double
    let repetitions: Int
    /// The median over the floor.
    let ratio: Double
    let perSecond: Double
    let unit: String
}
