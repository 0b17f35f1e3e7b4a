import Foundation

/// Metrics of predicted click probabilities against what was clicked.
///
/// All are nil where they are undefined: without examples, where one score is not a number, and,
/// for AUC, where all labels are the same.
public enum ClickMetric {
    /// The mean of −log of the probability that was given to what happened.
    ///
    /// Probabilities are moved into `epsilon...1 − epsilon` first, so that one certain error costs
    /// much but not everything.
    public static func logLoss(
        labels: [Bool], probabilities: [Double], epsilon: Double = 1e-15
    ) -> Double? {
        requireSameCount("logLoss", labels.count, probabilities.count)
        guard !labels.isEmpty else { return nil }
        var sum = 0.0
        for (label, probability) in zip(labels, probabilities) {
            guard !probability.isNaN else { return nil }
            precondition(
                (0...1).contains(probability),
                "ClickMetric.logLoss: expected probabilities in 0...1, got \(probability)")
            let clipped = min(max(probability, epsilon), 1 - epsilon)
            sum -= label ? log(clipped) : log1p(-clipped)
        }
        return sum / Double(labels.count)
    }

    /// The probability that a clicked example scores above one that was not, ties counted half.
    ///
    /// The rank-sum statistic: O(n log n), whatever the number of ties.
    public static func auc(labels: [Bool], scores: [Double]) -> Double? {
        requireSameCount("auc", labels.count, scores.count)
        guard !scores.contains(where: \.isNaN) else { return nil }
        let examples = zip(labels, scores).map { Example(group: 0, score: $1, label: $0) }
        return auc(sorted: examples.sorted { $0.score < $1.score }[...])
    }

    /// AUC within each group, usually a user, averaged with the groups' example counts as weights.
    ///
    /// A group with clicks only or none has no AUC; it is left out of both the sum and the weights.
    /// Nil where that leaves no group.
    public static func gauc(labels: [Bool], scores: [Double], groups: [Int]) -> Double? {
        requireSameCount("gauc", labels.count, scores.count)
        requireSameCount("gauc", labels.count, groups.count)
        guard !scores.contains(where: \.isNaN) else { return nil }
        let examples = labels.indices
            .map { Example(group: groups[$0], score: scores[$0], label: labels[$0]) }
            .sorted { ($0.group, $0.score) < ($1.group, $1.score) }
        var sum = 0.0
        var weight = 0
        var start = 0
        while start < examples.count {
            let group = examples[start].group
            let end = examples[start...].firstIndex { $0.group != group } ?? examples.count
            if let area = auc(sorted: examples[start..<end]) {
                sum += area * Double(end - start)
                weight += end - start
            }
            start = end
        }
        return weight == 0 ? nil : sum / Double(weight)
    }

    private struct Example {
        let group: Int
        let score: Double
        let label: Bool
    }

    private static func auc(sorted examples: ArraySlice<Example>) -> Double? {
        var negativesBelow = 0
        var positives = 0
        var doubledWins = 0
        var start = examples.startIndex
        while start < examples.endIndex {
            let score = examples[start].score
            var tiedPositives = 0
            var end = start
            while end < examples.endIndex, examples[end].score == score {
                tiedPositives += examples[end].label ? 1 : 0
                end += 1
            }
            let tiedNegatives = end - start - tiedPositives
            doubledWins += tiedPositives * (2 * negativesBelow + tiedNegatives)
            negativesBelow += tiedNegatives
            positives += tiedPositives
            start = end
        }
        guard positives > 0, negativesBelow > 0 else { return nil }
        return Double(doubledWins) / 2 / (Double(positives) * Double(negativesBelow))
    }

    private static func requireSameCount(_ name: String, _ labels: Int, _ other: Int) {
        precondition(
            labels == other,
            "ClickMetric.\(name): expected a value for each of \(labels) labels, got \(other)")
    }
}
