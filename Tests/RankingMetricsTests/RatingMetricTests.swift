import Testing

@testable import RankingMetrics

@Suite("Rating errors, coverage, deviations")
struct RatingMetricTests {
    // Errors 1, −2, 0: MAE 3/3 = 1, RMSE √(5/3).
    @Test func byHand() {
        let ratings = [4.0, 3, 5]
        let predictions = [5.0, 1, 5]
        #expect(RatingMetric.mae(ratings: ratings, predictions: predictions) == 1)
        let root = RatingMetric.rmse(ratings: ratings, predictions: predictions)
        #expect(isClose(root, 1.2909944487358056))
    }

    @Test func perfectAndEmpty() {
        #expect(RatingMetric.mae(ratings: [2, 3], predictions: [2, 3]) == 0)
        #expect(RatingMetric.rmse(ratings: [2, 3], predictions: [2, 3]) == 0)
        #expect(RatingMetric.mae(ratings: [], predictions: []) == nil)
        #expect(RatingMetric.rmse(ratings: [], predictions: []) == nil)
    }

    // Different items 1, 2, 3, 5 of 8.
    @Test func coverage() {
        #expect(catalogCoverage(recommended: [[1, 2, 3], [3, 5], []], catalogSize: 8) == 0.5)
        #expect(catalogCoverage(recommended: [[1, 2]], catalogSize: 2) == 1)
        #expect(catalogCoverage(recommended: [[Int]](), catalogSize: 8) == 0)
        #expect(catalogCoverage(recommended: [[Int]](), catalogSize: 0) == nil)
    }

    // 2, 4, 4, 6: mean 4, squares 4 + 0 + 0 + 4 = 8, √(8/3).
    @Test func deviation() throws {
        let result = try #require(meanAndDeviation([2, 4, 4, 6]))
        #expect(result.mean == 4)
        #expect(isClose(result.deviation, 1.632993161855452))
        let single = try #require(meanAndDeviation([7]))
        #expect(single.mean == 7)
        #expect(single.deviation == nil)
        #expect(meanAndDeviation([]) == nil)
    }
}
