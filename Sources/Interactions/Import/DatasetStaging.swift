internal import Files
import Foundation

/// The directory in which an import works until the dataset is whole, `<name>.tmp-<pid>`.
struct DatasetStaging {
    let directory: URL
    private let destination: URL
    private let replace: Bool

    /// Checks the destination, clears what killed imports left behind and makes the directory.
    init(destination: URL, replace: Bool) throws(ImportError) {
        self.destination = destination.standardizedFileURL
        self.replace = replace
        let name = self.destination.lastPathComponent
        let parent = self.destination.deletingLastPathComponent()
        directory = Unfinished.url(of: name, in: parent)
        try checkDestination()
        Unfinished.removeLeftovers(of: name, in: parent)
        do {
            try AtomicFile.makeDirectory(directory)
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
    }

    /// Gives the directory the dataset's name.
    func commit() throws(ImportError) {
        try checkDestination()
        guard FileManager.default.fileExists(atPath: destination.path) else {
            return try Self.rename(directory, destination)
        }
        // A killed import leaves the old dataset or the new. Not every file system can exchange names (NFS cannot);
        // there the old one has another name for a moment.
        guard !exchangeNames(directory, destination) else { return discard() }
        let old = directory.appendingPathExtension("replaced")
        try Self.rename(destination, old)
        do throws(ImportError) {
            try Self.rename(directory, destination)
        } catch {
            try Self.rename(old, destination)
            throw error
        }
        try? FileManager.default.removeItem(at: old)
    }

    private static func rename(_ source: URL, _ target: URL) throws(ImportError) {
        guard Foundation.rename(source.path, target.path) == 0 else {
            throw .unwritable(
                path: target.path, reason: SystemError().description)
        }
    }

    /// Removes the directory, with what an import that failed left there or the dataset that was replaced.
    func discard() { try? FileManager.default.removeItem(at: directory) }

    private func checkDestination() throws(ImportError) {
        guard FileManager.default.fileExists(atPath: destination.path) else { return }
        let manifest = destination.appendingPathComponent(DatasetFiles.manifest)
        guard let data = try? FileReading.data(manifest),
            (try? JSONDecoder().decode(Version.self, from: data)) != nil
        else { throw .destinationNotADataset(path: destination.path) }
        guard replace else { throw .destinationExists(path: destination.path) }
        if let name = foreignName(beside: data) {
            throw .destinationHoldsMore(path: destination.path, name: name)
        }
    }

    /// Something in the old dataset's folder that is not the dataset's, and would go with it.
    private func foreignName(beside manifest: Data) -> String? {
        guard let old = try? JSONDecoder().decode(OwnFiles.self, from: manifest) else { return nil }
        var own: Set = [DatasetFiles.manifest, SimulationTruth.folder]
        own.formUnion(old.files.map(\.name))
        own.formUnion(
            (old.vectors ?? []).flatMap { [$0.rowsFile, $0.presenceFile] }.compactMap(\.self))
        let names = (try? FileManager.default.contentsOfDirectory(atPath: destination.path)) ?? []
        // What a killed command left behind is nobody's; so are vectors that others replaced.
        return names.sorted().first {
            !own.contains($0) && !$0.hasPrefix("vectors-") && !$0.contains(".tmp-")
        }
    }

    /// What a manifest of any format says of its files.
    private struct OwnFiles: Decodable {
        let files: [DatasetManifest.StoredFile]
        let vectors: [DatasetManifest.VectorSet]?
    }

    private struct Version: Decodable {
        let formatVersion: Int
        let checksum: String
    }
}
