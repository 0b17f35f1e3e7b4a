internal import Foundation
internal import Interactions
internal import RankingMetrics

extension SweepTable {
    /// Accuracy against parameters, and against what the models measured of themselves.
    func charts() -> [Chart] {
        let domains = Set(rows.flatMap(\.domains.keys)).sorted()
        return metrics.flatMap { metric in
            // A domain without cases has nothing to draw.
            domains.filter { domain in rows.contains { $0.domains[domain]?[metric] != nil } }.map {
                domain in
                Chart(
                    title: "\(domain) \(metric) against parameters", xLabel: "parameters",
                    yLabel: metric, series: sizes(domain, metric))
            }
        }
            + correlations.map { found in
                let interval = found.low.flatMap { low in
                    found.high.map { String(format: " [%+.2f, %+.2f]", low, $0) }
                }
                let correlation = String(format: "%+.3f", found.correlation) + (interval ?? "")
                return Chart(
                    title: "\(found.domain) \(found.metric) against \(found.diagnostic): r = "
                        + "\(correlation), \(counted(found.runs, "run"))",
                    xLabel: found.diagnostic, yLabel: found.metric, series: measured(found))
            }
    }

    /// One line a series: means over seeds with their deviations, in the order of size.
    private func sizes(_ domain: String, _ metric: String) -> [Chart.Series] {
        series.map { name in
            let variants = Set(runs.filter { $0.series == name }.map(\.name))
            let own = rows.filter { variants.contains($0.name) }
                .sorted { $0.parameters < $1.parameters }
            let means = own.compactMap { row in
                row.domains[domain]?[metric].map { (x: Double(row.parameters), value: $0) }
            }
            return Chart.Series(
                name: name, points: means.map { ($0.x, $0.value.mean) },
                deviations: means.map { $0.value.deviation ?? 0 })
        }
    }

    /// One colour a series, one point a run.
    private func measured(_ found: Correlation) -> [Chart.Series] {
        series.map { name in
            let points = runs.filter { $0.series == name }.compactMap {
                $0.pair(found.diagnostic, found.metric, found.domain)
            }
            return Chart.Series(name: name, points: points, isLine: false)
        }
        .filter { !$0.points.isEmpty }
    }

    /// The names of the lines, in the order of the runs.
    private var series: [String] {
        runs.map(\.series).reduce(into: []) { names, name in
            if !names.contains(name) { names.append(name) }
        }
    }

    /// The tables and their pictures for people.
    func page(title: String, explanation: String) -> HTMLPage {
        func shown(_ table: TextTable) -> String {
            HTMLPage.table(table.columns.map(\.title), table.rows)
        }
        return HTMLPage(
            title: title,
            body: ["<p>\(HTMLPage.escape(explanation))</p>", shown(table())]
                + sections.flatMap { ["<p>\(HTMLPage.escape($0.title))</p>", shown($0.table)] }
                + charts().map { $0.svg() })
    }
}
