// MeanRating: the mean of the training ratings, of the domain or of the item. The baseline of every rating table.
//
// No paper. The item's mean is pulled towards its domain's by pseudo-ratings, so that an item with few ratings, or with
// none, is predicted with care.

internal import Interactions
public import Torch
public import TorchNN

/// Whose mean is predicted.
public enum MeanLevel: String, Codable, Sendable, CaseIterable {
    /// The mean of all ratings in the item's domain: one number a domain.
    case domain
    /// The mean of the item's own ratings, shrunk towards the domain's.
    case item
}

/// Settings of the mean.
public struct MeanRatingConfiguration: ModelConfiguration {
    /// Whose mean is predicted.
    public var by = MeanLevel.item
    /// The number of pseudo-ratings, equal to the domain's mean, that each item gets; only for the mean by item.
    public var shrinkage = 5.0

    /// The mean by item.
    public init() {}

    /// Checks the range.
    public func validate() throws(ConfigurationError) {
        try require(shrinkage >= 0, "shrinkage", expected: "at least 0", got: shrinkage)
    }

    /// Pseudo-ratings are for items.
    public var idle: [IdleSetting] {
        by == .domain ? [IdleSetting("shrinkage", "beside by: domain")] : []
    }

    /// Means are taken in one go.
    public var learning: Learning { .closedForm }
}

/// Predicts a mean of training ratings, whoever asks.
public final class MeanRating: Module, RatingPredictor {
    /// Settings.
    public typealias Configuration = MeanRatingConfiguration

    private let settings: MeanRatingConfiguration
    private let shape: DataShape
    /// The rating predicted for each item [items + 1]; row 0 is padding.
    private let itemMeans: Parameter

    /// Starts at 0.
    public init(
        _ configuration: MeanRatingConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        settings = configuration
        self.shape = shape
        itemMeans = Parameter(.zeros([shape.itemCount + 1]))
    }

    /// One phase over everything.
    public var phases: [TrainingPhase] { [TrainingPhase("fit", .fit(takeMeans))] }

    /// Takes the means.
    private func takeMeans(of events: RatingBatch) {
        let means = RatingMeans(of: events, shape: shape)
        var table: [Float] = [0]
        for (index, domain) in shape.domains.enumerated() {
            for item in domain.items {
                let mean =
                    settings.by == .domain
                    ? means.domains[index]
                    : means.item(item, domain: index, shrinkage: settings.shrinkage)
                table.append(Float(mean))
            }
        }
        itemMeans.value.copy(from: Tensor(table))
    }

    /// The means of the items. [queries]
    public func ratings(of queries: RatingQueries) -> Tensor {
        itemMeans.value.rows(Tensor(queries.items, device: itemMeans.value.device))
    }
}
