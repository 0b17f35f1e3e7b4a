public import Interactions

/// What a model may read of the data before its first step; nothing of the held-out part.
public struct TrainingData: Sendable {
    /// The domains' items with what is known of each.
    public let catalogs: [Catalog]
    /// The training events of every user in order of time, a row a user, without targets.
    public let sequences: SequenceBatch
    /// Precomputed vectors of items, one set for each name and domain that has it.
    public let vectors: [ItemVectors]

    /// Joins the parts.
    public init(
        catalogs: [Catalog], sequences: SequenceBatch, vectors: [ItemVectors] = []
    ) {
        self.catalogs = catalogs
        self.sequences = sequences
        self.vectors = vectors
    }
}

/// A model that takes something of the data before it is trained, such as a graph or frozen item vectors.
///
/// What it keeps are parameters that hold data; they are saved with the weights, so that a trained model needs no dataset.
public protocol DataPreparing: Recommender {
    /// Called once, before the first step of a run; says in a line each what it took, for whoever starts the run.
    @discardableResult
    func prepare(with data: TrainingData) throws(ConfigurationError) -> [String]
}
