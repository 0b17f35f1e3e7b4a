import Foundation
import Testing

@testable import RankingMetrics

@Suite("Click metrics")
struct ClickMetricTests {
    // −(ln 0.8 + ln 0.5 + ln(1 − 0.4)) / 3 = (0.22314355 + 0.69314718 + 0.51082562) / 3.
    @Test func logLossByHand() {
        let loss = ClickMetric.logLoss(
            labels: [true, true, false], probabilities: [0.8, 0.5, 0.4])
        #expect(isClose(loss, 0.475705452, tolerance: 1e-9))
    }

    // Certain and right costs about nothing; certain and wrong costs −ln ε.
    @Test func logLossIsClipped() {
        let right = ClickMetric.logLoss(labels: [true, false], probabilities: [1, 0])
        #expect(isClose(right, 0, tolerance: 2e-15))
        let wrong = ClickMetric.logLoss(labels: [true], probabilities: [0], epsilon: 1e-7)
        #expect(isClose(wrong, 16.11809565095832))
        let alsoWrong = ClickMetric.logLoss(labels: [false], probabilities: [1], epsilon: 1e-7)
        #expect(isClose(alsoWrong, 16.11809565095832, tolerance: 1e-8))
    }

    @Test func undefinedIsNil() {
        #expect(ClickMetric.logLoss(labels: [], probabilities: []) == nil)
        #expect(ClickMetric.logLoss(labels: [true], probabilities: [.nan]) == nil)
        #expect(ClickMetric.auc(labels: [], scores: []) == nil)
        #expect(ClickMetric.auc(labels: [true, true], scores: [1, 2]) == nil)
        #expect(ClickMetric.auc(labels: [false, false], scores: [1, 2]) == nil)
        #expect(ClickMetric.auc(labels: [true, false], scores: [1, .nan]) == nil)
        #expect(ClickMetric.gauc(labels: [], scores: [], groups: []) == nil)
        #expect(ClickMetric.gauc(labels: [true, false], scores: [1, 2], groups: [1, 2]) == nil)
        #expect(
            ClickMetric.gauc(labels: [true, false], scores: [.nan, 2], groups: [1, 1]) == nil)
    }

    @Test func logitsTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = ClickMetric.logLoss(labels: [true], probabilities: [3.7])
        }
    }

    // Positives 0.35 and 0.8, negatives 0.1 and 0.4: of four pairs only (0.35, 0.4) is wrong.
    @Test func aucByHand() {
        let area = ClickMetric.auc(
            labels: [false, false, true, true], scores: [0.1, 0.4, 0.35, 0.8])
        #expect(area == 0.75)
    }

    // Positives 2, 3; negatives 1, 2, 3. Wins: 2>1, 3>1, 3>2 = 3; ties: 2=2, 3=3 = 1. 4 of 6.
    @Test func aucCountsTiesHalf() {
        let area = ClickMetric.auc(
            labels: [true, true, false, false, false], scores: [2, 3, 1, 2, 3])
        #expect(isClose(area, 4.0 / 6))
        #expect(ClickMetric.auc(labels: [true, false, false], scores: [5, 5, 5]) == 0.5)
        #expect(ClickMetric.auc(labels: [true, false], scores: [2, 1]) == 1)
        #expect(ClickMetric.auc(labels: [true, false], scores: [1, 2]) == 0)
    }

    @Test func aucAgreesWithAllPairs() {
        var generator = SplitMix64(state: 5)
        for _ in 0..<50 {
            let labels = [true, false] + (0..<30).map { _ in Bool.random(using: &generator) }
            let scores = labels.map { _ in Double(Int.random(in: 0..<10, using: &generator)) }
            let examples = Array(zip(labels, scores))
            let pairs = examples.filter(\.0).flatMap { positive in
                examples.filter { !$0.0 }.map { negative in
                    positive.1 > negative.1 ? 1 : positive.1 == negative.1 ? 0.5 : 0
                }
            }
            let expected = pairs.reduce(0, +) / Double(pairs.count)
            #expect(isClose(ClickMetric.auc(labels: labels, scores: scores), expected))
        }
    }

    // Group 7: AUC 1 with 2 examples. Group 3: (0.2 | 0.1, 0.3) AUC 1/2 with 3. Group 9 has clicks
    // only and is left out. (2 · 1 + 3 · 1/2) / 5 = 0.7. The groups stand mixed on purpose.
    @Test func gaucByHand() {
        let value = ClickMetric.gauc(
            labels: [true, false, true, true, false, false],
            scores: [0.9, 0.1, 0.2, 0.6, 0.3, 0.8],
            groups: [7, 3, 3, 9, 3, 7])
        #expect(isClose(value, 0.7))
    }

    @Test func gaucOfOneGroupIsAuc() {
        let labels = [true, false, true, false, false]
        let scores = [3.0, 2, 2, 1, 4]
        let value = ClickMetric.gauc(labels: labels, scores: scores, groups: [4, 4, 4, 4, 4])
        let area = ClickMetric.auc(labels: labels, scores: scores)
        #expect(value != nil && value == area)
    }
}
