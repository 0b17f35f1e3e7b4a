import ArgumentParser
import Experiments

/// What a person had, oldest first: `domain:item,domain:item`, with `\,` for a comma in an id.
struct HistoryOption: ExpressibleByArgument {
    let items: [HistoryItem]

    init?(argument: String) {
        var parts = [""]
        var isEscaped = false
        for character in argument {
            if character == "," && !isEscaped {
                parts.append("")
            } else if character == "\\" && !isEscaped {
                isEscaped = true
                continue
            } else {
                if isEscaped && character != "," && character != "\\" { parts[parts.count - 1] += "\\" }
                parts[parts.count - 1].append(character)
            }
            isEscaped = false
        }
        if isEscaped { parts[parts.count - 1] += "\\" }
        let read = parts.map(HistoryItem.init(parsing:))
        guard read.allSatisfy({ $0 != nil }) else { return nil }
        items = read.compactMap { $0 }
    }
}
