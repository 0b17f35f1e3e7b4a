import Experiments
import Foundation
import RankingMetrics
import Torch

/// Everything that a run measured.
struct Outcome: Codable {
    let isthmus: String
    let libtorch: String
    let machine: String
    let threads: Int
    let isQuick: Bool
    let peak: Peak
    var rows: [Row] = []

    init(peak: Peak, isQuick: Bool) {
        isthmus = Isthmus.version
        libtorch = Engine.version
        machine = Machine.summary
        threads = Engine.threads
        self.isQuick = isQuick
        self.peak = peak
    }

    /// The table for people, with the earlier run's ratios where there are any.
    func table(against baseline: Baseline?) -> String {
        var table = TextTable([
            "operation", "GFLOP", "MB", "floor ms", "median ms", "ratio", "baseline", "change",
            "rate",
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
