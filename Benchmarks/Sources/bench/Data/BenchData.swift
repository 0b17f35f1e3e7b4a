import Foundation
import Interactions

/// The data sets of a run: the real ones where their files were given, else synthetic ones of their size.
struct BenchData {
    /// `sequences.txt` and `items.json` of Food–Kitchen.
    let foodKitchenFiles: URL
    let foodKitchen: URL
    let movieLens: URL
    /// For people: which data is real.
    let summary: String

    init(foodKitchen pair: URL?, movieLens films: URL?, scratch: URL) throws {
        let pairData = scratch.appendingPathComponent("food-kitchen")
        let filmData = scratch.appendingPathComponent("movielens-1m")
        if pair == nil {
            let made = SyntheticSequences.foodKitchen
            try AtomicFiles.writeSequences(
                made.dataset(users: made.userCount),
                to: scratch.appendingPathComponent("food-kitchen-files"))
        }
        let pairFiles = pair ?? scratch.appendingPathComponent("food-kitchen-files")
        try Importer.run(
            sources: [
                ImportSource(
                    events: pairFiles.appendingPathComponent("sequences.txt"),
                    items: pairFiles.appendingPathComponent("items.json"),
                    users: pairFiles.appendingPathComponent("users.json"))
            ], format: .sequences, options: ImportOptions(domainNames: ["food", "kitchen"]),
            to: pairData)

        if films == nil {
            let made = SyntheticSequences.movieLens
            // More events than any user has: all of them.
            try AtomicFiles.writeInteractions(
                made.dataset(users: made.userCount), latest: .max, name: "ml-1m", in: scratch)
        }
        let filmFiles = films ?? scratch.appendingPathComponent("ml-1m")
        try Importer.run(
            sources: [ImportSource(events: filmFiles.appendingPathComponent("ml-1m.inter"))],
            format: .recBole, options: ImportOptions(), to: filmData)
        foodKitchenFiles = pairFiles
        foodKitchen = pairData
        movieLens = filmData
        summary =
            "data: Food-Kitchen \(pair == nil ? "synthetic, of its size" : "real"), "
            + "MovieLens-1M \(films == nil ? "synthetic, of its size" : "real")"
    }
}
