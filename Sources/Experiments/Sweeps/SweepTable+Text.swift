public import Foundation
public import RankingMetrics

extension SweepTable {
    /// One line a variant: metrics with deviations, differences to the baseline, parameters, seconds, memory.
    ///
    /// A difference whose p-value is below 0.05 carries a star.
    public func table(metrics: [String]) -> TextTable {
        let domains = Set(rows.flatMap(\.domains.keys)).sorted()
        let measured = Set(rows.flatMap(\.diagnostics.keys)).sorted()
        let compared = Set(rows.flatMap(\.differences).map(\.metric)).sorted().filter(
            metrics.contains)
        var columns = ["model", "seeds"]
        columns += domains.flatMap { domain in metrics.map { "\(domain) \($0)" } }
        columns += domains.flatMap { domain in compared.map { "Δ \(domain) \($0)" } }
        columns += measured + ["parameters", "seconds to best", "seconds", "peak MB"]
        var table = TextTable(columns)
        for row in rows {
            var cells = [row.name, "\(row.seeds.count)"]
            cells += domains.flatMap { domain in
                metrics.map { Self.text(row.domains[domain]?[$0]) }
            }
            cells += domains.flatMap { domain in
                compared.map { metric in
                    Self.text(
                        row.differences.first { $0.domain == domain && $0.metric == metric })
                }
            }
            cells += measured.map { Self.text(row.diagnostics[$0], digits: 3) }
            cells += [
                "\(row.parameters)", TextTable.number(row.secondsToBest.mean, digits: 0),
                TextTable.number(row.seconds.mean, digits: 0), "\(row.peakMemory >> 20)",
            ]
            table.append(cells)
        }
        return table
    }

    private static func text(_ value: Value?, digits: Int = 4) -> String {
        guard let value else { return TextTable.missing }
        let mean = TextTable.number(value.mean, digits: digits)
        return value.deviation.map { "\(mean) ± \(TextTable.number($0, digits: digits))" } ?? mean
    }

    private static func text(_ difference: Difference?) -> String {
        guard let test = difference?.test else { return TextTable.missing }
        return String(format: "%+.4f (p %.3f)", test.difference, test.pValue)
            + (test.pValue < 0.05 ? "*" : "")
    }

    /// Writes `table.md` and `table.json` beside the runs.
    public func write(to directory: URL, metrics: [String]) throws {
        let title =
            "Candidates: \(candidates). Mean ± deviation over seeds; Δ: difference to \(baseline), paired bootstrap "
            + "over cases, * p < 0.05.\n\n"
        let text = title + table(metrics: metrics).rendered(as: .markdown)
        try AtomicFile.write(
            Data(text.utf8), to: directory.appendingPathComponent("table.md"))
        try AtomicFile.write(json: self, to: directory.appendingPathComponent("table.json"))
    }
}
