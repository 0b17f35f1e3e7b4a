internal import Files
import Foundation

/// The files of a dataset that is being written, with their sizes and checksums.
struct DatasetOutput {
    let directory: URL
    private(set) var files: [DatasetManifest.StoredFile] = []

    init(directory: URL) { self.directory = directory }

    /// Starts a data file.
    func open(_ name: String) throws(ImportError) -> FileWriter {
        try FileWriter(path: directory.appendingPathComponent(name).path)
    }

    /// Ends a data file and records it.
    mutating func close(_ writer: FileWriter) throws(ImportError) {
        try writer.finish()
        record(writer, as: (writer.path as NSString).lastPathComponent)
    }

    /// Records a data file that is whole and has this name.
    mutating func record(_ writer: FileWriter, as name: String) {
        files.append(
            DatasetManifest.StoredFile(
                name: name, bytes: writer.byteCount, checksum: writer.checksum.text))
    }

    /// Writes `dataset.json`, at once.
    func write(_ manifest: DatasetManifest) throws(ImportError) {
        let path = directory.appendingPathComponent(DatasetFiles.manifest)
        do {
            try JSONFile.write(manifest, to: path)
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
    }
}
