import Foundation
import Interactions
import Testing

/// A `.npy` file as NumPy writes it: version 1, the header padded to a multiple of 64 bytes.
private func numpy(
    _ numbers: [Float], shape: String, type: String = "<f4", order: String = "False"
) -> [UInt8] {
    var header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (\(shape)), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    let length = UInt16(header.utf8.count)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
    for number in numbers {
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += Array($0) }
    }
    return bytes
}

@Suite struct VectorTests {
    private let domain = DomainID(rawValue: 1)

    /// Items x and y in domain A, p, q and r in domain B.
    private func dataset(_ folder: TemporaryFolder) throws -> Dataset {
        try folder.amazon(["A": "u,x,5,1\nv,y,4,2\n", "B": "u,p,3,3\nv,q,2,4\nv,r,1,5\n"])
    }

    private func attach(
        _ matrix: [UInt8], _ ids: String, name: String = "image", domain: String = "B",
        replace: Bool = false, _ folder: TemporaryFolder
    ) throws -> VectorAttachment.Summary {
        let attachment = VectorAttachment(
            name: name, domain: domain, matrix: try folder.file("m.npy", bytes: matrix),
            ids: try folder.file("ids.txt", ids), replace: replace)
        return try attachment.attach(to: try Dataset.open(folder.dataset))
    }

    private func names(_ folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.dataset.path).sorted()
    }

    @Test func roundTrip() throws {
        let folder = try TemporaryFolder()
        let before = try dataset(folder)
        #expect(before.vectors.isEmpty && before.manifest.vectors == nil)
        #expect(before.vectors(named: "image", of: domain) == nil)
        let summary = try attach(
            numpy([1, 2, 3, 4, 5, 6, 7, 8], shape: "4, 2"), "r\nghost\np\r\nx", folder)
        #expect(summary.rows == 4 && summary.width == 2)
        #expect(summary.items == 2 && summary.missing == 1)
        // x is an item, but not of this domain.
        #expect(summary.unknown == 2 && summary.firstUnknown == "ghost")

        let after = try Dataset.open(folder.dataset)
        try after.verify()
        #expect(after.checksum == summary.checksum && after.checksum != before.checksum)
        #expect(after.vectorNames == ["image"])
        let vectors = try #require(after.vectors(named: "image", of: domain))
        #expect(vectors.width == 2 && vectors.itemCount == 3 && vectors.vectorCount == 2)
        // p, q, r are the items 3, 4, 5; r was row 0, p row 2.
        #expect(vectors.rows.elementsEqual([5, 6, 0, 0, 1, 2]))
        #expect((3...5).map { vectors.hasVector(ItemID(rawValue: $0)) } == [true, false, true])
        #expect(vectors.vector(of: ItemID(rawValue: 5)) == [1, 2])
        #expect(after.vectors(named: "image", of: DomainID(rawValue: 0)) == nil)
        let report = DatasetReport(after)
        #expect(report.vectors.map(\.items) == [2] && report.vectors.map(\.missing) == [1])
        #expect(report.description.contains("image         B      2               2        1"))
    }

    @Test func replacesOnlyOnDemand() throws {
        let folder = try TemporaryFolder()
        _ = try dataset(folder)
        _ = try attach(numpy([1, 2], shape: "2, 1"), "p\nq\n", folder)
        _ = try attach(numpy([9], shape: "1, 1"), "x\n", domain: "A", folder)
        let names = try names(folder)
        let error = try #require(throws: ImportError.self) {
            try attach(numpy([7], shape: "1, 1"), "r\n", folder)
        }
        #expect(error.description.contains("has vectors image of B already"))
        #expect(try self.names(folder) == names)
        _ = try attach(numpy([7], shape: "1, 1"), "r\n", replace: true, folder)
        let replaced = try Dataset.open(folder.dataset)
        try replaced.verify()
        let rows = { replaced.vectors(named: "image", of: $0).map { Array($0.rows) } }
        #expect(rows(domain) == [0, 0, 7] && rows(DomainID(rawValue: 0)) == [9, 0])
        // The replaced files are gone, and the same again changes nothing.
        #expect(try self.names(folder).count == names.count)
        _ = try attach(numpy([7], shape: "1, 1"), "r\n", replace: true, folder)
        let again = try Dataset.open(folder.dataset)
        try again.verify()
        #expect(again.checksum == replaced.checksum)
    }

    @Test func clearsWhatAKilledCallLeft() throws {
        let folder = try TemporaryFolder()
        _ = try dataset(folder)
        let dead = ["vectors-1-image.tmp-99999999-rows", "vectors-0-text.tmp-99999999-presence"]
        let alive = "vectors-1-image.tmp-1-rows"
        for name in dead + [alive] {
            try Data("x".utf8).write(to: folder.dataset.appendingPathComponent(name))
        }
        _ = try attach(numpy([1, 2], shape: "2, 1"), "p\nq\n", folder)
        let left = try names(folder)
        #expect(left.contains(alive) && Set(left).isDisjoint(with: dead))
    }

    /// The matrix, the ids, and what the error says.
    static let wrongFiles: [([UInt8], String, String)] = [
        (Array("hello, world".utf8), "p\n", "m.npy: not a .npy file"),
        (numpy([1], shape: "1, 1", type: "<f8"), "p\n", "m.npy: expected numbers of type <f4"),
        (numpy([1], shape: "1, 1", order: "True"), "p\n", "m.npy: expected rows in C order"),
        (numpy([1], shape: "1,"), "p\n", "m.npy: expected a matrix"),
        (numpy([], shape: "0, 4"), "p\n", "m.npy: expected a matrix"),
        (numpy([1, 2, 3], shape: "2, 2"), "p\nq\n", "m.npy: the shape [2, 2] needs 16 bytes"),
        (Array(numpy([1], shape: "1, 1").prefix(40)), "p\n", "m.npy: the header is cut off"),
        (
            numpy([1, .nan], shape: "2, 1"), "p\nq\n",
            "m.npy: row 2 has a number that is not finite, or beyond 1e15"
        ),
        (numpy([1, 2], shape: "2, 1"), "p\n", "ids.txt:1: the last of 1 id, but "),
        (numpy([1], shape: "1, 1"), "p\nq\n", "ids.txt:2: "),
        (numpy([1, 2, 3], shape: "3, 1"), "p\nq\np\n", "ids.txt:3: the id \"p\" stands in line 1"),
        (numpy([1, 2], shape: "2, 1"), "p\n\n", "ids.txt:2: expected an item's id"),
        (numpy([1, 2], shape: "2, 1"), "a\nb\n", "ids.txt:1: none of the 2 ids, such as \"a\""),
    ]

    @Test(arguments: wrongFiles)
    func wrongFilesChangeNothing(_ matrix: [UInt8], _ ids: String, _ reason: String) throws {
        let folder = try TemporaryFolder()
        let checksum = try dataset(folder).checksum
        let names = try names(folder)
        let error = try #require(throws: ImportError.self) { try attach(matrix, ids, folder) }
        #expect(error.description.contains(reason), "\(error)")
        #expect(try Dataset.open(folder.dataset).checksum == checksum)
        #expect(try self.names(folder) == names)
    }

    @Test func wrongNamesAreRefused() throws {
        let folder = try TemporaryFolder()
        _ = try dataset(folder)
        let matrix = numpy([1], shape: "1, 1")
        for name in ["", "Image", "a/b", "ä", "a b"] {
            let error = try #require(throws: ImportError.self) {
                try attach(matrix, "p\n", name: name, folder)
            }
            #expect(error.description.contains("expected a name"))
        }
        let error = try #require(throws: ImportError.self) {
            try attach(matrix, "p\n", domain: "BB", folder)
        }
        #expect(error.description == "no domain BB; did you mean B?")
    }

    @Test func damagedVectorsAreNamed() throws {
        let folder = try TemporaryFolder()
        _ = try dataset(folder)
        _ = try attach(numpy([1, 2], shape: "1, 2"), "q\n", folder)
        let set = try #require(try Dataset.open(folder.dataset).manifest.vectors?.first)
        let rows = folder.dataset.appendingPathComponent(try #require(set.rowsFile))
        let presence = folder.dataset.appendingPathComponent(try #require(set.presenceFile))
        let good = try Data(contentsOf: rows)
        try good.dropLast(4).write(to: rows)
        #expect(throws: DatasetError.wrongSize(path: rows.path, expected: 24, got: 20)) {
            try Dataset.open(folder.dataset)
        }
        try Data(good.reversed()).write(to: rows)
        #expect(throws: DatasetError.self) { try Dataset.open(folder.dataset).verify() }
        try good.write(to: rows)
        try Data([1, 1, 0]).write(to: presence)
        #expect(throws: DatasetError.self) { try Dataset.open(folder.dataset) }
    }

    @Test func vectorsInMemory() throws {
        let plain = try memoryDataset(domains: 1, itemsPerDomain: 3, [[1, 2]])
        let vectors = ItemVectors(
            name: "text", domain: DomainID(rawValue: 0), of: plain.catalogs[0],
            [[1, 2], nil, [3, 4]])
        let dataset = try Dataset(
            catalogs: plain.catalogs, users: ["u0"],
            events: [Event(user: UserID(rawValue: 0), item: ItemID(rawValue: 1))],
            vectors: [vectors])
        let found = try #require(dataset.vectors(named: "text", of: DomainID(rawValue: 0)))
        #expect(found.rows.elementsEqual([1, 2, 0, 0, 3, 4]) && found.vectorCount == 2)
        #expect(dataset.manifest.vectors?.map(\.width) == [2])
    }
}
