import ArgumentParser
import Experiments

/// What a person had, oldest first: `domain:item,domain:item`; `\,` is a comma of an id, `\:` a colon of a domain.
struct HistoryOption: ExpressibleByArgument {
    let items: [HistoryItem]

    init?(argument: String) {
        // An event is its domain and its item, which may have colons.
        var events = [[""]]
        var rest = Substring(argument)
        while let character = rest.popFirst() {
            let event = events.count - 1
            switch character {
            case "\\" where rest.first.map(",:\\".contains) ?? false:
                events[event][events[event].count - 1].append(rest.removeFirst())
            case ",":
                events.append([""])
            case ":" where events[event].count == 1:
                events[event].append("")
            default:
                events[event][events[event].count - 1].append(character)
            }
        }
        guard events.allSatisfy({ $0.count == 2 && !$0.contains("") }) else { return nil }
        items = events.map { HistoryItem(domain: $0[0], item: $0[1]) }
    }
}
