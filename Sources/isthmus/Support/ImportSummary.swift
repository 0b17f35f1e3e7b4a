import Interactions
import RankingMetrics

/// What an import made, for people.
enum ImportSummary {
    /// Sources, filters and domains with their counts.
    static func text(_ manifest: DatasetManifest, path: String) -> String {
        var lines: [String] = []
        for source in manifest.sources {
            var line = "\(source.name): \(Number.counted(source.rows, "row"))"
            if let form = source.timeFormat { line += ", times in \(form)" }
            if source.rowsOutsideDomains > 0 {
                line += ", \(Number.grouped(source.rowsOutsideDomains)) of items in no domain"
            }
            if source.skippedLines > 0 {
                line += ", \(Number.counted(source.skippedLines, "malformed line")) skipped"
            }
            lines.append(line)
            lines += source.skippedExamples.map { "  skipped line \($0.line): \($0.reason)" }
            if source.skippedLines > source.skippedExamples.count {
                lines.append(
                    "  and \(Number.grouped(source.skippedLines - source.skippedExamples.count)) more"
                )
            }
            lines += source.notes.map { "  \($0.text)" }
        }
        lines += manifest.notes.map { "note: \($0.text)" }
        for step in manifest.filters {
            lines.append(
                "after \(step.filter): \(Number.counted(step.events, "event")), "
                    + "\(Number.counted(step.users, "user")), \(Number.counted(step.items, "item"))"
            )
        }
        var table = TextTable(["domain", "items", "users", "events"])
        for domain in manifest.domains {
            table.append([
                domain.name, Number.grouped(domain.items), Number.grouped(domain.users),
                Number.grouped(domain.events),
            ])
        }
        return lines.map { $0 + "\n" }.joined() + table.rendered(as: .plain) + "dataset: \(path)\n"
    }
}
