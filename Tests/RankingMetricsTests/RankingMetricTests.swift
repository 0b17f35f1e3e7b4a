import Foundation
import Testing

@testable import RankingMetrics

@Suite("Metrics of one target")
struct RankingMetricTests {
    // Rank 3 of 1 + 9: inside 5, so HR = recall = 1, precision 1/5, NDCG 1/log2(4) = 0.5,
    // MRR 1/3; 7 of 9 candidates are below, AUC 7/9.
    @Test(arguments: [
        (RankingMetric.hitRate(at: 5), 1.0), (.recall(at: 5), 1), (.precision(at: 5), 0.2),
        (.ndcg(at: 5), 0.5), (.mrr, 1.0 / 3), (.mrrAt(5), 1.0 / 3), (.auc, 7.0 / 9),
    ])
    func hit(metric: RankingMetric, expected: Double) {
        #expect(isClose(metric.value(rank: 3, candidates: 9), expected))
    }

    // Rank 6: outside 5; MRR without cutoff is 1/6; 4 of 9 are below.
    @Test(arguments: [
        (RankingMetric.hitRate(at: 5), 0.0), (.recall(at: 5), 0), (.precision(at: 5), 0),
        (.ndcg(at: 5), 0), (.mrr, 1.0 / 6), (.mrrAt(5), 0), (.auc, 4.0 / 9),
    ])
    func miss(metric: RankingMetric, expected: Double) {
        #expect(isClose(metric.value(rank: 6, candidates: 9), expected))
    }

    // The first place: everything is 1, precision 1/k.
    @Test(arguments: [
        (RankingMetric.hitRate(at: 1), 1.0), (.recall(at: 1), 1), (.precision(at: 1), 1),
        (.ndcg(at: 1), 1), (.mrr, 1), (.mrrAt(1), 1), (.auc, 1),
    ])
    func firstPlace(metric: RankingMetric, expected: Double) {
        #expect(metric.value(rank: 1, candidates: 9) == expected)
    }

    // The cutoff belongs to the list: rank k hits, rank k + 1/2 does not. A cutoff beyond the
    // candidates finds the last place: rank 4 of 1 + 3, NDCG@100 = 1/log2(5).
    @Test func boundaries() {
        #expect(RankingMetric.hitRate(at: 10).value(rank: 10, candidates: 99) == 1)
        #expect(RankingMetric.hitRate(at: 10).value(rank: 10.5, candidates: 99) == 0)
        let last = RankingMetric.ndcg(at: 100).value(rank: 4, candidates: 3)
        #expect(isClose(last, 0.43067655807339306))
        #expect(RankingMetric.auc.value(rank: 4, candidates: 3) == 0)
    }

    // 1 above, 2 tied of 4. AUC: 1 below + half of 2 = 2 of 4, under every rule. MRR: 1/2, 1/4, 1/3.
    @Test(arguments: [(TieRule.optimistic, 0.5), (.pessimistic, 0.25), (.average, 1.0 / 3)])
    func ties(tie: TieRule, reciprocalRank: Double) {
        let ranked = RankedCase(greater: 1, equal: 2, candidates: 4)
        #expect(RankingMetric.auc.value(ranked, tie: tie) == 0.5)
        #expect(isClose(RankingMetric.mrr.value(ranked, tie: tie), reciprocalRank))
    }

    // A model with one score for all: optimistic HR is 1, and AUC tells on it.
    @Test func constantScores() {
        let ranked = RankedCase(targetScore: 0, candidateScores: Array(repeating: 0, count: 99))
        #expect(RankingMetric.hitRate(at: 1).value(ranked, tie: .optimistic) == 1)
        #expect(RankingMetric.hitRate(at: 10).value(ranked, tie: .pessimistic) == 0)
        #expect(RankingMetric.auc.value(ranked, tie: .optimistic) == 0.5)
    }

    @Test func withoutCandidates() {
        #expect(RankingMetric.auc.value(rank: 1, candidates: 0) == 0.5)
        #expect(RankingMetric.ndcg(at: 10).value(rank: 1, candidates: 0) == 1)
    }

    @Test func impossibleRankTraps() async {
        await #expect(processExitsWith: .failure) {
            _ = RankingMetric.mrr.value(rank: 5, candidates: 3)
        }
    }

    // AUC from a rank is the rank-sum AUC of the same scores with one positive.
    @Test func aucAgreesWithRankSum() {
        var generator = SplitMix64(state: 11)
        for _ in 0..<100 {
            let scores = (0..<15).map { _ in Float(Int.random(in: 0..<8, using: &generator)) }
            let target = Float(Int.random(in: 0..<8, using: &generator))
            let ranked = RankedCase(targetScore: target, candidateScores: scores)
            let expected = ClickMetric.auc(
                labels: [true] + scores.map { _ in false },
                scores: ([target] + scores).map(Double.init))
            let value = RankingMetric.auc.value(ranked, tie: .pessimistic)
            #expect(isClose(expected, value))
        }
    }
}

@Suite("Names of metrics")
struct RankingMetricTextTests {
    static let named: [(RankingMetric, String)] = [
        (.hitRate(at: 10), "HR@10"), (.ndcg(at: 5), "NDCG@5"), (.recall(at: 20), "Recall@20"),
        (.precision(at: 1), "Precision@1"), (.mrr, "MRR"), (.mrrAt(10), "MRR@10"), (.auc, "AUC"),
    ]

    @Test(arguments: named)
    func printsAndParses(metric: RankingMetric, name: String) throws {
        #expect(metric.description == name)
        #expect(try RankingMetric(parsing: name) == metric)
        #expect(try RankingMetric(parsing: name.lowercased()) == metric)
    }

    @Test(arguments: [
        ("NDGC@10", "NDCG@10"), ("Recal@20", "Recall@20"), ("HR", "HR@10"), ("HR@0", "HR@10"),
        ("HR@-5", "HR@10"), ("HR@+5", "HR@10"), ("AUC@5", "AUC"), ("MRR@x", "MRR"), ("", "HR@10"),
        ("precison@3", "Precision@3"), ("HR@", "HR@10"), ("HR@1@2", "HR@10"),
    ])
    func refusesWithTheNearest(text: String, nearest: String) throws {
        let error = try #require(throws: RankingMetricError.self) {
            try RankingMetric(parsing: text)
        }
        #expect(error.nearest == nearest)
        #expect(error.description.hasPrefix("unknown metric '\(text)': expected HR@k"))
        #expect(error.description.hasSuffix("did you mean '\(nearest)'?"))
    }

    @Test func isCodedAsItsName() throws {
        let json = try JSONEncoder().encode(Self.named.map(\.0))
        let expected = Self.named.map { "\"\($0.1)\"" }.joined(separator: ",")
        #expect(String(decoding: json, as: UTF8.self) == "[\(expected)]")
        #expect(try JSONDecoder().decode([RankingMetric].self, from: json) == Self.named.map(\.0))
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([RankingMetric].self, from: Data(#"["HIT@10"]"#.utf8))
        }
    }

    // kitten → sitting: two substitutions and an insertion.
    @Test(arguments: [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("mrr", "mrr", 0)])
    func distance(first: String, second: String, expected: Int) {
        #expect(editDistance(first, second) == expected)
    }
}
