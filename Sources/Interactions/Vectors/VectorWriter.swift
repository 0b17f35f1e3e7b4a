internal import Files
import Foundation

/// Writes the vectors of one domain's items, row after row in the order of the item ids.
///
/// The files get their names, which contain their checksums, only when they are whole; so a set that
/// replaces another never writes into a file that `dataset.json` names.
final class VectorWriter {
    let name: String
    let width: Int
    private let domain: Int
    private let directory: URL
    private let rows: FileWriter
    private let presence: FileWriter
    private var vectorCount = 0

    init(name: String, domain: Int, width: Int, directory: URL) throws(ImportError) {
        self.name = name
        self.domain = domain
        self.width = width
        self.directory = directory
        let stem = Unfinished.url(of: "vectors-\(domain)-\(name)", in: directory)
        rows = try FileWriter(path: stem.path + "-rows")
        presence = try FileWriter(path: stem.path + "-presence")
    }

    /// Writes the next item's vector of `width` numbers.
    func write(_ vector: UnsafeBufferPointer<Float>) {
        precondition(
            vector.count == width, "VectorWriter: expected \(width) numbers, got \(vector.count)")
        rows.write(UnsafeRawBufferPointer(vector))
        presence.write(UInt8(1))
        vectorCount += 1
    }

    /// Writes the next item's row when it has no vector.
    func writeMissing() {
        for _ in 0..<width { rows.write(Float(0)) }
        presence.write(UInt8(0))
    }

    /// Gives the files their names and records them.
    func finish(domainName: String, in output: inout DatasetOutput) throws(ImportError)
        -> DatasetManifest.VectorSet
    {
        let rowsFile = try close(rows, suffix: "f32", output: &output)
        let presenceFile = try close(presence, suffix: "u8", output: &output)
        return DatasetManifest.VectorSet(
            name: name, domain: domainName, width: width, vectors: vectorCount, rowsFile: rowsFile,
            presenceFile: presenceFile)
    }

    /// Removes what was written.
    func discard() {
        unlink(rows.path)
        unlink(presence.path)
    }

    private func close(_ writer: FileWriter, suffix: String, output: inout DatasetOutput)
        throws(ImportError) -> String
    {
        try writer.finish()
        let digits = writer.checksum.text.split(separator: ":").last ?? ""
        let file = "vectors-\(domain)-\(name)-\(digits).\(suffix)"
        let path = directory.appendingPathComponent(file).path
        guard rename(writer.path, path) == 0 else {
            throw .unwritable(path: path, reason: SystemError().description)
        }
        output.record(writer, as: file)
        return file
    }
}
