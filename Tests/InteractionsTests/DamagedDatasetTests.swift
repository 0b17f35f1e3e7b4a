import Foundation
import Testing

@testable import Interactions

/// A dataset whose files do not fit together is refused in one line, whatever its checksums say.
@Suite struct DamagedDatasetTests {
    private let folder: TemporaryFolder
    private let manifest: DatasetManifest

    init() throws {
        folder = try TemporaryFolder()
        manifest = try folder.amazon([
            "A": "u,i,5.0,1\nv,j,4.0,2\nu,j,3.0,3\nw,i,3.0,4\n", "B": "u,k,5.0,1\nw,l,4.0,2\n",
        ]).manifest
    }

    private func path(_ name: String) -> URL { folder.dataset.appendingPathComponent(name) }

    /// Writes a manifest, with checksums that fit what the files hold now.
    private func write(_ manifest: DatasetManifest) throws {
        var manifest = manifest
        for place in manifest.files.indices {
            guard let data = try? Data(contentsOf: path(manifest.files[place].name)) else {
                continue
            }
            var sum = Checksum()
            data.withUnsafeBytes { sum.update($0) }
            manifest.files[place].bytes = data.count
            manifest.files[place].checksum = sum.text
        }
        manifest.checksum = manifest.totalChecksum
        try JSONEncoder().encode(manifest).write(to: path("dataset.json"))
    }

    private func refusal() throws -> String {
        let error = try #require(throws: DatasetError.self) { try Dataset.open(folder.dataset) }
        #expect(
            !error.description.contains("\n") && error.description.contains(folder.dataset.path))
        return error.description
    }

    @Test(arguments: [
        ("users", [-1, 4, 1 << 62, .max, -.max]), ("items", [-1, 3, .max]),
        ("events", [-1, 7, 1 << 61, .max]),
    ])
    func countsThatDoNotFit(key: String, numbers: [Int]) throws {
        for number in numbers {
            var bad = manifest
            switch key {
            case "users": bad.users = number
            case "items": bad.items = number
            default: bad.events = number
            }
            try write(bad)
            _ = try refusal()
        }
        try write(manifest)
        try Dataset.open(folder.dataset).verify()
    }

    @Test func domainsThatDoNotFit() throws {
        for number in [-1, 0, 1, 3, Int(Int32.max), .max] {
            var bad = manifest
            bad.domains[0].items = number
            bad.items = number == .max ? 4 : number + 2
            try write(bad)
            _ = try refusal()
        }
        var bad = manifest
        bad.domains[1].name = bad.domains[0].name
        try write(bad)
        #expect(try refusal().contains("two have one name"))
        bad = manifest
        bad.domains = []
        try write(bad)
        _ = try refusal()
    }

    /// Each number of each column is replaced by others: what leads outside is found without checksums too.
    @Test func columnsThatLeadOutside() throws {
        for name in ["offsets.bin", "user-offsets.bin"] {
            try replaceEach(
                of: name, by: [Int64.min, -1, 99, .max], isRefusedWith: "offsets do not ascend")
        }
        for name in ["items.bin", "user-order.bin"] {
            try replaceEach(
                of: name, by: [Int32.min, -1, 99, .max], isRefusedWith: "expected numbers in")
        }
    }

    /// Puts each of some numbers at each place of a column in turn, with a manifest without checksums, and the column back.
    private func replaceEach<Number: FixedWidthInteger>(
        of name: String, by numbers: [Number], isRefusedWith reason: String
    ) throws {
        let good = try Data(contentsOf: path(name))
        let width = MemoryLayout<Number>.size
        for place in 0..<good.count / width {
            for number in numbers {
                var bad = good
                withUnsafeBytes(of: number) {
                    bad.replaceSubrange(place * width..<(place + 1) * width, with: $0)
                }
                try bad.write(to: path(name))
                try write(manifest)
                #expect(try refusal().contains("\(name): \(reason)"))
            }
        }
        try good.write(to: path(name))
    }

    @Test func whatLookupsRelyOn() throws {
        let order = path("user-order.bin")
        let good = try Data(contentsOf: order)
        try Data(good.suffix(4) + good.dropLast(4)).write(to: order)
        try write(manifest)
        #expect(try refusal().contains("user-order.bin: the users do not stand in the order"))
        try good.write(to: order)
        let catalog = path("catalog-0.jsonl")
        let lines = try Data(contentsOf: catalog)
        let line = try #require(lines.split(separator: 10).first)
        try Data(line + Data("\n".utf8) + line + Data("\n".utf8)).write(to: catalog)
        try write(manifest)
        #expect(try refusal().contains("stands twice"))
    }

    @Test func everyFileThatIsReadHasAChecksum() throws {
        for name in manifest.files.map(\.name) {
            var bad = manifest
            bad.files.removeAll { $0.name == name }
            try write(bad)
            #expect(try refusal().contains("files: \(name) is missing"))
        }
    }

    @Test func everyFileIsVerifiedOnOpening() throws {
        for file in manifest.files {
            let good = try Data(contentsOf: path(file.name))
            for place in [0, good.count - 1] where !good.isEmpty {
                var bad = good
                bad[place] ^= 4
                try bad.write(to: path(file.name))
                _ = try refusal()
            }
            try FileManager.default.removeItem(at: path(file.name))
            #expect(try refusal().contains("no such file"))
            try FileManager.default.createDirectory(
                at: path(file.name), withIntermediateDirectories: false)
            #expect(try refusal().contains("it is a directory"))
            try FileManager.default.removeItem(at: path(file.name))
            try good.write(to: path(file.name))
        }
        try Dataset.open(folder.dataset).verify()
    }

    @Test func vectorsThatAreNoNumbers() throws {
        let catalog = try Dataset.open(folder.dataset).catalogs[0]
        func isUsable(_ number: Float) -> Bool {
            ItemVectors(
                name: "x", domain: DomainID(rawValue: 0), of: catalog, [[1, number], nil]
            ).isUsable
        }
        #expect(isUsable(-1e15) && !isUsable(.nan) && !isUsable(.infinity) && !isUsable(1e16))
    }
}
