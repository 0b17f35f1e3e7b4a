public import Foundation
internal import Interactions
public import RankingMetrics

extension SweepTable {
    /// One line a variant: metrics with deviations, parameters, seconds, memory.
    ///
    /// ▲ and ▼ mark what is better or worse than the baseline with every seed and with a p-value below 0.05.
    public func table() -> TextTable {
        let measured = Set(rows.flatMap(\.diagnostics.keys)).sorted()
        var table = TextTable(
            ["model", "seeds"] + columns.map { "\($0) \($1)" } + measured
                + ["parameters", "seconds to best", "seconds", "peak MB"])
        for row in rows {
            var cells = [row.name, "\(row.seeds.count)"]
            cells += columns.map { domain, metric in
                Self.text(row.domains[domain]?[metric])
                    + Self.mark(row.difference(domain, metric))
            }
            cells += measured.map { Self.text(row.diagnostics[$0], digits: 3) }
            cells += [
                "\(row.parameters)", TextTable.number(row.secondsToBest?.mean, digits: 0),
                TextTable.number(row.seconds.mean, digits: 0), "\(row.peakMemory >> 20)",
            ]
            table.append(cells)
        }
        return table
    }

    /// Domains and metrics of the columns.
    private var columns: [(String, String)] {
        Set(rows.flatMap(\.domains.keys)).sorted()
            .flatMap { domain in metrics.map { (domain, $0) } }
    }

    /// The differences to the baseline, their intervals and p-values: a line for each variant, domain and metric.
    private var differenceTable: TextTable {
        var table = TextTable([
            "model", "domain", "metric", "difference", "95 % interval", "p", "with each seed",
        ])
        for row in rows {
            for (domain, metric) in columns {
                guard let difference = row.difference(domain, metric) else { continue }
                let test = difference.test
                table.append([
                    row.name, domain, metric, String(format: "%+.4f", test.difference),
                    String(format: "%+.4f to %+.4f", test.low, test.high),
                    String(format: "%.4f", test.pValue),
                    difference.seeds.map { String(format: "%+.4f", $0) }.joined(separator: " "),
                ])
            }
        }
        return table
    }

    private static func text(_ value: Value?, digits: Int = 4) -> String {
        guard let value else { return TextTable.missing }
        let mean = TextTable.number(value.mean, digits: digits)
        return value.deviation.map { "\(mean) ± \(TextTable.number($0, digits: digits))" } ?? mean
    }

    private static func mark(_ difference: Difference?) -> String {
        guard let difference, difference.isSignificant else { return "" }
        return difference.test.difference > 0 ? " ▲" : " ▼"
    }

    /// The metrics of people with few and with many events in the domain, and of people who are new there: a line for
    /// each variant and group.
    var groupTable: TextTable {
        // What nobody had before is everything where nobody comes back.
        let repeats: [UserGroup] =
            rows.contains { $0.groups[UserGroup.repeated.rawValue] != nil }
            ? [.new, .repeated] : []
        let groups = ([.few, .many, .cold] + repeats).map(\.rawValue)
            .filter { group in rows.contains { $0.groups[group] != nil } }
        var table = TextTable(["model", "group"] + columns.map { "\($0) \($1)" })
        for row in rows {
            for group in groups {
                let values = row.groups[group] ?? [:]
                table.append([row.name, group] + columns.map { Self.text(values[$0]?[$1]) })
            }
        }
        return table
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

    /// The tables after the first, each with its title.
    var sections: [(title: String, table: TextTable)] {
        [
            (
                "Groups: people with few and with many events in the domain, people who are new to it (cold), and "
                    + "targets that the person had not (new) or had before (repeat), where there are both",
                groupTable
            ),
            ("Differences to \(baseline)", differenceTable),
            (
                "What the models measured of themselves against their accuracy, one point a run",
                correlationTable
            ),
        ].filter { !$0.1.rows.isEmpty }
    }

    /// Writes `table.md`, `table.json` and `report.html` beside the runs.
    public func write(to directory: URL) throws {
        let test =
            "; ▲ and ▼: better and worse than \(baseline) with every seed, and p < 0.05 in the paired "
            + "bootstrap over cases; metrics among other candidates are not tested"
        let isTested = rows.contains { !$0.differences.isEmpty }
        let explanation =
            "Part: \(part.rawValue). Candidates: \(candidates)."
            + (ties.map { " Ties in scores: \($0.rawValue)." } ?? "")
            + " Mean ± deviation over seeds"
            + (isTested ? test : "") + "."
        var text = explanation + "\n\n" + table().rendered(as: .markdown)
        for note in rows.compactMap(\.incomparable) { text += "\n\(note).\n" }
        for (title, table) in sections {
            text += "\n\(title):\n\n" + table.rendered(as: .markdown)
        }
        try RunFile.write(
            Data(text.utf8), to: directory.appendingPathComponent("table.md"))
        try RunFile.write(json: self, to: directory.appendingPathComponent("table.json"))
        try page(
            title: directory.lastPathComponent, explanation: explanation
        ).write(to: directory.appendingPathComponent("report.html"))
    }
}
