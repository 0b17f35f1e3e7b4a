/// Errors of predicted ratings; nil without ratings.
public enum RatingMetric {
    /// The mean absolute error.
    public static func mae(ratings: [Double], predictions: [Double]) -> Double? {
        mean("mae", ratings, predictions) { abs($0) }
    }

    /// The root of the mean squared error.
    public static func rmse(ratings: [Double], predictions: [Double]) -> Double? {
        mean("rmse", ratings, predictions) { $0 * $0 }?.squareRoot()
    }

    private static func mean(
        _ name: String, _ ratings: [Double], _ predictions: [Double], of cost: (Double) -> Double
    ) -> Double? {
        precondition(
            ratings.count == predictions.count,
            "RatingMetric.\(name): expected \(ratings.count) predictions, got \(predictions.count)")
        guard !ratings.isEmpty else { return nil }
        let sum = zip(ratings, predictions).reduce(0) { $0 + cost($1.1 - $1.0) }
        return sum / Double(ratings.count)
    }
}
