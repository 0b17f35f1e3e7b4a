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
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path: directory.path, reason: error.localizedDescription)
        }
    }

    /// Gives the directory the dataset's name.
    func commit() throws(ImportError) {
        try checkDestination()
        let old = directory.appendingPathExtension("replaced")
        let hasOld = FileManager.default.fileExists(atPath: destination.path)
        if hasOld, rename(destination.path, old.path) != 0 {
            throw .unwritable(
                path: destination.path, reason: SystemError(operation: "rename").description)
        }
        guard rename(directory.path, destination.path) == 0 else {
            let reason = SystemError(operation: "rename").description
            if hasOld { rename(old.path, destination.path) }
            throw .unwritable(path: destination.path, reason: reason)
        }
        if hasOld { try? FileManager.default.removeItem(at: old) }
    }

    /// Removes the directory of an import that failed.
    func discard() { try? FileManager.default.removeItem(at: directory) }

    private func checkDestination() throws(ImportError) {
        let files = FileManager.default
        guard files.fileExists(atPath: destination.path) else { return }
        let manifest = destination.appendingPathComponent(DatasetFiles.manifest)
        guard let data = files.contents(atPath: manifest.path),
            (try? JSONDecoder().decode(Version.self, from: data)) != nil
        else { throw .destinationNotADataset(path: destination.path) }
        guard replace else { throw .destinationExists(path: destination.path) }
    }

    private struct Version: Decodable {
        let formatVersion: Int
        let checksum: String
    }
}
