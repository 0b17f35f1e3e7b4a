/// What an event is used for.
public enum Role: UInt8, Sendable, CaseIterable {
    /// It trains the model.
    case train
    /// It chooses between epochs and settings.
    case validation
    /// It measures the result.
    case test
}

/// A held-out part of a split.
public enum Part: String, Sendable, Codable, CaseIterable {
    /// The part that chooses.
    case validation
    /// The part that measures.
    case test

    /// The role of the part's events.
    var role: Role { self == .validation ? .validation : .test }
}

/// One held-out event that a model has to predict from the user's history.
public struct EvaluationCase: Hashable, Sendable {
    /// The person.
    public let user: UserID
    /// The event's position in the dataset.
    public let event: Int
    /// The item to be predicted.
    public let item: ItemID
    /// The item's domain.
    public let domain: DomainID
    /// The events of the item's domain in the case's history.
    public let eventsInDomain: Int
    /// Whether the case's history has events of the item's domain and of another one.
    public let isOverlapping: Bool
    /// The event's place among the user's, from 0, in the order that the split goes by.
    public let position: Int
    /// Whether the case's history holds the item already.
    public let isRepeat: Bool

    /// Whether the case's history has no event of the item's domain.
    public var isColdInDomain: Bool { eventsInDomain == 0 }

    /// Makes a case.
    public init(
        user: UserID, event: Int, item: ItemID, domain: DomainID, eventsInDomain: Int,
        isOverlapping: Bool, position: Int, isRepeat: Bool
    ) {
        self.user = user
        self.event = event
        self.item = item
        self.domain = domain
        self.eventsInDomain = eventsInDomain
        self.isOverlapping = isOverlapping
        self.position = position
        self.isRepeat = isRepeat
    }
}
