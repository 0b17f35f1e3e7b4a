/// What a split did with the events that it holds out for one part.
public struct HeldOut: Codable, Equatable, Sendable {
    /// The events that the rule holds out.
    public var events = 0
    /// Those that give no case because the user has no history before them.
    public var withoutHistory = 0
    /// Those whose item the user's history holds already.
    public var repeats = 0
    /// Those in whose place another event of the same user and time could have been held out.
    public var tied = 0
    /// Those that give no case because they repeat an item.
    public var droppedRepeats = 0
    /// Those that give no case because they are tied.
    public var droppedTies = 0
    /// The share of all events that the rule asks for; nil where it asks for none.
    public var askedShare: Double?
    /// The share of all events that came out.
    public var share: Double = 0

    /// Nothing is held out.
    public init() {}

    /// The events that could be cases: those with a history.
    public var withHistory: Int { events - withoutHistory }

    /// Why there is no case.
    var reasonForNoCase: String {
        if events == 0 { return "no event is held out" }
        if withHistory == 0 {
            return "none of the \(events) held-out events has a history before it"
        }
        if droppedRepeats >= droppedTies {
            return "\(droppedRepeats) of \(events) held-out events repeat an item that the person "
                + "had; data.repeats: keep makes them cases"
        }
        return "\(droppedTies) of \(events) held-out events are tied in time with another; "
            + "data.ties: order or draw makes them cases"
    }
}

/// Whether held-out events whose item the user had before are cases.
public enum RepeatedItems: String, Codable, Sendable, CaseIterable {
    /// They are cases, in a group of their own.
    case keep
    /// They are no cases; they are counted.
    case drop
}

/// What a split by users' order does where events of one user have one time.
public enum TiedEvents: String, Codable, Sendable, CaseIterable {
    /// The dataset's order decides which is the later one.
    case order
    /// A held-out event that another of its time could replace is no case; it does not train either.
    case drop
    /// Events of one time stand in an order that is drawn with the seed.
    case draw
}
