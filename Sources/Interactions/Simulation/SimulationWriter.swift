internal import Files
import Foundation

/// Writes a made-up dataset while it comes into being, and what is true of it beside it.
struct SimulationWriter {
    private let options: SimulationOptions
    private let domains: [SimulatedItems]
    private let truth: URL
    private var output: DatasetOutput
    private var sets: [DatasetManifest.VectorSet] = []

    /// `directory` exists and becomes the dataset.
    init(_ options: SimulationOptions, domains: [SimulatedItems], directory: URL)
        throws(ImportError)
    {
        self.options = options
        self.domains = domains
        output = DatasetOutput(directory: directory)
        truth = directory.appendingPathComponent(SimulationTruth.folder)
        do {
            try AtomicFile.makeDirectory(truth)
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
    }

    /// Writes catalogs, vectors and the items' latent vectors.
    mutating func writeItems(report: (_ completed: Int) -> Void) throws(ImportError) {
        let features = SimulatedFeatures(options: options)
        let latents = try file(SimulationTruth.itemsFile)
        let clusters = try file(SimulationTruth.clustersFile)
        var done = 0
        for (domain, items) in domains.enumerated() {
            let catalog = try output.open(DatasetFiles.catalog(domain))
            var encoders = SimulatedEncoder.all(options)
            var writers: [VectorWriter] = []
            for encoder in encoders {
                writers.append(
                    try VectorWriter(
                        name: encoder.name, domain: domain, width: encoder.width,
                        directory: output.directory))
            }
            let name = options.domains[domain].name
            for item in 0..<items.count {
                let cluster = Int(items.clusters[item])
                CatalogFile.line(
                    id: "\(name)-" + Self.padded(item, below: items.count),
                    features.features(domain: domain, item: item, cluster: cluster)
                ).withUnsafeBytes { catalog.write($0) }
                clusters.write(items.clusters[item])
                let start = items.row(ofItem: item)
                items.latents[start..<start + options.tasteSize].withUnsafeBytes {
                    latents.write($0)
                }
                for (index, writer) in writers.enumerated() {
                    encoders[index].encode(domain: domain, item: item, of: items) {
                        if let vector = $0 { writer.write(vector) } else { writer.writeMissing() }
                    }
                }
                done += 1
                if done.isMultiple(of: 4096) { report(done) }
            }
            try output.close(catalog)
            for writer in writers {
                sets.append(try writer.finish(domainName: name, in: &output))
            }
        }
        try latents.finish()
        try clusters.finish()
    }

    /// Writes the users' ids, which ascend, so that the order of the ids is that of the users.
    mutating func writeUsers() throws(ImportError) {
        let bytes = try output.open(DatasetFiles.userBytes)
        let offsets = try output.open(DatasetFiles.userOffsets)
        let order = try output.open(DatasetFiles.userOrder)
        var end: Int64 = 0
        offsets.write(end)
        for user in 0..<options.users {
            let id = "u" + Self.padded(user, below: options.users)
            ByteOrder.withBytes(of: id) { bytes.write($0) }
            end += Int64(id.utf8.count)
            offsets.write(end)
            order.write(Int32(user))
        }
        for writer in [bytes, offsets, order] { try output.close(writer) }
    }

    /// Writes the events and tastes of blocks of users in their order, then the manifest.
    mutating func writeEvents(
        _ blocks: (_ write: (UserBlock) -> Void) -> Void
    ) throws(ImportError) -> DatasetManifest {
        let offsets = try output.open(DatasetFiles.offsets)
        let items = try output.open(DatasetFiles.items)
        let times = try output.open(DatasetFiles.times)
        let ratings = options.ratings ? try output.open(DatasetFiles.ratings) : nil
        let first = try file(SimulationTruth.firstTastesFile)
        let last = options.drift > 0 ? try file(SimulationTruth.lastTastesFile) : nil
        var users = [Int](repeating: 0, count: domains.count)
        var events = users
        var position: Int64 = 0
        offsets.write(position)
        blocks { block in
            for count in block.counts {
                position += Int64(count)
                offsets.write(position)
            }
            block.items.withUnsafeBytes { items.write($0) }
            block.times.withUnsafeBytes { times.write($0) }
            block.ratings.withUnsafeBytes { ratings?.write($0) }
            block.firstTastes.withUnsafeBytes { first.write($0) }
            block.lastTastes.withUnsafeBytes { last?.write($0) }
            for domain in users.indices {
                users[domain] += block.domainUsers[domain]
                events[domain] += block.domainEvents[domain]
            }
        }
        for writer in [offsets, items, times, ratings].compactMap({ $0 }) {
            try output.close(writer)
        }
        try first.finish()
        try last?.finish()
        if let empty = events.firstIndex(of: 0) {
            throw .invalidOptions(
                reason: "domain \(options.domains[empty].name): no event of \(options.users) "
                    + "users is in it; make more users or a larger overlap")
        }
        return try writeManifest(users: users, events: events)
    }

    private func writeManifest(users: [Int], events: [Int]) throws(ImportError)
        -> DatasetManifest
    {
        let manifest = DatasetManifest(
            formatVersion: DatasetManifest.currentFormatVersion, reader: "generate",
            domains: domains.indices.map { domain in
                DatasetManifest.DomainCounts(
                    name: options.domains[domain].name, items: domains[domain].count,
                    users: users[domain], events: events[domain])
            }, users: options.users, items: options.itemCount, events: events.reduce(0, +),
            hasTimes: true, hasRatings: options.ratings, hasBehaviours: false, reorderedUsers: 0,
            tieOrder: .given, sources: [], filters: [], files: output.files,
            checksum: DatasetManifest.totalChecksum(of: output.files),
            vectors: sets.isEmpty ? nil : sets)
        try SimulationTruth.write(options, to: truth)
        try output.write(manifest)
        return manifest
    }

    private func file(_ name: String) throws(ImportError) -> FileWriter {
        try FileWriter(path: truth.appendingPathComponent(name).path, isChecked: false)
    }

    /// A number with zeros before it, as long as the largest.
    private static func padded(_ number: Int, below count: Int) -> String {
        let digits = String(number)
        let length = String(count - 1).utf8.count
        return String(repeating: "0", count: length - digits.utf8.count) + digits
    }
}
