/// An event of a history: the item by its domain and external id.
public struct HistoryItem: Equatable, Sendable {
    /// The domain's name.
    public let domain: String
    /// The item's external id.
    public let item: String

    /// Names an item.
    public init(domain: String, item: String) {
        self.domain = domain
        self.item = item
    }

    /// Reads `domain:item,domain:item`.
    ///
    /// The first colon of an event ends its domain; an item may have more of them. `\,` is a comma of a name, `\:` a
    /// colon of a domain, and `\\` a backslash. Text is read by code points: a mark joins the separator before it only
    /// in what people see.
    public static func list(parsing text: String) throws(HistoryError) -> [HistoryItem] {
        typealias Scalars = String.UnicodeScalarView
        var events = [[Scalars()]]
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            let event = events.count - 1
            let part = events[event].count - 1
            switch scalar {
            case "\\" where rest.first.map { ",:\\".unicodeScalars.contains($0) } ?? false:
                events[event][part].append(rest.removeFirst())
            case ",": events.append([Scalars()])
            case ":" where part == 0: events[event].append(Scalars())
            default: events[event][part].append(scalar)
            }
        }
        var items: [HistoryItem] = []
        for (index, parts) in events.enumerated() {
            guard parts.count == 2, !parts.contains(where: \.isEmpty) else {
                throw HistoryError(
                    event: index + 1, text: parts.map(String.init).joined(separator: ":"))
            }
            items.append(HistoryItem(domain: String(parts[0]), item: String(parts[1])))
        }
        return items
    }
}

/// An event of a history that is not `domain:item`.
public struct HistoryError: Error, Equatable, CustomStringConvertible {
    /// The event's number, from 1.
    public let event: Int
    /// What stands there.
    public let text: String

    /// One line that says how an event is written.
    public var description: String {
        let what = text.isEmpty ? "is empty" : "is \"\(text)\""
        return "event \(event) \(what), expected domain:item; a comma within a name is written \\,"
    }
}
