public import Interactions
public import Recommenders

extension Split {
    /// How often each item occurs in training, in the order of ids.
    var trainingEventsOfItems: [Int32] {
        var counts = [Int32](repeating: 0, count: dataset.itemCount)
        for event in 0..<dataset.eventCount where role(ofEvent: event) == .train {
            counts[Int(dataset.items[event]) - 1] += 1
        }
        return counts
    }

    /// Whether an event that trains has a rating.
    var trainsOnRatings: Bool {
        guard let ratings = dataset.ratings else { return false }
        return (0..<dataset.eventCount).contains {
            role(ofEvent: $0) == .train && !ratings[$0].isNaN
        }
    }

    /// What a model may read before it is trained.
    public var trainingData: TrainingData {
        var sequences = SequenceBatch(users: [], offsets: [0], items: [], times: [])
        for user in 0..<Int32(dataset.userCount) {
            for event in trainingEvents(of: UserID(rawValue: user)) {
                sequences.items.append(dataset.items[Int(event)])
                sequences.times.append(dataset.times[Int(event)])
            }
            sequences.users.append(UserID(rawValue: user))
            sequences.offsets.append(Int32(sequences.items.count))
        }
        return TrainingData(
            catalogs: dataset.catalogs, sequences: sequences, vectors: dataset.vectors)
    }
}
