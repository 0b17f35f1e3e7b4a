import Experiments
import Foundation
import RankingMetrics
import Recommenders

/// Measured values, for people and for programs.
enum ResultTable {
    /// The metrics of a result in the order of their names, numbers within names by size.
    static func metrics(of result: EvaluationResult) -> [String] {
        let names = Set(result.domains.values.flatMap(\.keys)).subtracting(["cases"])
        return names.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }

    /// A line for each domain, then for each group of users in each domain.
    static func text(_ result: EvaluationResult) -> String {
        let metrics = metrics(of: result)
        var table = TextTable(["domain", "users", "cases"] + metrics)
        func append(_ domain: String, _ group: String, _ values: EvaluationResult.Values) {
            table.append(
                [domain, group, "\(Int(values["cases"] ?? 0))"]
                    + metrics.map { TextTable.number(values[$0]) })
        }
        for (domain, values) in result.domains.sorted(by: { $0.key < $1.key }) {
            append(domain, "all", values)
        }
        for (group, domains) in result.groups.sorted(by: { $0.key < $1.key }) {
            for (domain, values) in domains.sorted(by: { $0.key < $1.key }) {
                append(domain, group, values)
            }
        }
        let title = "\(result.split), candidates \(result.candidates), \(result.cases) cases\n"
        return title + table.rendered(as: .plain)
    }

    /// The object that `evaluate --json` prints; counts are whole numbers.
    static func json(_ result: EvaluationResult) -> JSONValue {
        func domains(_ values: [String: EvaluationResult.Values]) -> JSONValue {
            .object(
                values.mapValues { metrics in
                    var object = metrics.mapValues(JSONValue.double)
                    object["cases"] = .int(Int(metrics["cases"] ?? 0))
                    return .object(object)
                })
        }
        return .object([
            "split": .string(result.split), "candidates": .string(result.candidates),
            "cases": .int(result.cases), "domains": domains(result.domains),
            "groups": .object(result.groups.mapValues(domains)),
            "diagnostics": .object(result.diagnostics.mapValues(JSONValue.double)),
        ])
    }
}
