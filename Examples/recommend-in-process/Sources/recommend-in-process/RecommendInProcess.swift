import Experiments
import Foundation
import Interactions
import Torch

/// Recommends inside this process: from a finished run, or, without arguments, from a model of five people.
@main
struct RecommendInProcess {
    static func main() throws {
        Engine.threads = 1
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let run = arguments.first {
            guard arguments.count > 2 else {
                print("usage: recommend-in-process [RUN DOMAIN domain:item ...]")
                return
            }
            let model = try SavedModel(RunDirectory(URL(fileURLWithPath: run)))
            try show(model, history: arguments.dropFirst(2), domain: arguments[1])
        } else {
            try show(fivePeople(), history: ["books:dune"], domain: "films")
        }
    }

    static func show(_ model: SavedModel, history: some Sequence<String>, domain: String) throws {
        let answer = try model.recommend(
            history: history.flatMap { try HistoryItem.list(parsing: $0) }, in: domain, count: 3)
        for unknown in answer.unknown { print("not in the catalog: \(unknown)") }
        if answer.isFallback { print("nothing known of this person; popular items:") }
        for item in answer.items { print(item.title ?? item.item, item.score) }
    }

    /// Trains on events made in memory; the run goes to a temporary folder.
    static func fivePeople() throws -> SavedModel {
        let catalogs = [
            Catalog(
                name: "books", firstItem: ItemID(rawValue: 1),
                externalIDs: ["dune", "emma", "ubik"]),
            Catalog(
                name: "films", firstItem: ItemID(rawValue: 4),
                externalIDs: ["alien", "clueless", "tron"]),
        ]
        let events = (0..<5).flatMap { person in
            [1, 4, 3, 6].enumerated().map { time, item in
                Event(
                    user: UserID(rawValue: Int32(person)),
                    item: ItemID(rawValue: Int32(person == 4 && time == 0 ? 2 : item)),
                    time: Int64(time))
            }
        }
        let dataset = try Dataset(
            catalogs: catalogs, users: (0..<5).map { "person-\($0)" }, events: events)
        let experiment = try ExperimentConfiguration(
            yaml: """
                model: sasrec
                parameters: {embeddingSize: 8, layers: 1, heads: 1, hiddenDropout: 0}
                training: {epochs: 20, optimizer: {learningRate: 0.05}}
                """)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("isthmus-example-\(ProcessInfo.processInfo.processIdentifier)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = RunDirectory(folder)
        try Trainer(experiment, dataset: dataset, run: run).train()
        return try SavedModel(run)
    }
}
