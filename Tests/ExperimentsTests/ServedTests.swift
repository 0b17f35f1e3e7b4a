import Foundation
import Interactions
import Testing

@testable import Experiments

/// What is evaluated is what `recommend` serves, on a log in which people come back to items.
@Suite struct ServedTests {
    private static let people = 100
    private static let repeating = 21

    /// A hundred people with six events each on forty items; the last event of 21 is an item that they had.
    private func dataset() throws -> Dataset {
        var stream = RandomStream(seed: 3, name: "served")
        let rows = (0..<Self.people).map { user in
            var items: [Int32] = []
            while items.count < 5 {
                let item = Int32(1 + stream.uniform(below: 40))
                if !items.contains(item) { items.append(item) }
            }
            let isRepeat = user < Self.repeating
            var last = items[stream.uniform(below: 5)]
            while !isRepeat && items.contains(last) { last = Int32(1 + stream.uniform(below: 40)) }
            return items + [last]
        }
        return try ExperimentsTests.dataset(of: rows, domains: [("shop", 40)])
    }

    /// How many people's last events are among the ten that are recommended for what was before.
    private func hits(
        _ users: Range<Int>, _ model: SavedModel, _ dataset: Dataset, includingSeen: Bool = false
    ) throws -> Int {
        try users.count { user in
            let items = dataset.events(of: UserID(rawValue: Int32(user)))
                .map { dataset.externalID(of: ItemID(rawValue: dataset.items[$0])) }
            let answer = try model.recommend(
                history: items.dropLast().map { HistoryItem(domain: "shop", item: $0) }, in: "shop",
                count: 10, includingSeen: includingSeen)
            return answer.items.contains { $0.item == items.last }
        }
    }

    @Test func figuresAreWhatIsRecommended() throws {
        let folder = try TemporaryFolder()
        let dataset = try dataset()
        func train(_ name: String, _ assignments: [String]) throws -> EvaluationResult {
            try Trainer(
                ExperimentConfiguration(
                    yaml: tinySASRec, assignments: ["training.epochs=1"] + assignments),
                dataset: dataset, run: folder.run(name)
            ).train()
        }
        // Repeats are cases unless it is asked for that they are none.
        let dropped = try train("dropped", ["data.repeats=drop"])
        let kept = try train("kept", [])
        let model = try SavedModel(folder.run("kept"))
        let new = Self.repeating..<Self.people
        let hits = try hits(new, model, dataset)
        #expect(hits > 5 && hits < new.count)
        let rate = Double(hits) / Double(new.count)
        #expect(dropped.cases == 79 && dropped.heldOut.droppedRepeats == 21)
        #expect(dropped.domains["shop"]?["HR@10"] == rate)
        #expect(kept.cases == 100 && kept.groups["new"]?["shop"]?["cases"] == 79)
        #expect(kept.groups["new"]?["shop"]?["HR@10"] == rate)
        // What was had is never recommended, and where it is a target it competes with all that was had.
        #expect(try self.hits(0..<Self.repeating, model, dataset) == 0)
        let seen = try self.hits(0..<Self.repeating, model, dataset, includingSeen: true)
        #expect(
            kept.groups["repeat"]?["shop"]?["HR@10"] == Double(seen) / Double(Self.repeating))
        #expect(
            kept.warnings.contains {
                $0.contains("21 of 100") && $0.contains("--include-seen")
                    && $0.contains("data.repeats: drop measures what recommend reaches")
            })
        #expect(
            kept.protocolText.hasSuffix("what the person had before (but for targets that repeat)"))
        #expect(dropped.protocolText.hasSuffix("what the person had before"))
        // Where nothing is left out, all cases are what is reached with those that were had.
        let open = try train("open", ["evaluation.exclusion=none"])
        #expect(!open.warnings.contains { $0.contains("repeat an item") })
        #expect(
            dropped.warnings.contains { $0.contains("21 of 100") && $0.contains("are no cases") })
        // The cases of one are some of the other's: those are compared, and alike.
        let comparison = try RunComparison([folder.run("kept"), folder.run("dropped")])
        #expect(comparison.commonCases == ["kept": 100, "dropped": 79])
        #expect(comparison.differences.allSatisfy { $0.difference == 0 && $0.cases == 79 })
        let report = try String(contentsOf: folder.run("kept").report, encoding: .utf8)
        #expect(report.contains("ties in scores: expectation") && report.contains("21 of 100"))
    }
}
