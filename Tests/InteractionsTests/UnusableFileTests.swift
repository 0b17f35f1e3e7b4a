import Foundation
import Testing

@testable import Interactions

/// Files that cannot be read or written as they should: none is waited for, and each cause is named.
@Suite struct UnusableFileTests {
    private let csv = ImportFormat.delimited(DelimitedFormat())

    // A pipe that nobody writes to would be waited for without end.
    @Test(.timeLimit(.minutes(20)))
    func pipesAreNotWaitedFor() throws {
        let folder = try TemporaryFolder()
        let good = try folder.file("good.csv", "user,item\nu,x\n")
        for name in ["pipe.csv", "pipe.jsonl", "pipe.json", "pipe.npy"] {
            #expect(mkfifo(folder.url.appendingPathComponent(name).path, 0o600) == 0)
        }
        func pipe(_ kind: String) -> URL { folder.url.appendingPathComponent("pipe." + kind) }
        func run(_ source: ImportSource, _ format: ImportFormat) throws {
            try Importer.run(sources: [source], format: format, to: new)
        }
        let new = folder.url.appendingPathComponent("new")
        let dataset = try folder.delimited("user,item\nu,x\n", DelimitedFormat())
        func attach(_ matrix: URL, _ ids: URL) throws {
            try VectorAttachment(name: "v", domain: "events", matrix: matrix, ids: ids)
                .attach(to: dataset)
        }
        let attempts: [(String, () throws -> Void)] = [
            ("csv", { try run(ImportSource(events: pipe("csv")), csv) }),
            ("csv", { try run(ImportSource(events: good, items: pipe("csv")), csv) }),
            ("jsonl", { try run(ImportSource(events: good, items: pipe("jsonl")), csv) }),
            ("json", { try run(ImportSource(events: good, items: pipe("json")), .sequences) }),
            ("npy", { try attach(pipe("npy"), good) }),
        ]
        for (kind, attempt) in attempts {
            let error = #expect(throws: ImportError.self) { try attempt() }
            #expect(
                error
                    == .unreadable(path: pipe(kind).path, reason: "it is not a regular file"))
        }
        #expect(!FileManager.default.fileExists(atPath: new.path))
    }

    // The manifest of what is to be replaced is read as well.
    @Test(.timeLimit(.minutes(20)))
    func aPipeForAManifestIsNotWaitedFor() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            at: folder.dataset, withIntermediateDirectories: true)
        let manifest = folder.dataset.appendingPathComponent("dataset.json")
        #expect(mkfifo(manifest.path, 0o600) == 0)
        #expect(throws: ImportError.destinationNotADataset(path: folder.dataset.path)) {
            try folder.amazon(["A": "u,i,1,1\n"])
        }
    }

    private var spillPath: String {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("interactions-spill-\(UUID().uuidString)").path
    }

    private func spilled(_ path: String, events: Int) throws -> EventSpill {
        let spill = try EventSpill(path: path)
        for event in 0..<events {
            spill.append(
                RawEvent(time: 0, user: event, item: 0, rating: 1, domain: 0, behaviour: 255))
        }
        return spill
    }

    @Test func eventsThatAreCutOffAreNoFailureOfTheSystem() throws {
        let path = spillPath
        let spill = try spilled(path, events: 100)
        var users: [UInt32] = []
        try spill.forEach { users.append($0.user) }
        #expect(users == Array(0..<100))
        #expect(truncate(path, off_t(60 * MemoryLayout<RawEvent>.stride)) == 0)
        // What the system refused last has nothing to do with it.
        errno = EACCES
        let error = try #require(throws: ImportError.self) { try spill.forEach { _ in } }
        #expect(error.description.hasPrefix("\(path): another program cut off"))
    }

    // A long reading ends when the device is full, not when all is read.
    @Test func aFullDeviceIsSeenWhileEventsAreRead() throws {
        let path = spillPath
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: "/dev/full")
        let spill = try spilled(path, events: 20_000)
        let sink = ImportSink(options: ImportOptions(), spill: spill, progress: nil)
        for attempt in [
            { try sink.report("read", 0, of: 1) }, { try spill.forEach { _ in } },
        ] as [() throws -> Void] {
            let error = #expect(throws: ImportError.self) { try attempt() }
            #expect(error?.description.hasPrefix("\(path): no space is left on the device") == true)
        }
    }
}
