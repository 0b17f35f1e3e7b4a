import Foundation
import Interactions
import Testing

/// A folder that is removed with this object.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "interactions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var dataset: URL { url.appendingPathComponent("dataset") }

    func file(_ name: String, _ text: String) throws -> URL {
        try file(name, bytes: Array(text.utf8))
    }

    func file(_ name: String, bytes: [UInt8]) throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file
    }

    /// Imports `ratings_<domain>.csv` files in the Amazon layout and opens the result.
    func amazon(
        _ texts: KeyValuePairs<String, String>, filters: [Filter] = [],
        onBadLine: ImportOptions.BadLinePolicy = .fail
    ) throws -> Dataset {
        let sources = try texts.map { name, text in
            ImportSource(events: try file("ratings_\(name).csv", text))
        }
        try Importer.run(
            sources: sources, format: .amazonRatings,
            options: ImportOptions(filters: filters, onBadLine: onBadLine, replace: true),
            to: dataset)
        return try Dataset.open(dataset)
    }

    /// Imports one delimited file and opens the result.
    func delimited(
        _ text: String, _ format: DelimitedFormat, options: ImportOptions = ImportOptions()
    ) throws -> Dataset {
        try Importer.run(
            sources: [ImportSource(events: try file("events.csv", text))],
            format: .delimited(format), options: options, to: dataset)
        return try Dataset.open(dataset)
    }
}

extension Dataset {
    /// One line a user: the user's external id and those of the items in time order.
    var lines: [String] {
        (0..<Int32(userCount)).map { raw in
            let user = UserID(rawValue: raw)
            let names = events(of: user).map { externalID(of: ItemID(rawValue: items[$0])) }
            return users.externalID(of: user) + ": " + names.joined(separator: " ")
        }
    }
}

/// Makes a dataset of `domains` domains with ten items each; a number is an item id, in time order.
func memoryDataset(
    domains: Int = 2, itemsPerDomain: Int = 10, _ sequences: [[Int32]], timed: Bool = true
) throws -> Dataset {
    let catalogs = (0..<domains).map { domain in
        Catalog(
            name: String(UnicodeScalar(UInt8(97 + domain))),
            firstItem: ItemID(rawValue: Int32(domain * itemsPerDomain + 1)),
            externalIDs: (0..<itemsPerDomain).map { String(format: "%c%03d", 97 + domain, $0) })
    }
    let events = sequences.enumerated().flatMap { user, items in
        items.enumerated().map { index, item in
            Event(
                user: UserID(rawValue: Int32(user)), item: ItemID(rawValue: item),
                time: timed ? Int64(1000 + 10 * index + user) * Dataset.ticksPerSecond : 0)
        }
    }
    return try Dataset(
        catalogs: catalogs, users: sequences.indices.map { "u\($0)" }, events: events)
}

/// The project's shared folder of public data: named by `ISTHMUS_SHARED`, or beside a folder above.
func sharedData(_ name: String) -> URL? {
    var candidates: [URL] = []
    if let path = ProcessInfo.processInfo.environment["ISTHMUS_SHARED"] {
        candidates.append(URL(fileURLWithPath: path))
    }
    var folder = URL(fileURLWithPath: #filePath)
    while folder.path != "/" {
        folder.deleteLastPathComponent()
        candidates.append(folder.appendingPathComponent("shared"))
    }
    return candidates.map { $0.appendingPathComponent("data/\(name)") }
        .first { FileManager.default.fileExists(atPath: $0.path) }
}
