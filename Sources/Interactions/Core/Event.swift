/// What a person did with an item.
public enum Behaviour: UInt8, Codable, Sendable, CaseIterable, CustomStringConvertible {
    /// The source says that something happened, but nothing this type has a name for.
    case other = 0
    /// The item was shown on a page of its own.
    case view = 1
    /// The item was clicked in a list.
    case click = 2
    /// The item was put into a shopping cart.
    case cart = 3
    /// The item was bought.
    case buy = 4
    /// The item was marked as liked or as a favourite.
    case like = 5
    /// The item was rated or reviewed.
    case rate = 6

    /// Reads a behaviour's name as it stands in event logs, in any letter case.
    public init?(name: String) {
        switch name.lowercased() {
        case "other": self = .other
        case "view", "pv", "pageview", "detail": self = .view
        case "click": self = .click
        case "cart", "add_to_cart", "addtocart": self = .cart
        case "buy", "purchase", "transaction", "order": self = .buy
        case "like", "fav", "favourite", "favorite": self = .like
        case "rate", "rating", "review": self = .rate
        default: return nil
        }
    }

    /// The behaviour's name.
    public var description: String {
        switch self {
        case .other: "other"
        case .view: "view"
        case .click: "click"
        case .cart: "cart"
        case .buy: "buy"
        case .like: "like"
        case .rate: "rate"
        }
    }
}

/// One thing that one person did with one item.
public struct Event: Hashable, Sendable {
    /// Who did it.
    public var user: UserID
    /// The item it was done with.
    public var item: ItemID
    /// Microseconds since 1970 (``Dataset/ticksPerSecond``), or 0 where the source has no times.
    public var time: Int64
    /// The rating given, where the source has one.
    public var rating: Float?
    /// What was done, where the source says it.
    public var behaviour: Behaviour?

    /// Makes an event.
    public init(
        user: UserID, item: ItemID, time: Int64 = 0, rating: Float? = nil,
        behaviour: Behaviour? = nil
    ) {
        self.user = user
        self.item = item
        self.time = time
        self.rating = rating
        self.behaviour = behaviour
    }
}
