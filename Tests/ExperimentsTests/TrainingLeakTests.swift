import Interactions
import Recommenders
import Testing

@testable import Experiments

/// Nothing of what is held out reaches training: not by examples, graphs, support sets or counts.
@Suite struct TrainingLeakTests {
    /// A dataset, and one whose held-out events are other items of the same domain.
    private func twins(_ rule: SplitRule) throws -> (Split, Split) {
        let dataset = try cyclicDataset()
        let split = try Split(rule, dataset: dataset, seed: 1)
        let events = (0..<dataset.eventCount).map { place in
            var event = dataset.event(at: place)
            if split.role(ofEvent: place) != .train {
                let range = dataset.itemRange(of: dataset.domain(of: event.item))
                let next = event.item.rawValue + 1
                event.item = ItemID(rawValue: next > range.upperBound ? range.lowerBound : next)
                event.rating = 1
            }
            return event
        }
        let other = try Dataset(
            catalogs: dataset.catalogs, users: (0..<dataset.userCount).map { "user-\($0)" },
            events: events)
        return (split, try Split(rule, dataset: other, seed: 1))
    }

    @Test(arguments: [
        SplitRule.leaveOneOut, .leaveOneOutPerDomain, .ratio(train: 0.6, validation: 0.2),
        .timeCut(validation: 0.2, test: 0.2),
        .coldUsers(target: "films", share: 0.4, validationShare: 0.3),
    ])
    func heldOutEventsChangeNothingThatTrains(rule: SplitRule) throws {
        let (one, other) = try twins(rule)
        #expect(one.dataset.checksum != other.dataset.checksum)
        #expect(one.trainingData.sequences == other.trainingData.sequences)
        #expect(one.trainingData.sequences.items.count == one.trainingEventCount)
        #expect(one.trainingEventsOfItems == other.trainingEventsOfItems)
        #expect(one.trainingEventsOfItems.reduce(0) { $0 + Int($1) } == one.trainingEventCount)
        let (all, others) = (ExampleBatches.everything(one), ExampleBatches.everything(other))
        #expect(all.users == others.users && all.items == others.items)
        #expect(all.ratings == others.ratings && all.count == one.trainingEventCount)
        let books = DomainID(rawValue: 0)
        let films = DomainID(rawValue: 1)
        for examples in [
            TrainingPhase.Work.sequences(.none) { _, _ in Loss() },
            .sequences(.perPosition(2)) { _, _ in Loss() },
            .sequences(.perBatch(3)) { _, _ in Loss() },
            .ratings(in: [books, films]) { _ in Loss() },
            .users(in: [books, films]) { _ in Loss() },
        ] {
            #expect(try batches(examples, one) == batches(examples, other))
        }
    }

    /// The batches of an epoch as text.
    private func batches(_ examples: TrainingPhase.Work, _ split: Split) throws -> [String] {
        let batches = try #require(try self.examples(examples, split))
        let order = batches.order(epoch: 0)
        return try (0..<batches.stepCount).map {
            "\(try batches.batch(order: order, epoch: 0, step: $0))"
        }
    }

    private func examples(_ examples: TrainingPhase.Work, _ split: Split) throws -> ExampleBatches?
    {
        ExampleBatches(
            TrainingPhase("train", examples), split: split,
            configuration: try ExperimentConfiguration(yaml: tinySASRec), window: HistoryWindow(50))
    }
}
