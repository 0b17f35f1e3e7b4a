import Experiments
import RankingMetrics
import Recommenders

/// Recommendations, for people and for programs.
enum RecommendationOutput {
    /// Prints the items; what was left out or replaced goes to standard error.
    static func show(_ recommendation: Recommendation, of count: Int, json: Bool) throws {
        for item in recommendation.unknown {
            Console.error("unknown item \(item), left out")
        }
        if recommendation.isFallback {
            Console.error(
                "nothing usable is known of this person; these are the most popular items")
        }
        if recommendation.items.isEmpty {
            Console.error(
                "nothing is left to recommend: the person had all \(recommendation.catalogSize) items of "
                    + "\(recommendation.domain); --include-seen recommends them again")
        }
        guard !json else {
            try JSONOutput.show(object(recommendation))
            return
        }
        let left = recommendation.items.count
        let fewer = left > 0 && left < count ? ", all \(left) that are left" : ""
        Console.line("recommended in \(recommendation.domain)\(fewer)")
        var table = TextTable(["", "item", "title", "score"])
        for (index, item) in recommendation.items.enumerated() {
            table.append([
                "\(index + 1)", item.item, item.title ?? "", TextTable.number(item.score),
            ])
        }
        Console.write(table.rendered(as: .plain))
    }

    private static func object(_ recommendation: Recommendation) -> JSONValue {
        .object([
            "domain": .string(recommendation.domain),
            "fallback": .bool(recommendation.isFallback),
            "unknown": .array(recommendation.unknown.map(JSONValue.string)),
            "items": .array(
                recommendation.items.map { item in
                    .object([
                        "item": .string(item.item),
                        "title": item.title.map(JSONValue.string) ?? .null,
                        "score": .double(item.score),
                    ])
                }),
        ])
    }
}
