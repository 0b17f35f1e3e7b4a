import Foundation
import Interactions

/// The import of a file of 20 million ratings in a process of its own: about 1 GB of disk, half a minute.
struct LargeImport: Codable {
    /// Without filters: the whole file becomes the dataset.
    let whole: ImportReport
    /// With ``filters``, beside the peer's.
    let filtered: ImportReport?
    /// The same filters by polars.
    let polars: ImportReport?
    let rows: Int
    /// Of the file.
    let fileBytes: Int
    /// Of the dataset without filters.
    let datasetBytes: Int

    private static let filters: [Filter] = [
        .minRating(3), .minItemEvents(10), .minUserEvents(5),
    ]

    /// Writes the file, imports it, and lets the peer do the same where there is one.
    static func measured(peers: Peers, scratch: URL) throws -> LargeImport {
        let rows = 20_000_000
        let folder = scratch.appendingPathComponent("large")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("ratings.csv")
        try SyntheticRatings.write(rows: rows, users: 2_000_000, items: 500_000, to: file)
        let dataset = folder.appendingPathComponent("dataset")
        func load(_ filters: [Filter]) throws -> ImportReport {
            try ChildProcess.run(
                .load(ImportTask(file: file, filters: filters, destination: dataset)))
        }
        let whole = try load([])
        let bytes = try ImportSuite.size(of: dataset)
        let polars = try peers.polars(
            file: file, filters: filters.map(\.description),
            output: folder.appendingPathComponent("polars"))
        return LargeImport(
            whole: whole, filtered: try polars.map { _ in try load(filters) }, polars: polars,
            rows: rows, fileBytes: try ImportSuite.size(of: file), datasetBytes: bytes)
    }

    var perSecond: Double { Double(rows) / whole.seconds }

    /// Reads the file once and writes the dataset once.
    var measurement: Measurement {
        Measurement(
            name: RowName.largeImport, parts: [Work(bytes: Double(fileBytes + datasetBytes))],
            count: rows, unit: "rows",
            timing: Timing(single: whole.seconds, user: whole.userSeconds))
    }

    /// A line for each import.
    var lines: String {
        func line(_ name: String, _ report: ImportReport) -> String {
            String(
                format: "  %@: %.2f s, user %.2f s, system %.2f s, %.2f GB, %d events (%@)\n", name,
                report.seconds, report.userSeconds, report.systemSeconds,
                Double(report.peakMemory) / 1e9,
                report.events, report.engine)
        }
        let named = [
            ("whole file     ", whole), ("with filters   ", filtered), ("polars, filters", polars),
        ]
        let sizes = String(
            format: "import of %d ratings, %.0f MB, dataset %.0f MB\n", rows,
            Double(fileBytes) / 1e6, Double(datasetBytes) / 1e6)
        return sizes + named.map { name, report in report.map { line(name, $0) } ?? "" }.joined()
    }
}
