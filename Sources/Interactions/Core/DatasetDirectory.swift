internal import Files
import Foundation

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
        let (expected, overflow) = count.multipliedReportingOverflow(
            by: MemoryLayout<Element>.stride)
        guard !overflow, bytes.bytes.count == expected else {
            throw .wrongSize(
                path: path(name), expected: overflow ? .max : expected, got: bytes.bytes.count)
        }
        return Column(bytes)
    }

    /// The catalogs, whose items follow one another from item 1.
    func catalogs(of manifest: DatasetManifest) throws(DatasetError) -> [Catalog] {
        var catalogs: [Catalog] = []
        var next: Int32 = 1
        for (index, domain) in manifest.domains.enumerated() {
            let catalog = try CatalogFile.read(
                path(DatasetFiles.catalog(index)), name: domain.name,
                firstItem: ItemID(rawValue: next), count: domain.items)
            // The counts of a manifest add up to what the numbers of items can hold.
            next = catalog.itemRange.upperBound &+ 1
            catalogs.append(catalog)
        }
        return catalogs
    }

    func vectors(_ set: DatasetManifest.VectorSet, catalogs: [Catalog]) throws(DatasetError)
        -> ItemVectors
    {
        guard let domain = catalogs.firstIndex(where: { $0.name == set.domain }), set.width > 0,
            let rowsFile = set.rowsFile, let presenceFile = set.presenceFile,
            case let (numbers, overflow) = catalogs[domain].count
                .multipliedReportingOverflow(by: set.width), !overflow
        else {
            throw .invalid(
                path: path(DatasetFiles.manifest),
                reason: "vectors \(set.name): expected a domain of the dataset, a width and files")
        }
        let vectors = ItemVectors(
            name: set.name, domain: DomainID(rawValue: domain),
            firstItem: catalogs[domain].firstItem, width: set.width,
            rows: try column(rowsFile, count: numbers),
            presence: try column(presenceFile, count: catalogs[domain].count))
        guard vectors.presence.allSatisfy({ $0 <= 1 }), vectors.vectorCount == set.vectors else {
            throw .invalid(
                path: path(presenceFile),
                reason: "expected \(set.vectors) ones and else zeros, got a sum of "
                    + "\(vectors.vectorCount)")
        }
        return vectors
    }

    /// Compares one data file with what `dataset.json` says of it.
    func verify(_ stored: DatasetManifest.StoredFile) throws(DatasetError) {
        let mapped = try map(stored.name)
        guard mapped.bytes.count == stored.bytes else {
            throw .wrongSize(
                path: path(stored.name), expected: stored.bytes, got: mapped.bytes.count)
        }
        var sum = Checksum()
        withExtendedLifetime(mapped) { sum.update(mapped.bytes) }
        guard sum.text == stored.checksum else {
            throw .checksumMismatch(
                path: path(stored.name), expected: stored.checksum, got: sum.text)
        }
    }

    /// Throws unless every file that is read has a checksum.
    func requireListed(in manifest: DatasetManifest) throws(DatasetError) {
        var read = [
            DatasetFiles.offsets, DatasetFiles.items, DatasetFiles.times, DatasetFiles.userBytes,
            DatasetFiles.userOffsets, DatasetFiles.userOrder,
        ]
        if manifest.hasRatings { read.append(DatasetFiles.ratings) }
        if manifest.hasBehaviours { read.append(DatasetFiles.behaviours) }
        read += manifest.domains.indices.map(DatasetFiles.catalog)
        read += (manifest.vectors ?? []).flatMap { [$0.rowsFile, $0.presenceFile] }
            .compactMap(\.self)
        let listed = Set(manifest.files.map(\.name))
        if let missing = read.first(where: { !listed.contains($0) }) {
            throw .invalid(
                path: path(DatasetFiles.manifest),
                reason: "files: \(missing) is missing; import the dataset again")
        }
    }
}

extension DatasetManifest {
    /// What contradicts itself or cannot be in a manifest that was read; nil where nothing does.
    var problem: String? {
        let largest = Int(Int32.max) - 1
        for (name, count) in [("users", users), ("items", items)]
        where count < 0 || count > largest {
            return "\(name): expected a number in 0...\(largest), got \(count)"
        }
        guard (0...Int.max / 16).contains(events) else {
            return "events: expected a number of events, got \(events)"
        }
        guard !domains.isEmpty else { return "domains: expected at least one" }
        var sum = 0
        for (place, domain) in domains.enumerated() {
            guard (1...largest).contains(domain.items) else {
                return "domains.\(place).items: expected a number from 1, got \(domain.items)"
            }
            guard (0...users).contains(domain.users), (0...events).contains(domain.events) else {
                return "domains.\(place): more users or events than the dataset has"
            }
            sum += domain.items
        }
        guard sum == items else {
            return "items: expected \(sum), the sum over the domains, got \(items)"
        }
        guard Set(domains.map(\.name)).count == domains.count else {
            return "domains: two have one name"
        }
        return nil
    }
}
