import Testing

@testable import RankingMetrics

@Suite("Metrics of a list with several relevant items")
struct ListMetricTests {
    // Relevant a, c, x; found at 1 and 3, x never.
    // DCG@4 = 1 + 1/log2(4) = 1.5; ideal = 1 + 1/log2(3) + 1/2 = 2.1309297535714578.
    // AP = (1/1 + 2/3) / 3 = 5/9.
    let ranked = ["a", "b", "c", "d"]
    let relevant: Set<String> = ["a", "c", "x"]

    @Test func someHits() {
        #expect(ListMetric.hitRate(ranked: ranked, relevant: relevant, at: 4) == 1)
        let ndcg = ListMetric.ndcg(ranked: ranked, relevant: relevant, at: 4)
        #expect(isClose(ndcg, 1.5 / 2.1309297535714578))
        #expect(isClose(ListMetric.recall(ranked: ranked, relevant: relevant, at: 4), 2.0 / 3))
        #expect(ListMetric.precision(ranked: ranked, relevant: relevant, at: 4) == 0.5)
        #expect(isClose(ListMetric.averagePrecision(ranked: ranked, relevant: relevant), 5.0 / 9))
        #expect(ListMetric.reciprocalRank(ranked: ranked, relevant: relevant) == 1)
    }

    // Only a and b are looked at: one hit; ideal DCG@2 = 1 + 1/log2(3) = 1.6309297535714575.
    @Test func cutoffInsideTheList() {
        let ndcg = ListMetric.ndcg(ranked: ranked, relevant: relevant, at: 2)
        #expect(isClose(ndcg, 1 / 1.6309297535714575))
        #expect(isClose(ListMetric.recall(ranked: ranked, relevant: relevant, at: 2), 1.0 / 3))
        #expect(ListMetric.precision(ranked: ranked, relevant: relevant, at: 2) == 0.5)
    }

    // k = 10 on four ids: 2 of 10 places hit; the ideal still has three relevant ids.
    @Test func cutoffBeyondTheList() {
        #expect(ListMetric.precision(ranked: ranked, relevant: relevant, at: 10) == 0.2)
        #expect(isClose(ListMetric.recall(ranked: ranked, relevant: relevant, at: 10), 2.0 / 3))
        let ndcg = ListMetric.ndcg(ranked: ranked, relevant: relevant, at: 10)
        #expect(isClose(ndcg, 1.5 / 2.1309297535714578))
    }

    @Test func allHit() {
        let all = Set(ranked)
        #expect(ListMetric.hitRate(ranked: ranked, relevant: all, at: 4) == 1)
        #expect(ListMetric.ndcg(ranked: ranked, relevant: all, at: 4) == 1)
        #expect(ListMetric.ndcg(ranked: ranked, relevant: all, at: 2) == 1)
        #expect(ListMetric.recall(ranked: ranked, relevant: all, at: 4) == 1)
        #expect(ListMetric.precision(ranked: ranked, relevant: all, at: 4) == 1)
        #expect(ListMetric.averagePrecision(ranked: ranked, relevant: all) == 1)
        #expect(ListMetric.reciprocalRank(ranked: ranked, relevant: all) == 1)
    }

    @Test(arguments: [["a", "b", "c", "d"], []])
    func noHit(ranked: [String]) {
        let absent: Set<String> = ["y", "z"]
        #expect(ListMetric.hitRate(ranked: ranked, relevant: absent, at: 4) == 0)
        #expect(ListMetric.ndcg(ranked: ranked, relevant: absent, at: 4) == 0)
        #expect(ListMetric.recall(ranked: ranked, relevant: absent, at: 4) == 0)
        #expect(ListMetric.precision(ranked: ranked, relevant: absent, at: 4) == 0)
        #expect(ListMetric.averagePrecision(ranked: ranked, relevant: absent) == 0)
        #expect(ListMetric.reciprocalRank(ranked: ranked, relevant: absent) == 0)
    }

    @Test func nothingRelevantIsUndefined() {
        #expect(ListMetric.hitRate(ranked: ranked, relevant: [], at: 4) == nil)
        #expect(ListMetric.ndcg(ranked: ranked, relevant: [], at: 4) == nil)
        #expect(ListMetric.recall(ranked: ranked, relevant: [], at: 4) == nil)
        #expect(ListMetric.precision(ranked: ranked, relevant: [], at: 4) == nil)
        #expect(ListMetric.averagePrecision(ranked: ranked, relevant: []) == nil)
        #expect(ListMetric.reciprocalRank(ranked: ranked, relevant: []) == nil)
    }

    // The second a is no second hit: recall 1/2, AP (1/1) / 2.
    @Test func repeatedIdsHitOnce() {
        let repeated = ["a", "a", "a"]
        #expect(ListMetric.recall(ranked: repeated, relevant: ["a", "b"], at: 3) == 0.5)
        #expect(ListMetric.averagePrecision(ranked: repeated, relevant: ["a", "b"]) == 0.5)
    }

    // First hit at 3: 1/3.
    @Test func laterFirstHit() {
        #expect(isClose(ListMetric.reciprocalRank(ranked: ranked, relevant: ["c", "d"]), 1.0 / 3))
    }

    // With one relevant item, the list metrics are those of its rank.
    @Test func agreesWithTheMetricsOfOneTarget() {
        let list = Array(0..<12)
        for target in list {
            let rank = Double(target + 1)
            for cutoff in [1, 3, 10, 50] {
                func value(_ metric: RankingMetric) -> Double? {
                    metric.value(
                        RankedCase(greater: target, equal: 0, candidates: 11), tie: .expectation)
                }
                let ndcg = value(.ndcg(at: cutoff))
                let precision = value(.precision(at: cutoff))
                let hit = value(.hitRate(at: cutoff))
                #expect(ListMetric.ndcg(ranked: list, relevant: [target], at: cutoff) == ndcg)
                #expect(
                    ListMetric.precision(ranked: list, relevant: [target], at: cutoff) == precision)
                #expect(ListMetric.hitRate(ranked: list, relevant: [target], at: cutoff) == hit)
                #expect(ListMetric.recall(ranked: list, relevant: [target], at: cutoff) == hit)
            }
            #expect(ListMetric.reciprocalRank(ranked: list, relevant: [target]) == 1 / rank)
            #expect(ListMetric.averagePrecision(ranked: list, relevant: [target]) == 1 / rank)
        }
    }
}
