import Experiments
import Foundation
import Interactions

/// The import of a file of ratings, in a process of its own.
struct ImportTask: Codable {
    let file: URL
    let filters: [Filter]
    let destination: URL

    func run() throws -> ImportReport {
        let begin = ContinuousClock.now
        let manifest = try Importer.run(
            sources: [ImportSource(events: file, domain: "ratings")], format: .amazonRatings,
            options: ImportOptions(filters: filters, replace: true), to: destination)
        let time = processorTime()
        return ImportReport(
            seconds: (ContinuousClock.now - begin) / .seconds(1), userSeconds: time.user,
            systemSeconds: time.system,
            peakMemory: Machine.peakMemory, users: manifest.users,
            items: manifest.items, events: manifest.events,
            engine: "isthmus \(Isthmus.version)")
    }
}

/// What an import took, by ours or a peer.
struct ImportReport: Codable {
    let seconds: Double
    /// Processor time in user mode, all threads.
    let userSeconds: Double
    let systemSeconds: Double
    /// The largest resident memory of the process in bytes.
    let peakMemory: Int
    /// What was left by the filters.
    let users: Int
    let items: Int
    let events: Int
    let engine: String
}
