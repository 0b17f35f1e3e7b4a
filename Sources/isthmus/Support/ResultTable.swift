import Experiments
import Foundation
import Interactions
import RankingMetrics
import Recommenders

/// Measured values, for people and for programs.
enum ResultTable {
    /// The metrics of a result in the order of their names, numbers within names by size.
    static func metrics(of results: EvaluationResult...) -> [String] { metrics(of: results) }

    /// The metrics that any of some results has.
    static func metrics(of results: [EvaluationResult]) -> [String] {
        let names = Set(results.flatMap { $0.domains.values.flatMap(\.keys) })
            .subtracting(["cases"])
        return names.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }

    /// A line for each domain, then for each group of users in each domain.
    static func text(_ result: EvaluationResult) -> String {
        let metrics = metrics(of: result)
        var table = TextTable(["domain", "group", "cases"] + metrics)
        func append(_ domain: String, _ group: String, _ values: EvaluationResult.Values) {
            table.append(
                [domain, group, "\(EvaluationResult.cases(of: values))"]
                    + metrics.map { TextTable.number(values[$0]) })
        }
        for (domain, values) in result.domains.sorted(by: { $0.key < $1.key }) {
            append(domain, "all", values)
        }
        for (group, domains) in result.groups.sorted(by: { $0.key < $1.key }) {
            // Where nobody comes back to an item, all are new.
            if group == UserGroup.new.rawValue,
                result.groups[UserGroup.repeated.rawValue] == nil
            {
                continue
            }
            for (domain, values) in domains.sorted(by: { $0.key < $1.key }) {
                append(domain, group, values)
            }
        }
        return title(result) + table.rendered(as: .plain)
    }

    /// What the numbers of a result are of: part, candidates, cases; the protocol; what gave no case.
    static func title(_ result: EvaluationResult) -> String {
        let first =
            "\(result.split), candidates \(result.candidates), \(counted(result.cases, "case"))"
        return [first, result.protocolText, result.countsText].filter { !$0.isEmpty }
            .map { $0 + "\n" }.joined()
    }

    /// Tells on standard error what makes figures other than they look, but for lines that were told before.
    static func warn(_ lines: [String], but known: [String] = []) {
        for line in lines where !known.contains(line) { Console.error("warning: \(line)") }
    }

    /// The object that `evaluate --json` prints; counts are whole numbers.
    static func json(_ result: EvaluationResult) -> JSONValue {
        func domains(_ values: [String: EvaluationResult.Values]) -> JSONValue {
            .object(
                values.mapValues { metrics in
                    var object = metrics.mapValues(JSONValue.double)
                    object["cases"] = .int(EvaluationResult.cases(of: metrics))
                    return .object(object)
                })
        }
        return .object([
            "split": .string(result.split), "candidates": .string(result.candidates),
            "ties": text(result.ties?.rawValue), "exclusion": text(result.exclusion?.rawValue),
            "cases": .int(result.cases), "domains": domains(result.domains),
            "groups": .object(result.groups.mapValues(domains)),
            "heldOut": heldOut(result),
            "certainHits": .object(
                result.certainHits.mapValues { .object($0.mapValues(JSONValue.int)) }),
            "byPopularity": .object(result.byPopularity.mapValues(JSONValue.int)),
            "checksums": checksums(result),
            "diagnostics": .object(result.diagnostics.mapValues(JSONValue.double)),
            "warnings": .array(result.warnings.map(JSONValue.string)),
        ])
    }

    private static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    private static func checksums(_ result: EvaluationResult) -> JSONValue {
        guard let checksums = result.checksums else { return .null }
        return .object([
            "cases": .string(checksums.cases), "candidates": .string(checksums.candidates),
            "outcomes": .string(checksums.outcomes),
        ])
    }

    private static func heldOut(_ result: EvaluationResult) -> JSONValue {
        let heldOut = result.heldOut
        return .object([
            "events": .int(heldOut.events), "withoutHistory": .int(heldOut.withoutHistory),
            "repeats": .int(heldOut.repeats), "droppedRepeats": .int(heldOut.droppedRepeats),
            "timeTies": .string(result.timeTies.rawValue),
            "tiedInTime": .int(heldOut.tied), "droppedTies": .int(heldOut.droppedTies),
            "share": .double(heldOut.share),
            "askedShare": heldOut.askedShare.map(JSONValue.double) ?? .null,
            "unrated": .int(result.unrated),
        ])
    }
}
