internal import Foundation

/// The report of a run for people: one HTML file without anything outside it.
struct Report {
    let configuration: ExperimentConfiguration
    let manifest: RunManifest
    let history: [HistoryEntry]
    let result: EvaluationResult

    func write(to url: URL) throws {
        try AtomicFile.write(Data(html().utf8), to: url)
    }

    private func html() throws -> String {
        let selection = configuration.evaluation.selection
        let validated = history.compactMap { entry in
            entry.validation.flatMap { $0.mean(selection) }
        }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(escape(configuration.model))</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; }
            table { border-collapse: collapse; margin: 1em 0; }
            td, th { border: 1px solid #ccc; padding: .2em .7em; text-align: right; }
            td:first-child, th:first-child { text-align: left; }
            pre { background: #f4f4f4; padding: 1em; overflow-x: auto; }
            </style></head><body>
            <h1>\(escape(configuration.model))</h1>
            <p>\(result.cases) test cases, candidates: \(escape(result.candidates)).</p>
            \(table("All users", result.domains))
            \(result.groups.sorted { $0.key < $1.key }.map { table("\($0) users", $1) }
                .joined(separator: "\n"))
            \(diagnostics())
            \(chart("Training loss", history.map(\.loss)))
            \(chart("Validation \(selection), mean over domains", validated))
            <h2>Run</h2>
            \(facts())
            <h2>Experiment</h2>
            <pre>\(escape(try configuration.yaml()))</pre>
            </body></html>

            """
    }

    private func table(_ title: String, _ domains: [String: EvaluationResult.Values]) -> String {
        let metrics = Set(domains.values.flatMap(\.keys)).subtracting(["cases"]).sorted()
        let header = (["domain", "cases"] + metrics).map { "<th>\(escape($0))</th>" }.joined()
        let rows = domains.sorted { $0.key < $1.key }.map { name, values in
            let cells = metrics.map { metric in
                "<td>\(values[metric].map { String(format: "%.4f", $0) } ?? "–")</td>"
            }
            return "<tr><td>\(escape(name))</td><td>\(Int(values["cases"] ?? 0))</td>"
                + cells.joined() + "</tr>"
        }
        return "<h2>\(escape(title))</h2><table><tr>\(header)</tr>\(rows.joined())</table>"
    }

    private func diagnostics() -> String {
        guard !result.diagnostics.isEmpty else { return "" }
        let rows = result.diagnostics.sorted { $0.key < $1.key }.map {
            "<tr><td>\(escape($0))</td><td>\(String(format: "%.4f", $1))</td></tr>"
        }
        return "<h2>Measured by the model</h2><table>\(rows.joined())</table>"
    }

    private func facts() -> String {
        let facts: [(String, String)] = [
            ("parameters", "\(manifest.parameters)"), ("seed", "\(manifest.seed)"),
            ("dataset", manifest.dataset), ("device", manifest.device),
            ("threads", "\(manifest.threads)"), ("machine", manifest.machine),
            ("seconds", String(format: "%.1f", manifest.seconds)),
            ("peak memory", "\(manifest.peakMemory >> 20) MB"),
            ("Isthmus", manifest.isthmus), ("libtorch", manifest.libtorch),
        ]
        let rows = facts.map { "<tr><td>\($0)</td><td>\(escape($1))</td></tr>" }
        return "<table>\(rows.joined())</table>"
    }

    /// A line over epochs.
    private func chart(_ title: String, _ values: [Double]) -> String {
        guard let low = values.min(), let high = values.max(), values.count > 1 else { return "" }
        let span = high > low ? high - low : 1
        let points = values.enumerated().map { index, value in
            let x = 60 + 620 * Double(index) / Double(values.count - 1)
            let y = 180 - 160 * (value - low) / span
            return String(format: "%.1f,%.1f", x, y)
        }
        return """
            <h2>\(escape(title))</h2>
            <svg width="700" height="210" role="img" aria-label="\(escape(title))">
            <polyline fill="none" stroke="#0a6" stroke-width="2" points="\(points.joined(separator: " "))"/>
            <text x="2" y="24" font-size="12">\(String(format: "%.4g", high))</text>
            <text x="2" y="184" font-size="12">\(String(format: "%.4g", low))</text>
            <text x="60" y="205" font-size="12">epoch 1</text>
            <text x="630" y="205" font-size="12">\(values.count)</text>
            </svg>
            """
    }

    private func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
