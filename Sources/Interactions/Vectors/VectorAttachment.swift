internal import Files
public import Foundation

/// Vectors from files that become a part of an existing dataset.
///
/// The vectors are the rows of a `.npy` matrix of float32; a text file has the external id of each
/// row's item, one a line. The dataset changes at once, when everything is written: until then, and
/// after an error, it is as it was. Its checksum changes with it.
public struct VectorAttachment: Sendable, Equatable {
    /// The set's name: lower-case letters, digits and dashes.
    public var name: String
    /// The domain's name.
    public var domain: String
    /// The `.npy` file.
    public var matrix: URL
    /// The text file with the rows' items.
    public var ids: URL
    /// Whether a set of this name and domain is replaced.
    public var replace: Bool

    /// What became of the rows.
    public struct Summary: Sendable, Equatable {
        /// The rows of the matrix.
        public var rows: Int
        /// The numbers in a row.
        public var width: Int
        /// The domain's items that have a vector now.
        public var items: Int
        /// The domain's items that have none.
        public var missing: Int
        /// The rows whose id is no item of the domain; they are left out.
        public var unknown: Int
        /// The first of these ids.
        public var firstUnknown: String?
        /// The dataset's checksum with the vectors.
        public var checksum: String
    }

    /// Describes vectors to attach.
    public init(name: String, domain: String, matrix: URL, ids: URL, replace: Bool = false) {
        self.name = name
        self.domain = domain
        self.matrix = matrix
        self.ids = ids
        self.replace = replace
    }

    /// Whether vectors may have this name, which becomes a part of file names.
    public static func isName(_ name: String) -> Bool {
        let isAllowed = { (character: Unicode.Scalar) in
            ("a"..."z").contains(character) || ("0"..."9").contains(character) || character == "-"
        }
        return (1...40).contains(name.utf8.count) && name.unicodeScalars.allSatisfy(isAllowed)
    }

    /// Attaches the vectors to a dataset that was opened from its directory.
    @discardableResult
    public func attach(to dataset: Dataset) throws(ImportError) -> Summary {
        guard let directory = dataset.directory else {
            throw .invalidOptions(reason: "vectors \(name): the dataset is in memory")
        }
        guard Self.isName(name) else {
            throw .invalidOptions(
                reason: "\"\(name)\": expected a name of lower-case letters, digits and dashes")
        }
        guard let domain = dataset.domain(named: domain) else {
            let names = dataset.catalogs.map(\.name)
            throw .invalidOptions(
                reason: "no domain \(self.domain); "
                    + (nearestName(to: self.domain, in: names).map { "did you mean \($0)?" }
                        ?? "the dataset has \(names.joined(separator: ", "))"))
        }
        guard replace || dataset.vectors(named: name, of: domain) == nil else {
            throw .invalidOptions(
                reason: "\(directory.path): has vectors \(name) of \(self.domain) already; replace "
                    + "them explicitly or choose another name")
        }
        let matrix = try NumpyMatrix(path: self.matrix.path)
        var table = RowTable(catalog: dataset.catalog(of: domain))
        try table.read(ids.path, matrix: matrix)
        return try write(matrix, table, of: domain, to: dataset.manifest, in: directory)
    }

    private func write(
        _ matrix: NumpyMatrix, _ table: RowTable, of domain: DomainID,
        to manifest: DatasetManifest, in directory: URL
    ) throws(ImportError) -> Summary {
        Unfinished.removeLeftovers(in: directory)
        let writer = try VectorWriter(
            name: name, domain: domain.rawValue, width: matrix.width, directory: directory)
        defer { writer.discard() }
        try Self.copy(matrix, table, to: writer)
        var output = DatasetOutput(directory: directory)
        let set = try writer.finish(domainName: self.domain, in: &output)
        let isOld = { (set: DatasetManifest.VectorSet) in
            set.name == name && set.domain == self.domain
        }
        let old = (manifest.vectors ?? []).filter(isOld)
        let oldFiles = Set(old.flatMap { [$0.rowsFile, $0.presenceFile].compactMap { $0 } })
        var changed = manifest
        changed.vectors = (manifest.vectors ?? []).filter { !isOld($0) } + [set]
        changed.files = manifest.files.filter { !oldFiles.contains($0.name) } + output.files
        changed.checksum = DatasetManifest.totalChecksum(of: changed.files)
        try output.write(changed)
        let kept = Set(changed.files.map(\.name))
        for name in oldFiles where !kept.contains(name) {
            unlink(directory.appendingPathComponent(name).path)
        }
        return Summary(
            rows: matrix.rowCount, width: matrix.width, items: set.vectors,
            missing: table.rowOfItem.count - set.vectors, unknown: table.unknown,
            firstUnknown: table.firstUnknown, checksum: changed.checksum)
    }

    private static func copy(_ matrix: NumpyMatrix, _ table: RowTable, to writer: VectorWriter)
        throws(ImportError)
    {
        var notFinite: Int?
        withUnsafeTemporaryAllocation(of: Float.self, capacity: matrix.width) { row in
            row.initialize(repeating: 0)
            for index in table.rowOfItem where notFinite == nil {
                if index < 0 {
                    writer.writeMissing()
                } else if matrix.copyRow(Int(index), to: row) {
                    writer.write(UnsafeBufferPointer(row))
                } else {
                    notFinite = Int(index)
                }
            }
        }
        if let notFinite {
            throw .unreadable(
                path: matrix.path,
                reason: "row \(notFinite + 1) has a number that is not finite, or beyond 1e15")
        }
    }
}

/// Which row of a matrix belongs to which item.
private struct RowTable {
    let catalog: Catalog
    /// Each item's row, -1 for an item without one.
    private(set) var rowOfItem: [Int32]
    private(set) var unknown = 0
    private(set) var firstUnknown: String?

    init(catalog: Catalog) {
        self.catalog = catalog
        rowOfItem = [Int32](repeating: -1, count: catalog.count)
    }

    /// Reads the rows' external ids, one a line; the number of lines must be that of the rows.
    mutating func read(_ path: String, matrix: NumpyMatrix) throws(ImportError) {
        let reader = try LineReader(path: path)
        while let line = try reader.next() {
            let row = reader.lineNumber - 1
            func malformed(_ reason: String) -> ImportError {
                .malformed(path: path, line: row + 1, reason: reason)
            }
            guard row < matrix.rowCount else {
                throw malformed("\(matrix.path) has only \(counted(matrix.rowCount, "row"))")
            }
            guard let id = String(validating: line, as: UTF8.self), !id.isEmpty else {
                throw malformed("expected an item's id in UTF-8, got \(Numbers.quoted(line))")
            }
            guard let item = catalog.item(externalID: id) else {
                unknown += 1
                firstUnknown = firstUnknown ?? id
                continue
            }
            let position = Int(item.rawValue - catalog.firstItem.rawValue)
            guard rowOfItem[position] < 0 else {
                throw malformed(
                    "the id \"\(id)\" stands in line \(rowOfItem[position] + 1) already")
            }
            rowOfItem[position] = Int32(row)
        }
        guard reader.lineNumber == matrix.rowCount else {
            throw .malformed(
                path: path, line: reader.lineNumber,
                reason: "the last of \(counted(reader.lineNumber, "id")), but \(matrix.path) has "
                    + counted(matrix.rowCount, "row"))
        }
        guard unknown < reader.lineNumber else {
            throw .malformed(
                path: path, line: 1,
                reason: "none of the \(unknown) ids, such as \"\(firstUnknown ?? "")\", is an item "
                    + "of \(catalog.name)")
        }
    }
}
