import Foundation
import Interactions

/// The import of made-up ratings into a new dataset.
enum ImportSuite {
    /// A file of a million rows.
    static func benchmarks(_ effort: Effort, scratch: URL) throws -> [Benchmark] {
        let rows = 1_000_000
        let file = scratch.appendingPathComponent("ratings.csv")
        try SyntheticRatings.write(rows: rows, users: 100_000, items: 50_000, to: file)
        let destination = scratch.appendingPathComponent("dataset")
        func convert() throws {
            try Importer.run(
                sources: [ImportSource(events: file, domain: "ratings")], format: .amazonRatings,
                options: ImportOptions(replace: true), to: destination)
        }
        // Imported once before, to know how large the dataset is that has to be written.
        try convert()
        let bytes = try size(of: file) + size(of: destination)
        return [
            Benchmark(
                "import 1M ratings", Work(bytes: Double(bytes)), handling: rows, "rows",
                effort: effort, body: convert)
        ]
    }

    /// The bytes of a file, or of all files in a folder.
    static func size(of url: URL) throws -> Int {
        let keys: Set<URLResourceKey> = [.isDirectoryKey, .fileSizeKey]
        let values = try url.resourceValues(forKeys: keys)
        guard values.isDirectory == true else { return values.fileSize ?? 0 }
        return try FileManager.default.contentsOfDirectory(
            at: url, includingPropertiesForKeys: Array(keys)
        ).reduce(0) { try $0 + size(of: $1) }
    }
}
