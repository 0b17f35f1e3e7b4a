import Foundation
import Testing

@testable import RankingMetrics

@Suite("Metrics of one target")
struct RankingMetricTests {
    /// A target without ties.
    private func ranked(_ rank: Int, of candidates: Int) -> RankedCase {
        RankedCase(greater: rank - 1, equal: 0, candidates: candidates)
    }

    // Rank 3 of 1 + 9: inside 5, so HR = recall = 1, precision 1/5, NDCG 1/log2(4) = 0.5,
    // MRR 1/3; 7 of 9 candidates are below, AUC 7/9.
    @Test(arguments: [
        (RankingMetric.hitRate(at: 5), 1.0), (.recall(at: 5), 1), (.precision(at: 5), 0.2),
        (.ndcg(at: 5), 0.5), (.mrr, 1.0 / 3), (.mrrAt(5), 1.0 / 3), (.auc, 7.0 / 9),
    ])
    func hit(metric: RankingMetric, expected: Double) {
        #expect(isClose(metric.value(ranked(3, of: 9), tie: .expectation), expected))
    }

    // Rank 6: outside 5; MRR without cutoff is 1/6; 4 of 9 are below.
    @Test(arguments: [
        (RankingMetric.hitRate(at: 5), 0.0), (.recall(at: 5), 0), (.precision(at: 5), 0),
        (.ndcg(at: 5), 0), (.mrr, 1.0 / 6), (.mrrAt(5), 0), (.auc, 4.0 / 9),
    ])
    func miss(metric: RankingMetric, expected: Double) {
        #expect(isClose(metric.value(ranked(6, of: 9), tie: .expectation), expected))
    }

    // The first place: everything is 1, precision 1/k.
    @Test(arguments: [
        (RankingMetric.hitRate(at: 1), 1.0), (.recall(at: 1), 1), (.precision(at: 1), 1),
        (.ndcg(at: 1), 1), (.mrr, 1), (.mrrAt(1), 1), (.auc, 1),
    ])
    func firstPlace(metric: RankingMetric, expected: Double) {
        #expect(metric.value(ranked(1, of: 9), tie: .expectation) == expected)
    }

    // The cutoff belongs to the list: rank k hits, rank k + 1 does not. A cutoff beyond the
    // candidates finds the last place: rank 4 of 1 + 3, NDCG@100 = 1/log2(5).
    @Test func boundaries() {
        #expect(RankingMetric.hitRate(at: 10).value(ranked(10, of: 99), tie: .expectation) == 1)
        #expect(RankingMetric.hitRate(at: 10).value(ranked(11, of: 99), tie: .expectation) == 0)
        let last = RankingMetric.ndcg(at: 100).value(ranked(4, of: 3), tie: .expectation)
        #expect(isClose(last, 0.43067655807339306))
        #expect(RankingMetric.auc.value(ranked(4, of: 3), tie: .expectation) == 0)
        #expect(RankingMetric.hitRate(at: .max).value(ranked(4, of: 3), tie: .expectation) == 1)
    }

    // 1 above, 2 tied of 4. AUC: 1 below + half of 2 = 2 of 4, under every rule. MRR: 1/2, 1/4, the mean of
    // 1/2, 1/3 and 1/4. HR@3: 1, 0, 2/3.
    @Test(arguments: [
        (TieRule.optimistic, 0.5, 1.0), (.pessimistic, 0.25, 0), (.expectation, 13.0 / 36, 2.0 / 3),
    ])
    func ties(tie: TieRule, reciprocalRank: Double, hits: Double) {
        let ranked = RankedCase(greater: 1, equal: 2, candidates: 4)
        #expect(RankingMetric.auc.value(ranked, tie: tie) == 0.5)
        #expect(isClose(RankingMetric.mrr.value(ranked, tie: tie), reciprocalRank))
        #expect(isClose(RankingMetric.hitRate(at: 3).value(ranked, tie: tie), hits))
    }

    // A model with one score for all finds what a draw finds: 5, 7 and 10 of twelve places.
    @Test func constantScoresAreChance() {
        let ranked = RankedCase(targetScore: 0, candidateScores: Array(repeating: 0, count: 11))
        for (cutoff, chance) in [(5, 5.0 / 12), (7, 7.0 / 12), (10, 10.0 / 12), (20, 1)] {
            let value = RankingMetric.hitRate(at: cutoff).value(ranked, tie: .expectation)
            #expect(isClose(value, chance))
        }
        #expect(RankingMetric.hitRate(at: 1).value(ranked, tie: .optimistic) == 1)
        #expect(RankingMetric.hitRate(at: 10).value(ranked, tie: .pessimistic) == 0)
        #expect(RankingMetric.auc.value(ranked, tie: .optimistic) == 0.5)
    }

    // Every order of the tied ones, written out: the expectation is the mean of the metric over all of them.
    @Test(
        arguments: RankingMetricTextTests.named.map(\.0) + [
            .ndcg(at: 3), .hitRate(at: 2), .mrrAt(4),
        ])
    func expectationIsTheMeanOverAllOrders(metric: RankingMetric) throws {
        var generator = SplitMix64(state: 5)
        for _ in 0..<40 {
            let greater = Int.random(in: 0..<4, using: &generator)
            let equal = Int.random(in: 0..<5, using: &generator)
            let below = Int.random(in: 0..<3, using: &generator)
            let tied = RankedCase(
                greater: greater, equal: equal, candidates: greater + equal + below)
            // The target is the tied item 0; each permutation puts it somewhere.
            let orders = permutations(Array(0...equal))
            let values = orders.map { order in
                let place = order.firstIndex(of: 0) ?? 0
                return metric.value(
                    RankedCase(greater: greater + place, equal: 0, candidates: tied.candidates),
                    tie: .expectation)
            }
            let known = values.compactMap { $0 }
            guard !known.isEmpty else {
                #expect(metric.value(tied, tie: .expectation) == nil)
                continue
            }
            let mean = known.reduce(0, +) / Double(known.count)
            #expect(isClose(metric.value(tied, tie: .expectation), mean))
        }
    }

    private func permutations(_ items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    // The expansion of harmonic numbers against the sum, from below and beyond where it begins.
    @Test(arguments: [(0, 50), (0, 5_000), (90, 30), (99, 0), (100, 1), (3_000, 40_000)])
    func reciprocalRanksOfManyTies(greater: Int, equal: Int) throws {
        let ranked = RankedCase(greater: greater, equal: equal, candidates: greater + equal)
        let sum = (greater + 1...greater + equal + 1).reversed().reduce(0) { $0 + 1 / Double($1) }
        let expected = sum / Double(equal + 1)
        let value = try #require(RankingMetric.mrr.value(ranked, tie: .expectation))
        #expect(abs(value - expected) < 1e-13 * expected)
    }

    // Nothing was compared: AUC says nothing, and is no half.
    @Test func withoutCandidates() {
        #expect(RankingMetric.auc.value(ranked(1, of: 0), tie: .expectation) == nil)
        #expect(RankingMetric.ndcg(at: 10).value(ranked(1, of: 0), tie: .expectation) == 1)
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
            #expect(isClose(value, expected ?? .nan))
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
