internal import Interactions

/// Means of the training ratings: of each domain, and of each item with a pull towards its domain's.
struct RatingMeans {
    /// The mean of each domain; of all ratings where a domain has none.
    let domains: [Double]
    private let sums: [Double]
    private let counts: [Double]

    /// Takes the means; events whose rating is NaN count for nothing.
    init(of events: RatingBatch, shape: DataShape) {
        precondition(
            events.ratings.count == events.items.count
                && events.ratings.contains { !$0.isNaN },
            "fit: expected a rating for each of \(events.items.count) events, got "
                + "\(events.ratings.count { !$0.isNaN })")
        var sums = [Double](repeating: 0, count: shape.itemCount + 1)
        var counts = sums
        for (item, rating) in zip(events.items, events.ratings) where !rating.isNaN {
            sums[Int(item)] += Double(rating)
            counts[Int(item)] += 1
        }
        let overall = sums.reduce(0, +) / counts.reduce(0, +)
        domains = shape.domains.map { domain in
            let items = Int(domain.items.lowerBound)..<Int(domain.items.upperBound)
            let count = counts[items].reduce(0, +)
            return count > 0 ? sums[items].reduce(0, +) / count : overall
        }
        self.sums = sums
        self.counts = counts
    }

    /// An item's mean as if it had `shrinkage` more ratings, all equal to its domain's mean.
    func item(_ item: Int32, domain: Int, shrinkage: Double) -> Double {
        let weight = counts[Int(item)] + shrinkage
        guard weight > 0 else { return domains[domain] }
        return (sums[Int(item)] + shrinkage * domains[domain]) / weight
    }
}
