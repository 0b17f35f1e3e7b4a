public import Foundation
internal import Interactions
public import RankingMetrics

extension SweepTable {
    /// One line a variant: metrics with deviations, differences to the baseline, parameters, seconds, memory.
    ///
    /// A difference whose p-value is below 0.05 carries a star.
    public func table() -> TextTable {
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

    /// What stands in the correlations' table: one line each.
    private var correlationTable: TextTable {
        var table = TextTable(["domain", "metric", "measured", "runs", "r", "95 % interval"])
        for found in correlations {
            let interval = found.low.flatMap { low in
                found.high.map { String(format: "%+.3f to %+.3f", low, $0) }
            }
            table.append([
                found.domain, found.metric, found.diagnostic, "\(found.runs)",
                String(format: "%+.3f", found.correlation), interval ?? TextTable.missing,
            ])
        }
        return table
    }

    /// Writes `table.md`, `table.json` and `report.html` beside the runs.
    public func write(to directory: URL) throws {
        let test =
            "; Δ: difference to \(baseline), paired bootstrap over cases, * p < 0.05"
        let explanation =
            "Part: \(part.rawValue). Candidates: \(candidates). Mean ± deviation over seeds"
            + (part == .test ? test : "") + "."
        var text = explanation + "\n\n" + table().rendered(as: .markdown)
        if !correlations.isEmpty {
            text +=
                "\nWhat the models measured of themselves against their accuracy, one point a run:\n\n"
                + correlationTable.rendered(as: .markdown)
        }
        try AtomicFile.write(
            Data(text.utf8), to: directory.appendingPathComponent("table.md"))
        try AtomicFile.write(json: self, to: directory.appendingPathComponent("table.json"))
        try page(
            title: directory.lastPathComponent, explanation: explanation
        ).write(to: directory.appendingPathComponent("report.html"))
    }
}
