import Foundation

/// What this program does when it calls itself.
enum ChildTask: Codable {
    /// Trains an experiment for an epoch, or for some steps of it.
    case epoch(EpochTask)
    /// Imports a file of ratings.
    case load(ImportTask)

    /// The word on the command line before the task.
    static let option = "--child"

    func encoded() throws -> String {
        String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    }

    /// Does what the words ask for and prints the report.
    static func run(_ words: ArraySlice<String>) throws {
        guard let word = words.first else {
            throw UsageError(description: "\(option): expected a task")
        }
        switch try JSONDecoder().decode(ChildTask.self, from: Data(word.utf8)) {
        case .epoch(let task): try task.run()
        case .load(let task): try printReport(task.run())
        }
    }

    /// Prints a report as one line of JSON.
    static func printReport(_ report: some Encodable) throws {
        try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(report))
    }
}
