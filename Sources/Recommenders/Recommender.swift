public import Interactions
public import Torch
public import TorchNN

/// What a model needs to know of the data to be built: sizes, no content.
public struct DataShape: Codable, Equatable, Sendable {
    /// One domain: its name and the ids of its items.
    public struct Domain: Codable, Equatable, Sendable {
        /// The name in files and on the command line.
        public let name: String
        /// The id of its first item; ids start at 1 and 0 is padding.
        public let firstItem: Int32
        /// The number of its items.
        public let itemCount: Int

        /// Describes a domain.
        public init(name: String, firstItem: Int32, itemCount: Int) {
            self.name = name
            self.firstItem = firstItem
            self.itemCount = itemCount
        }

        /// The ids of the domain's items.
        public var items: Range<Int32> { firstItem..<firstItem + Int32(itemCount) }
    }

    /// The domains in the order of their items' ids.
    public let domains: [Domain]
    /// The number of users.
    public let userCount: Int

    /// Describes the data.
    public init(domains: [Domain], userCount: Int) {
        self.domains = domains
        self.userCount = userCount
    }

    /// The number of items in all domains.
    public var itemCount: Int { domains.reduce(0) { $0 + $1.itemCount } }

    /// The position in ``domains`` of an item's domain.
    public func domain(of item: Int32) -> Int {
        domains.lastIndex { $0.firstItem <= item } ?? 0
    }
}

/// How many items of each domain are drawn as negatives, and for what.
public enum Negatives: Equatable, Sendable {
    /// None.
    case none
    /// So many for each position: the batch's array holds, token after token, those of each domain.
    case perPosition(Int)
    /// So many for the whole batch: the batch's array holds those of each domain, one after another.
    case perBatch(Int)
}

/// Where the examples of a phase come from.
public enum ExampleSource: Equatable, Sendable {
    /// Users' training sequences over all domains, with negatives.
    case sequences(Negatives)
    /// Rated training events of some domains.
    case ratings(domains: [DomainID])
    /// Users with training events in both domains.
    case sharedUsers(source: DomainID, target: DomainID)
    /// All training events at once, without gradient steps: the model is ``ClosedFormRecommender``.
    case everything
}

/// One phase of training, as data: what it learns from and what it changes.
public struct TrainingPhase: Equatable, Sendable {
    /// The phase's name in history files.
    public let name: String
    /// Where its examples come from.
    public let examples: ExampleSource
    /// Prefixes of the parameters that it changes; nil changes all.
    public let trainable: [String]?
    /// The number of epochs; nil takes the experiment's and stops early on validation.
    public let epochs: Int?

    /// Whether validation chooses its best epoch.
    public var isValidated: Bool { epochs == nil && examples != .everything }

    /// Declares a phase.
    public init(
        name: String, examples: ExampleSource, trainable: [String]? = nil, epochs: Int? = nil
    ) {
        self.name = name
        self.examples = examples
        self.trainable = trainable
        self.epochs = epochs
    }
}

/// What one training step gets.
public enum TrainingBatch: Sendable {
    /// Sequences with their targets, and the negatives, laid out as ``Negatives`` says.
    case sequences(SequenceBatch, negatives: [Int32])
    /// Users, items and ratings.
    case ratings(RatingBatch)
    /// Users.
    case users([Int32])
}

/// A scalar to minimise and the parts that it is made of, for the log.
public struct Loss {
    /// What is minimised.
    public let total: Tensor
    /// Named parts.
    public let parts: [(name: String, value: Tensor)]

    /// Joins a total and its parts.
    public init(_ total: Tensor, parts: [(name: String, value: Tensor)] = []) {
        self.total = total
        self.parts = parts
    }
}

/// A model that learns from interactions: one published method.
///
/// The training loop knows nothing of a model but this: its phases, and the loss of a batch.
public protocol Recommender: Module {
    /// The model's settings.
    associatedtype Configuration: ModelConfiguration

    /// Builds the model for data of a given shape with fresh weights.
    init(_ configuration: Configuration, shape: DataShape, random: RandomSources)
        throws(ConfigurationError)

    /// The phases of training, in order.
    var phases: [TrainingPhase] { get }

    /// The loss of a batch of the phase's kind.
    func loss(of batch: TrainingBatch, in phase: TrainingPhase) -> Loss
}

/// A model that is computed from all training events in one go.
public protocol ClosedFormRecommender: Recommender {
    /// Sets the parameters from all training events; ratings are empty where the data has none.
    func fit(to events: RatingBatch)
}

extension ClosedFormRecommender {
    /// One phase over everything.
    public var phases: [TrainingPhase] { [TrainingPhase(name: "fit", examples: .everything)] }

    /// Never called: the only phase has no steps.
    public func loss(of batch: TrainingBatch, in phase: TrainingPhase) -> Loss {
        preconditionFailure("loss: a closed-form model has no steps")
    }
}

/// A model that orders the items of a domain for people with given histories.
public protocol Ranker: Recommender {
    /// Whether scores depend on who the user is, and so need one that the model was trained with.
    var needsKnownUser: Bool { get }

    /// Whether it reads each domain by itself, so that the latest events of each count, not of all together.
    var readsDomainsApart: Bool { get }

    /// Whether events of a domain that a history leaves out say nothing when it recommends in another, or the same.
    func forgets(_ hidden: DomainID, in domain: DomainID) -> Bool

    /// Whether a history of items says anything to it about a domain; where not, popular items stand in.
    func learns(from history: some Collection<Int32>, about domain: DomainID) -> Bool
}

extension Ranker {
    /// Most models know people by their histories.
    public var needsKnownUser: Bool { false }

    /// Most models read one sequence of all domains.
    public var readsDomainsApart: Bool { false }

    /// What a user's own vectors were trained with stays in them.
    public func forgets(_ hidden: DomainID, in domain: DomainID) -> Bool { !needsKnownUser }

    /// To most models any event says something.
    public func learns(from history: some Collection<Int32>, about domain: DomainID) -> Bool {
        needsKnownUser || !history.isEmpty
    }
}

/// A model whose scores are inner products, so that the best of many items are found without scoring one by one.
public protocol ItemRanker: Ranker {
    /// One state a row: what the model knows of the person when it recommends in the row's domain. [rows, width]
    func states(of histories: SequenceBatch, in domains: [DomainID]) -> Tensor

    /// One vector an item of the domain, so that state · vector is the score. [items, width]
    func itemVectors(of domain: DomainID) -> Tensor
}

/// A model whose scores are no inner products.
public protocol ItemScorer: Ranker {
    /// The score of every item of a domain for each row. [rows, items]
    func scores(of histories: SequenceBatch, in domain: DomainID) -> Tensor
}

/// Users and items whose rating is asked for.
public struct RatingQueries: Sendable {
    /// Users.
    public let users: [Int32]
    /// Items.
    public let items: [Int32]
    /// For each, whether the user has no training event in the item's domain.
    public let isCold: [Bool]

    /// Joins the lists, all of one length.
    public init(users: [Int32], items: [Int32], isCold: [Bool]) {
        precondition(users.count == items.count && items.count == isCold.count)
        self.users = users
        self.items = items
        self.isCold = isCold
    }
}

/// A model that predicts ratings.
public protocol RatingPredictor: Recommender {
    /// The predicted ratings. [queries]
    func ratings(of queries: RatingQueries) -> Tensor
}

/// A model that measures something of itself while it is evaluated.
public protocol Diagnosing: Module {
    /// Starts measuring anew.
    func resetDiagnostics()
    /// What was measured since, by name.
    func diagnostics() -> [String: Double]
}
