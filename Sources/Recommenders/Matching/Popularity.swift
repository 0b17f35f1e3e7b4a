// Popularity: every item scores the number of its training events. The baseline that every table needs.

public import Interactions
public import Torch
public import TorchNN

/// Popularity has nothing to set.
public struct PopularityConfiguration: ModelConfiguration {
    /// Nothing to set.
    public init() {}

    /// Events are counted in one go.
    public var learning: Learning { .closedForm }
}

/// Counts training events; the score of an item is its count, for everybody.
public final class Popularity: Module, ItemRanker {
    /// Settings.
    public typealias Configuration = PopularityConfiguration

    private let shape: DataShape
    /// Training events of each item [items + 1]; row 0 is padding.
    private let counts: Parameter

    /// Starts with no event.
    public init(
        _ configuration: PopularityConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        self.shape = shape
        counts = Parameter(.zeros([shape.itemCount + 1]))
    }

    /// One phase over everything.
    public var phases: [TrainingPhase] { [TrainingPhase("fit", .fit(count))] }

    private func count(_ events: RatingBatch) {
        var totals = [Float](repeating: 0, count: shape.itemCount + 1)
        for item in events.items { totals[Int(item)] += 1 }
        counts.value.copy(from: Tensor(totals))
    }

    /// The same state for everybody. [rows, 1]
    public func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        .ones([histories.rows, 1], device: counts.value.device)
    }

    /// The counts. [items, 1]
    public func itemVectors(of domain: DomainID) -> Tensor {
        let items = shape.domains[domain.rawValue].items
        return counts.value[Int(items.lowerBound)..<Int(items.upperBound)]
            .reshaped([items.count, 1])
    }
}
