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

/// A model that learns from interactions: one published method.
///
/// The training loop knows nothing of a model but this: its phases, with their losses.
public protocol Recommender: Module {
    /// The model's settings.
    associatedtype Configuration: ModelConfiguration

    /// Builds the model for data of a given shape with fresh weights.
    init(_ configuration: Configuration, shape: DataShape, random: RandomSources)
        throws(ConfigurationError)

    /// The phases of training, in order.
    var phases: [TrainingPhase] { get }

    /// Which of a person's events it reads; a batch that it gets has no others.
    var window: HistoryWindow { get }
}

extension Recommender {
    /// To a model that reads no history the latest event says whether there is one.
    public var window: HistoryWindow { HistoryWindow(1) }
}

/// A model that orders the items of a domain for people with given histories.
public protocol Ranker: Recommender {
    /// Whether scores depend on who the user is, and so need one that the model was trained with.
    var needsKnownUser: Bool { get }

    /// Whether events of a domain that a history leaves out say nothing when it recommends in another, or the same.
    func forgets(_ hidden: DomainID, in domain: DomainID) -> Bool

    /// Whether a history of items says anything to it about a domain; where not, popular items stand in.
    func learns(from history: some Collection<Int32>, about domain: DomainID) -> Bool
}

extension Ranker {
    /// Most models know people by their histories.
    public var needsKnownUser: Bool { false }

    /// What a user's own vectors were trained with stays in them.
    public func forgets(_ hidden: DomainID, in domain: DomainID) -> Bool { !needsKnownUser }

    /// To most models any event says something.
    public func learns(from history: some Collection<Int32>, about domain: DomainID) -> Bool {
        needsKnownUser || !history.isEmpty
    }
}

/// A model whose scores are inner products, so that the best of many items are found without scoring one by one.
public protocol ItemRanker: Ranker {
    /// One state a row: what the model knows of the person when it recommends in the domain. [rows, width]
    func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor

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
