public import Foundation

/// The names of a dataset's files.
enum DatasetFiles {
    static let manifest = "dataset.json"
    static let offsets = "offsets.bin"
    static let items = "items.bin"
    static let times = "times.bin"
    static let ratings = "ratings.bin"
    static let behaviours = "behaviours.bin"
    static let userBytes = "users.bin"
    static let userOffsets = "user-offsets.bin"
    static let userOrder = "user-order.bin"

    static func catalog(_ domain: Int) -> String { "catalog-\(domain).jsonl" }
}

extension Dataset {
    /// Opens a dataset's directory: maps its columns and checks that sizes, ids and counts agree.
    ///
    /// The files' checksums are not computed here, because that reads everything; see ``verify()``.
    public static func open(_ directory: URL) throws(DatasetError) -> Dataset {
        let manifest = try readManifest(in: directory)
        let file = DatasetDirectory(directory: directory)
        let (users, events) = (manifest.users, manifest.events)
        let userBytes = try file.map(DatasetFiles.userBytes)
        let table = UserTable(
            bytes: userBytes,
            offsets: try file.column(DatasetFiles.userOffsets, count: users + 1),
            order: try file.column(DatasetFiles.userOrder, count: users))
        var catalogs: [Catalog] = []
        var next: Int32 = 1
        for (index, domain) in manifest.domains.enumerated() {
            let catalog = try CatalogFile.read(
                file.path(DatasetFiles.catalog(index)), name: domain.name,
                firstItem: ItemID(rawValue: next), count: domain.items)
            next += Int32(catalog.count)
            catalogs.append(catalog)
        }
        let dataset = Dataset(
            directory: directory, manifest: manifest, catalogs: catalogs, users: table,
            offsets: try file.column(DatasetFiles.offsets, count: users + 1),
            items: try file.column(DatasetFiles.items, count: events),
            times: try file.column(DatasetFiles.times, count: events),
            ratings: manifest.hasRatings
                ? try file.column(DatasetFiles.ratings, count: events) : nil,
            behaviours: manifest.hasBehaviours
                ? try file.column(DatasetFiles.behaviours, count: events) : nil,
            vectors: try (manifest.vectors ?? []).map { set throws(DatasetError) in
                try file.vectors(set, catalogs: catalogs)
            })
        try checkCatalogs(catalogs, path: file.path(DatasetFiles.manifest))
        try dataset.checkOffsets(
            dataset.offsets, end: events, path: file.path(DatasetFiles.offsets))
        let userOffsets: Column<Int64> = try file.column(DatasetFiles.userOffsets, count: users + 1)
        try dataset.checkOffsets(
            userOffsets, end: userBytes.bytes.count, path: file.path(DatasetFiles.userOffsets))
        let order: Column<Int32> = try file.column(DatasetFiles.userOrder, count: users)
        try checkRange(order, 0...Int32(max(users - 1, 0)), path: file.path(DatasetFiles.userOrder))
        try checkRange(
            dataset.items, 1...Int32(max(dataset.itemCount, 1)),
            path: file.path(DatasetFiles.items))
        return dataset
    }

    /// Reads every data file again and compares its checksum with `dataset.json`.
    public func verify() throws(DatasetError) {
        guard let directory else { return }
        let file = DatasetDirectory(directory: directory)
        for stored in manifest.files {
            let mapped = try file.map(stored.name)
            var sum = Checksum()
            withExtendedLifetime(mapped) { sum.update(mapped.bytes) }
            guard sum.text == stored.checksum else {
                throw .checksumMismatch(
                    path: file.path(stored.name), expected: stored.checksum, got: sum.text)
            }
        }
        let total = DatasetManifest.totalChecksum(of: manifest.files)
        guard total == manifest.checksum else {
            throw .checksumMismatch(
                path: file.path(DatasetFiles.manifest), expected: manifest.checksum, got: total)
        }
    }

    private static func readManifest(in directory: URL) throws(DatasetError) -> DatasetManifest {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(
            atPath: directory.path, isDirectory: &isDirectory)
        guard exists, isDirectory.boolValue else { throw .notADirectory(path: directory.path) }
        let path = directory.appendingPathComponent(DatasetFiles.manifest)
        guard FileManager.default.fileExists(atPath: path.path) else {
            throw .notADataset(path: directory.path)
        }
        let decoder = JSONDecoder()
        do {
            let data = try Data(contentsOf: path)
            let version = try decoder.decode(VersionOnly.self, from: data).formatVersion
            guard version == DatasetManifest.currentFormatVersion else {
                throw DatasetError.unsupportedVersion(
                    path: path.path, found: version,
                    supported: DatasetManifest.currentFormatVersion)
            }
            return try decoder.decode(DatasetManifest.self, from: data)
        } catch let error as DatasetError {
            throw error
        } catch let error as DecodingError {
            throw .invalid(path: path.path, reason: error.reason)
        } catch {
            throw .unreadable(path: path.path, reason: "cannot be read")
        }
    }

    private func checkOffsets(_ offsets: Column<Int64>, end: Int, path: String)
        throws(DatasetError)
    {
        let ascending = offsets.withUnsafeBufferPointer { offsets in
            var ascending = offsets[0] == 0 && offsets[offsets.count - 1] == Int64(end)
            for index in 1..<offsets.count where offsets[index] < offsets[index - 1] {
                ascending = false
            }
            return ascending
        }
        guard ascending else {
            throw .invalid(path: path, reason: "offsets do not ascend from 0 to \(end)")
        }
    }

    private static func checkRange(
        _ column: Column<Int32>, _ range: ClosedRange<Int32>, path: String
    ) throws(DatasetError) {
        let bounds = column.withUnsafeBufferPointer { values in
            var low = Int32.max
            var high = Int32.min
            for value in values {
                low = min(low, value)
                high = max(high, value)
            }
            return (low, high)
        }
        guard column.isEmpty || (bounds.0 >= range.lowerBound && bounds.1 <= range.upperBound)
        else {
            throw .invalid(
                path: path, reason: "expected numbers in \(range), got \(bounds.0)…\(bounds.1)")
        }
    }
}

private struct VersionOnly: Decodable {
    let formatVersion: Int
}

/// Access to the files of one dataset.
struct DatasetDirectory {
    let directory: URL

    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    func map(_ name: String) throws(DatasetError) -> MappedBytes {
        do {
            return try MappedBytes(path: path(name))
        } catch {
            throw .unreadable(path: path(name), reason: error.description)
        }
    }

    func column<Element>(_ name: String, count: Int) throws(DatasetError) -> Column<Element> {
        let bytes = try map(name)
        let expected = count * MemoryLayout<Element>.stride
        guard bytes.bytes.count == expected else {
            throw .wrongSize(path: path(name), expected: expected, got: bytes.bytes.count)
        }
        return Column(bytes)
    }

    func vectors(_ set: DatasetManifest.VectorSet, catalogs: [Catalog]) throws(DatasetError)
        -> ItemVectors
    {
        guard let domain = catalogs.firstIndex(where: { $0.name == set.domain }), set.width > 0,
            let rowsFile = set.rowsFile, let presenceFile = set.presenceFile
        else {
            throw .invalid(
                path: path(DatasetFiles.manifest),
                reason: "vectors \(set.name): expected a domain of the dataset, a width and files")
        }
        let count = catalogs[domain].count
        let vectors = ItemVectors(
            name: set.name, domain: DomainID(rawValue: domain),
            firstItem: catalogs[domain].firstItem, width: set.width,
            rows: try column(rowsFile, count: count * set.width),
            presence: try column(presenceFile, count: count))
        guard vectors.presence.allSatisfy({ $0 <= 1 }), vectors.vectorCount == set.vectors else {
            throw .invalid(
                path: path(presenceFile),
                reason: "expected \(set.vectors) ones and else zeros, got a sum of "
                    + "\(vectors.vectorCount)")
        }
        return vectors
    }
}

extension DecodingError {
    /// One line that names the key.
    var reason: String {
        let context =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context),
                .keyNotFound(_, let context), .dataCorrupted(let context):
                context
            @unknown default:
                DecodingError.Context(codingPath: [], debugDescription: "\(self)")
            }
        let key = context.codingPath.map(\.stringValue).joined(separator: ".")
        return key.isEmpty ? context.debugDescription : "\(key): \(context.debugDescription)"
    }
}
