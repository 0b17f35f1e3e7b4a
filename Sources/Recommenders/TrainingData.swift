public import Interactions

/// Precomputed vectors of all items, such as an image encoder's.
public struct ItemVectors: Sendable {
    /// The width of a vector.
    public let width: Int
    /// The vectors in the order of the items' ids, zeros where an item has none: items × width numbers.
    public let values: [Float]
    /// Whether each item has a vector.
    public let isPresent: [Bool]

    /// Joins vectors; `values` holds `width` numbers for each item.
    public init(width: Int, values: [Float], isPresent: [Bool]) {
        precondition(
            values.count == width * isPresent.count,
            "ItemVectors: expected \(isPresent.count) rows of \(width), got \(values.count) numbers"
        )
        self.width = width
        self.values = values
        self.isPresent = isPresent
    }
}

/// What a model may read of the data before its first step; nothing of the held-out part.
public struct TrainingData: Sendable {
    /// The domains' items with what is known of each.
    public let catalogs: [Catalog]
    /// The training events of every user in order of time, a row a user, without targets.
    public let sequences: SequenceBatch
    /// Precomputed vectors of all items by their name; nil where the dataset has none.
    public let vectors: @Sendable (String) -> ItemVectors?

    /// Joins the parts.
    public init(
        catalogs: [Catalog], sequences: SequenceBatch,
        vectors: @escaping @Sendable (String) -> ItemVectors?
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
    /// Called once, before the first step of a run.
    func prepare(with data: TrainingData) throws(ConfigurationError)
}
