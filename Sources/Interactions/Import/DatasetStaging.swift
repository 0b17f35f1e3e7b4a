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
        directory = Self.sibling(of: self.destination, suffix: ".tmp-\(getpid())")
        try checkDestination()
        removeLeftovers()
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
        let old = Self.sibling(of: destination, suffix: ".tmp-\(getpid())-replaced")
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

    /// Removes `<name>.tmp-<pid>` of processes that are gone, and of an earlier try of this one.
    private func removeLeftovers() {
        let prefix = destination.lastPathComponent + ".tmp-"
        let parent = destination.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let digits = name.dropFirst(prefix.count).prefix { $0.isNumber }
            guard let process = pid_t(digits) else { continue }
            let isGone = kill(process, 0) != 0 && errno == ESRCH
            guard isGone || process == getpid() else { continue }
            try? FileManager.default.removeItem(at: parent.appendingPathComponent(name))
        }
    }

    private static func sibling(of url: URL, suffix: String) -> URL {
        url.deletingLastPathComponent().appendingPathComponent(url.lastPathComponent + suffix)
    }
}
