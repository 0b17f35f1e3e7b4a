import Experiments
import Foundation
import RankingMetrics
import Torch

/// Everything that a run measured.
struct Outcome: Encodable {
    let isthmus: String
    let libtorch: String
    let machine: String
    let threads: Int
    let isQuick: Bool
    /// The better of a measurement before and one after all else.
    private(set) var peak: Peak
    /// Which data is real.
    let data: String
    private(set) var rows: [Row] = []
    /// ABXI's epoch by the trainer, in a process of its own.
    var epoch: EpochReport?
    /// Other people's code beside ours.
    var peers: [PeerResult] = []
    var largeImport: LargeImport?

    private var measurements: [Measurement] = []

    private enum CodingKeys: String, CodingKey {
        case isthmus, libtorch, machine, threads, isQuick, peak, data, rows, epoch, peers
        case largeImport, targets
    }

    init(peak: Peak, isQuick: Bool, data: String) {
        isthmus = Isthmus.version
        libtorch = Engine.version
        machine = Machine.summary
        threads = Engine.threads
        self.isQuick = isQuick
        self.peak = peak
        self.data = data
    }

    mutating func add(_ measured: [Measurement]) {
        measurements += measured
        rows += measured.map { Row($0, against: peak) }
    }

    /// Takes a second measurement of the machine: where the first was disturbed, every floor was too high.
    mutating func add(_ second: Peak) {
        peak = Peak(
            flopsPerSecond: max(peak.flopsPerSecond, second.flopsPerSecond),
            libtorchFlopsPerSecond: max(
                peak.libtorchFlopsPerSecond, second.libtorchFlopsPerSecond),
            bytesPerSecond: max(peak.bytesPerSecond, second.bytesPerSecond))
        rows = measurements.map { Row($0, against: peak) }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isthmus, forKey: .isthmus)
        try container.encode(libtorch, forKey: .libtorch)
        try container.encode(machine, forKey: .machine)
        try container.encode(threads, forKey: .threads)
        try container.encode(isQuick, forKey: .isQuick)
        try container.encode(peak, forKey: .peak)
        try container.encode(data, forKey: .data)
        try container.encode(rows, forKey: .rows)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(peers, forKey: .peers)
        try container.encode(largeImport, forKey: .largeImport)
        try container.encode(targets, forKey: .targets)
    }

    /// The table for people, with the earlier run's ratios where there are any.
    func table(against baseline: Baseline?) -> String {
        var table = TextTable([
            "operation", "GFLOP", "MB", "floor ms", "median ms", "ratio", "baseline", "change",
            "rate", "s an epoch",
        ])
        for row in rows {
            let earlier = baseline?.ratios[row.name]
            table.append([
                row.name, TextTable.number(row.flops > 0 ? row.flops / 1e9 : nil, digits: 3),
                TextTable.number(row.bytes / 1e6, digits: 1),
                TextTable.number(row.floorSeconds * 1e3, digits: 3),
                TextTable.number(row.medianSeconds * 1e3, digits: 3),
                TextTable.number(row.ratio, digits: 2), TextTable.number(earlier, digits: 2),
                TextTable.number(earlier.map { row.ratio / $0 }, digits: 2),
                "\(Self.short(row.perSecond)) \(row.unit)/s",
                row.epochSeconds.map { TextTable.number($0, digits: 2) } ?? "",
            ])
        }
        return table.rendered(as: .plain)
    }

    private static func short(_ value: Double) -> String {
        switch value {
        case 1e6...: TextTable.number(value / 1e6, digits: 2) + "M"
        case 1e3...: TextTable.number(value / 1e3, digits: 1) + "k"
        default: TextTable.number(value, digits: 2)
        }
    }
}

/// Writes a value as JSON that stays readable in a diff.
func write(json value: some Encodable, to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try (encoder.encode(value) + Data("\n".utf8)).write(to: url, options: .atomic)
}
