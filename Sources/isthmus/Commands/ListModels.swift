import ArgumentParser
import Experiments
import Recommenders

/// `isthmus models`: every model by name, with its paper.
struct ListModels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List every model by name, with its paper.")

    @Flag(help: "Print one JSON object with each model's paper and default settings.")
    var json = false

    func run() throws {
        let models = Models.all.sorted { $0.key < $1.key }
        guard json else {
            let width = models.map(\.key.count).max() ?? 0
            for (name, entry) in models {
                let space = String(repeating: " ", count: width - name.count)
                Console.line("\(name)\(space)  \(entry.paper)")
            }
            return
        }
        try JSONOutput.show(
            Models.all.mapValues { entry in
                JSONValue.object([
                    "paper": .string(entry.paper), "parameters": entry.defaults(),
                ])
            })
    }
}
