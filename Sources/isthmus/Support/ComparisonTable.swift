import Experiments
import RankingMetrics
import Recommenders

/// A comparison of runs, for people and for programs.
enum ComparisonTable {
    /// Runs × domains with metrics, parameters and seconds; then the differences to the first run.
    static func text(_ comparison: RunComparison) -> String {
        guard let first = comparison.results.first else { return "" }
        let metrics = ResultTable.metrics(of: comparison.results)
        var values = TextTable(["run", "domain", "cases"] + metrics + ["parameters", "seconds"])
        for (index, result) in comparison.results.enumerated() {
            let manifest = comparison.manifests[index]
            for (domain, row) in result.domains.sorted(by: { $0.key < $1.key }) {
                values.append(
                    [comparison.runs[index], domain, "\(EvaluationResult.cases(of: row))"]
                        + metrics.map { TextTable.number(row[$0]) }
                        + [
                            Number.grouped(manifest.parameters),
                            TextTable.number(manifest.seconds, digits: 1),
                        ])
            }
        }
        let title = "\(first.split), candidates \(first.candidates)\n\(first.protocolText)\n"
        return title + common(comparison) + values.rendered(as: .plain) + differences(comparison)
    }

    /// How many cases runs have in common with the first.
    private static func common(_ comparison: RunComparison) -> String {
        let own = comparison.results.map(\.cases)
        let common = comparison.commonCases
        guard let first = comparison.runs.first, !common.isEmpty else { return "" }
        if Set(common.values + own).count == 1 { return "common cases: all \(own[0])\n" }
        return zip(comparison.runs, own).dropFirst().map { run, cases in
            "common cases of \(run) and \(first): \(common[run] ?? 0) of \(cases) and \(own[0]); "
                + "differences are of these, metrics of all of a run\n"
        }.joined()
    }

    private static func differences(_ comparison: RunComparison) -> String {
        guard let first = comparison.runs.first, !comparison.differences.isEmpty else { return "" }
        var table = TextTable([
            "run", "domain", "metric", "cases", "difference", "95 % interval", "p",
        ])
        for row in comparison.differences {
            table.append([
                row.run, row.domain, row.metric, "\(row.cases)", signed(row.difference),
                "\(signed(row.low)) … \(signed(row.high))", TextTable.number(row.pValue),
            ])
        }
        return "\ndifferences to \(first), paired bootstrap\n" + table.rendered(as: .plain)
    }

    private static func signed(_ value: Double) -> String {
        (value < 0 ? "" : "+") + Number.decimals(value)
    }

    /// The object that `compare --json` prints.
    static func json(_ comparison: RunComparison) -> JSONValue {
        let runs = comparison.runs.indices.map { index in
            JSONValue.object([
                "run": .string(comparison.runs[index]),
                "model": .string(comparison.manifests[index].model),
                "parameters": .int(comparison.manifests[index].parameters),
                "seconds": .double(comparison.manifests[index].seconds),
                "commonCases": comparison.commonCases[comparison.runs[index]].map(JSONValue.int)
                    ?? .null,
                "result": ResultTable.json(comparison.results[index]),
            ])
        }
        let differences = comparison.differences.map { row in
            JSONValue.object([
                "run": .string(row.run), "domain": .string(row.domain),
                "metric": .string(row.metric), "difference": .double(row.difference),
                "low": .double(row.low), "high": .double(row.high),
                "pValue": .double(row.pValue), "cases": .int(row.cases),
            ])
        }
        return .object(["runs": .array(runs), "differences": .array(differences)])
    }
}
