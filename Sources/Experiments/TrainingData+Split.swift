public import Interactions
public import Recommenders

extension Split {
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
