import ArgumentParser
import Experiments

/// What a person had, oldest first: `domain:item,domain:item`, with `\,` for a comma in an id.
struct HistoryOption: ExpressibleByArgument {
    let items: [HistoryItem]

    init?(argument: String) {
        var parts = [""]
        var rest = Substring(argument)
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, next == "," || next == "\\" {
                parts[parts.count - 1].append(rest.removeFirst())
            } else if character == "," {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        let read = parts.map(HistoryItem.init(parsing:))
        guard read.allSatisfy({ $0 != nil }) else { return nil }
        items = read.compactMap { $0 }
    }
}
