import Foundation
import Interactions
import Testing

@Suite struct DatasetDirectoryTests {
    private let text = "u,i,5.0,1\nv,j,4.0,2\nu,j,3.0,3\n"

    @Test func refusesToOverwrite() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("a.csv", text)
        let source = ImportSource(events: file)
        func run(replace: Bool) throws {
            try Importer.run(
                sources: [source], format: .amazonRatings,
                options: ImportOptions(replace: replace), to: folder.dataset)
        }
        try run(replace: false)
        #expect(throws: ImportError.destinationExists(path: folder.dataset.path)) {
            try run(replace: false)
        }
        try run(replace: true)
        #expect(try Dataset.open(folder.dataset).eventCount == 3)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(names.sorted() == ["a.csv", "dataset"])

        try FileManager.default.removeItem(
            at: folder.dataset.appendingPathComponent("dataset.json"))
        #expect(throws: ImportError.destinationNotADataset(path: folder.dataset.path)) {
            try run(replace: true)
        }
    }

    @Test func whatStandsBesideADatasetIsNotReplacedWithIt() throws {
        let folder = try TemporaryFolder()
        let before = try folder.amazon(["A": text]).checksum
        let run = folder.dataset.appendingPathComponent("run-1")
        try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
        #expect(
            throws: ImportError.destinationHoldsMore(path: folder.dataset.path, name: "run-1")
        ) {
            try folder.amazon(["A": "u,i,5.0,1\n"])
        }
        #expect(try Dataset.open(folder.dataset).checksum == before)
        try FileManager.default.removeItem(at: run)
        #expect(try folder.amazon(["A": "u,i,5.0,1\n"]).eventCount == 1)
    }

    @Test func namesAreExchangedInOneStep() throws {
        let folder = try TemporaryFolder()
        let directory = folder.url.appendingPathComponent("full", isDirectory: true)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let file = try folder.file("file", "content")
        #expect(exchangeNames(directory, file))
        #expect(try String(contentsOf: directory, encoding: .utf8) == "content")
        #expect(try FileManager.default.contentsOfDirectory(atPath: file.path).isEmpty)
        #expect(!exchangeNames(file, folder.url.appendingPathComponent("nothing")))
    }

    @Test func clearsLeftovers() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        // No process has this number: the kernel's limit is 4,194,304.
        let dead = folder.url.appendingPathComponent("dataset.tmp-99999999")
        let alive = folder.url.appendingPathComponent("dataset.tmp-1")
        let other = folder.url.appendingPathComponent("dataset.tmp-x")
        for directory in [dead, alive, other] {
            try files.createDirectory(at: directory, withIntermediateDirectories: true)
        }
        _ = try folder.amazon(["A": text])
        #expect(!files.fileExists(atPath: dead.path))
        #expect(files.fileExists(atPath: alive.path) && files.fileExists(atPath: other.path))
    }

    @Test func failureKeepsTheOldDataset() throws {
        let folder = try TemporaryFolder()
        let before = try folder.amazon(["A": text]).checksum
        #expect(throws: ImportError.self) { try folder.amazon(["A": "broken\n"]) }
        #expect(try Dataset.open(folder.dataset).checksum == before)
    }

    @Test func sameSourcesSameBytes() throws {
        let first = try TemporaryFolder()
        let second = try TemporaryFolder()
        let left = try first.amazon(["A": text]).manifest
        let right = try second.amazon(["A": text]).manifest
        #expect(left == right)
        let other = try second.amazon(["A": text.replacingOccurrences(of: "3.0", with: "2.0")])
        #expect(other.checksum != left.checksum)
    }

    @Test func namesWhatIsDamaged() throws {
        let folder = try TemporaryFolder()
        #expect(throws: DatasetError.notADirectory(path: folder.dataset.path)) {
            try Dataset.open(folder.dataset)
        }
        #expect(throws: DatasetError.notADataset(path: folder.url.path)) {
            try Dataset.open(folder.url)
        }
        _ = try folder.amazon(["A": text])
        let items = folder.dataset.appendingPathComponent("items.bin")
        let good = try Data(contentsOf: items)
        try good.dropLast(4).write(to: items)
        #expect(throws: DatasetError.wrongSize(path: items.path, expected: 12, got: 8)) {
            try Dataset.open(folder.dataset)
        }
        var bad = good
        bad[0] = 99
        try bad.write(to: items)
        #expect(
            throws: DatasetError.invalid(
                path: items.path, reason: "expected numbers in 1...2, got 2…99")
        ) { try Dataset.open(folder.dataset) }
        bad[0] = 2
        try bad.write(to: items)
        let error = try #require(throws: DatasetError.self) { try Dataset.open(folder.dataset) }
        #expect(error.description.contains("items.bin: expected checksum xxh64:"))
        let dataset = try Dataset.open(folder.dataset, verifying: false)
        #expect(throws: error) { try dataset.verify() }
        try good.write(to: items)
        try Dataset.open(folder.dataset).verify()

        let manifest = folder.dataset.appendingPathComponent("dataset.json")
        let json = try String(contentsOf: manifest, encoding: .utf8)
        try json.replacingOccurrences(of: "\"formatVersion\" : 2", with: "\"formatVersion\" : 7")
            .write(to: manifest, atomically: true, encoding: .utf8)
        #expect(
            throws: DatasetError.unsupportedVersion(path: manifest.path, found: 7, supported: 2)
        ) { try Dataset.open(folder.dataset) }
        let old = json.replacingOccurrences(
            of: "\"formatVersion\" : 2", with: "\"formatVersion\" : 1")
        try old.write(to: manifest, atomically: true, encoding: .utf8)
        let refusal = try #require(throws: DatasetError.self) { try Dataset.open(folder.dataset) }
        #expect(refusal.description.hasSuffix("import the sources anew"))
        try json.replacingOccurrences(of: "\"users\" : 2", with: "\"users\" : 3")
            .write(to: manifest, atomically: true, encoding: .utf8)
        #expect(throws: DatasetError.self) { try Dataset.open(folder.dataset) }
    }
}

@Suite struct SharedDataTests {
    // Counts from the data's own documentation; the split's from the paper's data files.
    @Test(.enabled(if: sharedData("amazon-food-kitchen") != nil))
    func foodKitchen() throws {
        let data = try #require(sharedData("amazon-food-kitchen"))
        let folder = try TemporaryFolder()
        let manifest = try Importer.run(
            sources: [
                ImportSource(
                    events: data.appendingPathComponent("sequences.txt"),
                    items: data.appendingPathComponent("items.json"),
                    users: data.appendingPathComponent("users.json"))
            ], format: .sequences, options: ImportOptions(domainNames: ["food", "kitchen"]),
            to: folder.dataset)
        #expect(manifest.users == 7144)
        #expect(manifest.domains.map(\.items) == [11_837, 16_258])
        #expect(manifest.domains.map(\.events) == [83_663, 89_885])
        let dataset = try Dataset.open(folder.dataset)
        #expect(dataset.itemRange(of: DomainID(rawValue: 1)) == 11_838...28_095)
        // The file's first line begins "0 821|1381536000 1860|1381536000 2986|…".
        #expect(dataset.items.prefix(3).map { $0 } == [821, 1860, 2986])
        #expect(dataset.externalID(of: ItemID(rawValue: 1)) == "616719923X")
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let food = DomainID(rawValue: 0)
        #expect(split.cases(.validation).count { $0.domain == food } == 2837)
        #expect(split.cases(.test).count { $0.domain == food } == 2419)
        #expect(split.cases(.test).count == 7144)
    }

    @Test(.enabled(if: sharedData("douban-book-music") != nil))
    func douban() throws {
        let data = try #require(sharedData("douban-book-music"))
        let folder = try TemporaryFolder()
        let format = DelimitedFormat(
            delimiter: "\t", hasHeader: false, user: .number(1), item: .number(2),
            rating: .number(3))
        let manifest = try Importer.run(
            sources: ["book", "music"].map {
                ImportSource(events: data.appendingPathComponent("\($0).tsv"))
            }, format: .delimited(format), to: folder.dataset)
        #expect(manifest.domains.map(\.name) == ["book", "music"])
        #expect(manifest.domains.map(\.events) == [96_041, 69_709])
        #expect(manifest.domains.map(\.users) == [2110, 1672])
        #expect(manifest.domains.map(\.items) == [6777, 5567])
        // 1,566 users are in both: the union is 2,110 + 1,672 − 1,566.
        #expect(manifest.users == 2216)
        #expect(!manifest.hasTimes && manifest.hasRatings)
    }
}
