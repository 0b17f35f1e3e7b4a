internal import Files
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
    /// Opens a dataset's directory: maps its columns and checks that sizes, ids, counts and checksums agree.
    ///
    /// Checksums read everything once, at the speed of the device or of memory; who has just verified the same files can
    /// leave that out.
    public static func open(
        _ directory: URL, verifying: Bool = true
    ) throws(DatasetError) -> Dataset {
        let manifest = try readManifest(in: directory)
        let file = DatasetDirectory(directory: directory)
        let (users, events) = (manifest.users, manifest.events)
        let catalogs = try file.catalogs(of: manifest)
        let userOffsets: Column<Int64> = try file.column(DatasetFiles.userOffsets, count: users + 1)
        let order: Column<Int32> = try file.column(DatasetFiles.userOrder, count: users)
        let userBytes = try file.map(DatasetFiles.userBytes)
        let dataset = Dataset(
            directory: directory, manifest: manifest, catalogs: catalogs,
            users: UserTable(bytes: userBytes, offsets: userOffsets, order: order),
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
        try checkOffsets(dataset.offsets, end: events, path: file.path(DatasetFiles.offsets))
        try checkOffsets(
            userOffsets, end: userBytes.bytes.count, path: file.path(DatasetFiles.userOffsets))
        try checkRange(order, 0...Int32(max(users - 1, 0)), path: file.path(DatasetFiles.userOrder))
        try checkRange(
            dataset.items, 1...Int32(max(dataset.itemCount, 1)),
            path: file.path(DatasetFiles.items))
        if verifying { try dataset.verify() }
        return dataset
    }

    /// Reads every data file again and compares its checksum with `dataset.json`, and checks what costs a pass.
    public func verify() throws(DatasetError) {
        guard let directory else { return }
        let file = DatasetDirectory(directory: directory)
        let total = DatasetManifest.totalChecksum(of: manifest.files)
        guard total == manifest.checksum else {
            throw .checksumMismatch(
                path: file.path(DatasetFiles.manifest), expected: manifest.checksum, got: total)
        }
        try file.requireListed(in: manifest)
        let failures = concurrentMap(manifest.files.count) { place -> DatasetError? in
            do throws(DatasetError) {
                try file.verify(manifest.files[place])
                return nil
            } catch {
                return error
            }
        }
        if let failure = failures.lazy.compactMap(\.self).first { throw failure }
        guard users.isOrdered else {
            throw .invalid(
                path: file.path(DatasetFiles.userOrder),
                reason: "the users do not stand in the order of their ids; import the dataset again"
            )
        }
        for set in vectors where !set.isUsable {
            throw .invalid(
                path: directory.path,
                reason:
                    "vectors \(set.name) of \(catalogs[set.domain.rawValue].name) hold a number that "
                    + "is not finite, or beyond 1e15; attach them again")
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
        let manifest: DatasetManifest
        do {
            let data = try FileReading.data(path)
            if let version = JSONFile.version(of: data),
                version != DatasetManifest.currentFormatVersion
            {
                throw DatasetError.unsupportedVersion(
                    path: path.path, found: version,
                    supported: DatasetManifest.currentFormatVersion)
            }
            manifest = try JSONFile.decode(DatasetManifest.self, data, path: path.path)
        } catch let error as DatasetError {
            throw error
        } catch {
            throw .unreadable(
                path: path.path, reason: (error as? FileError)?.reason ?? "cannot be read")
        }
        if let problem = manifest.problem {
            throw .invalid(path: path.path, reason: "\(problem); import the dataset again")
        }
        return manifest
    }

    private static func checkOffsets(_ offsets: Column<Int64>, end: Int, path: String)
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
