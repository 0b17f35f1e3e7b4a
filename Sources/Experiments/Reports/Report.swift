internal import Foundation
internal import RankingMetrics

/// The report of a run for people.
struct Report {
    let configuration: ExperimentConfiguration
    let manifest: RunManifest
    let history: [HistoryEntry]
    let result: EvaluationResult

    func write(to url: URL) throws {
        try page().write(to: url)
    }

    private func page() throws -> HTMLPage {
        let groups = result.groups.sorted { $0.key < $1.key }
        return HTMLPage(
            title: configuration.model,
            body: [
                paragraph("\(result.cases) test cases, candidates: \(result.candidates)."),
                paragraph(result.protocolText), paragraph(result.countsText),
                result.warnings.map { paragraph("Warning: \($0).") }.joined(separator: "\n"),
                table("All cases", result.domains),
                groups.map { table("Group \($0): \(UserGroup.meaning(of: $0))", $1) }
                    .joined(separator: "\n"),
                diagnostics(),
                losses().svg(), validations().map { $0.svg() }.joined(separator: "\n"),
                HTMLPage.heading("Run"),
                HTMLPage.table([], facts()), HTMLPage.heading("Experiment"),
                "<pre>\(HTMLPage.escape(try configuration.yaml()))</pre>",
            ])
    }

    private func paragraph(_ text: String) -> String {
        text.isEmpty ? "" : "<p>\(HTMLPage.escape(text))</p>"
    }

    private func table(_ title: String, _ domains: [String: EvaluationResult.Values]) -> String {
        let metrics = Set(domains.values.flatMap(\.keys)).subtracting(["cases"]).sorted()
        let rows = domains.sorted { $0.key < $1.key }.map { name, values in
            [name, "\(EvaluationResult.cases(of: values))"]
                + metrics.map { metric in
                    values[metric].map { String(format: "%.4f", $0) } ?? "–"
                }
        }
        return HTMLPage.heading(title) + HTMLPage.table(["domain", "cases"] + metrics, rows)
    }

    private func diagnostics() -> String {
        guard !result.diagnostics.isEmpty else { return "" }
        let rows = result.diagnostics.sorted { $0.key < $1.key }.map {
            [$0, String(format: "%.4f", $1)]
        }
        return HTMLPage.heading("Measured by the model") + HTMLPage.table([], rows)
    }

    private func facts() -> [[String]] {
        [
            ["parameters", "\(manifest.parameters)"], ["seed", "\(manifest.seed)"],
            ["dataset", manifest.dataset], ["device", manifest.device],
            ["threads", "\(manifest.threads)"], ["machine", manifest.machine],
            ["seconds", String(format: "%.1f", manifest.seconds)],
            ["peak memory", "\(manifest.peakMemory >> 20) MB"],
            ["Isthmus", manifest.isthmus], ["libtorch", manifest.libtorch],
        ]
    }

    /// The loss of each phase; epochs are counted through.
    private func losses() -> Chart {
        let epochs = history.enumerated().map { (phase: $1.phase, x: Double($0 + 1), y: $1.loss) }
        let phases = history.map(\.phase).reduce(into: [String]()) { names, name in
            if !names.contains(name) { names.append(name) }
        }
        return Chart(
            title: "Training loss", xLabel: "epoch", yLabel: "loss",
            series: phases.map { phase in
                Chart.Series(
                    name: phase, points: epochs.filter { $0.phase == phase }.map { ($0.x, $0.y) })
            })
    }

    /// Each domain's metrics over the minutes that training and validation took; the one that selects comes first.
    private func validations() -> [Chart] {
        let selection = configuration.evaluation.selection
        let others = configuration.evaluation.metrics.map(\.description).filter { $0 != selection }
        return ([selection] + others).compactMap { metric in
            var seconds = 0.0
            var points: [String: [(x: Double, y: Double)]] = [:]
            for entry in history {
                seconds += entry.seconds + entry.validationSeconds
                for (domain, values) in entry.validation?.domains ?? [:] {
                    guard let value = values[metric] else { continue }
                    points[domain, default: []].append((seconds / 60, value))
                }
            }
            guard metric == selection || !points.isEmpty else { return nil }
            return Chart(
                title: "Validation", xLabel: "minutes", yLabel: metric,
                series: points.sorted { $0.key < $1.key }
                    .map { Chart.Series(name: $0, points: $1) })
        }
    }
}
