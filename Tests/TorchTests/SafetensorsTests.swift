import Foundation
import Testing
import Torch

/// A folder that is removed with its owner.
private final class Scratch {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "safetensors-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var file: URL { folder.appending(path: "model.safetensors") }

    func write(_ header: String, data: [UInt8], length: UInt64? = nil) throws {
        let count = (length ?? UInt64(header.utf8.count)).littleEndian
        try (withUnsafeBytes(of: count) { Data($0) } + Data(header.utf8) + data).write(to: file)
    }
}

struct BadFile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let header: String
    var dataByteCount = 8
    var length: UInt64?
    let reason: String

    /// A header that describes one tensor.
    static func tensor(
        _ title: String, _ type: String, _ shape: String, _ offsets: String, reason: String
    ) -> BadFile {
        BadFile(
            testDescription: title,
            header: #"{"w":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#,
            reason: #"tensor "w": \#(reason)"#)
    }

    /// A header that describes two tensors of one float each.
    static func pair(
        _ title: String, _ first: String, _ second: String, dataByteCount: Int = 8, reason: String
    ) -> BadFile {
        BadFile(
            testDescription: title,
            header: #"{"v":{"dtype":"F32","shape":[1],"data_offsets":\#(first)},"#
                + #""w":{"dtype":"F32","shape":[1],"data_offsets":\#(second)}}"#,
            dataByteCount: dataByteCount, reason: reason)
    }
}

@Suite struct SafetensorsTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test(arguments: DType.allCases)
    func everyTypeRoundTrips(dtype: DType) throws {
        let values = Tensor([0, 1, 1, 0, 1, 1] as [Float], shape: [2, 3]).to(dtype)
        try Safetensors.write(["w": values], to: scratch.file)
        let read = try #require(try Safetensors.read(scratch.file).tensors["w"])
        #expect(read.dtype == dtype)
        #expect(read.shape == [2, 3])
        #expect(doubles(read) == [0, 1, 1, 0, 1, 1])
    }

    @Test func shapesNamesAndMetadataRoundTrip() throws {
        let matrix = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        let tensors = [
            "scalar": Tensor(-1.5),
            "empty": Tensor.zeros([0, 3], dtype: .int64),
            "transposed": matrix.transposed(),
            "a \"quoted\" \\ name/ünï": Tensor([true]),
            "": Tensor([Float.nan, .infinity, -0.0]),
        ]
        let metadata = ["format": "pt", "": "é\n\"{}\""]
        try Safetensors.write(tensors, metadata: metadata, to: scratch.file)
        let read = try Safetensors.read(scratch.file)
        #expect(read.metadata == metadata)
        #expect(read.tensors.mapValues(\.shape) == tensors.mapValues(\.shape))
        #expect(read.tensors.mapValues(\.dtype) == tensors.mapValues(\.dtype))
        #expect(read.tensors["scalar"]?.item() == -1.5)
        #expect(read.tensors["transposed"]?.elements() == [1, 4, 2, 5, 3, 6] as [Float])
        let odd = try #require(read.tensors[""]).elements(as: Float.self)
        #expect(odd.map(\.bitPattern) == [Float.nan, .infinity, -0.0].map(\.bitPattern))
    }

    @Test func leavesAreWrittenByValue() throws {
        let leaf = Tensor([1, 2] as [Float])
        leaf.requiresGradient = true
        try Safetensors.write(["w": leaf], to: scratch.file)
        let read = try #require(try Safetensors.read(scratch.file).tensors["w"])
        #expect(!read.requiresGradient)
        #expect(read.elements() == [1, 2] as [Float])
    }

    @Test func noTensorsAreAFile() throws {
        try Safetensors.write([:], to: scratch.file)
        let expected = [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8)
        #expect(try Array(Data(contentsOf: scratch.file)) == expected)
        #expect(try Safetensors.read(scratch.file).tensors.isEmpty)
    }

    /// By the format's description: keys in order, the wider type's data first, padding to 8 bytes.
    @Test func writesTheFormatByteForByte() throws {
        try Safetensors.write(
            ["b": Tensor([1] as [Float]), "a": Tensor([UInt8(7), 9])], metadata: ["k": "v"],
            to: scratch.file)
        let header =
            #"{"__metadata__":{"k":"v"},"a":{"data_offsets":[4,6],"dtype":"U8","shape":[2]},"#
            + #""b":{"data_offsets":[0,4],"dtype":"F32","shape":[1]}}"#
        let padded = header + String(repeating: " ", count: -header.utf8.count & 7)
        // 1 is 0x3F800000 in single precision.
        let expected =
            [UInt8(padded.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(padded.utf8)
            + [0, 0, 0x80, 0x3F, 7, 9]
        #expect(try Array(Data(contentsOf: scratch.file)) == expected)
    }

    /// As the reference implementation writes: metadata first, unpadded header, type before shape.
    @Test func readsHalfPrecisionOfForeignFiles() throws {
        try scratch.write(
            #"{"__metadata__":{"format":"pt"},"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"#
                + #""b":{"dtype":"BF16","shape":[1,1],"data_offsets":[4,6]}}"#,
            // 1.5 and -2 in half precision, 1.5 in brain floating point.
            data: [0x00, 0x3E, 0x00, 0xC0, 0xC0, 0x3F])
        let read = try Safetensors.read(scratch.file)
        #expect(read.metadata == ["format": "pt"])
        #expect(read.tensors["h"].map(doubles) == [1.5, -2])
        #expect(read.tensors["b"].map(doubles) == [1.5])
    }

    @Test func writingReplacesAFileAndLeavesNothingElse() throws {
        try Safetensors.write(["w": Tensor(1)], to: scratch.file)
        try Safetensors.write(["w": Tensor(2)], to: scratch.file)
        #expect(try Safetensors.read(scratch.file).tensors["w"]?.item() == 2)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path)
                == ["model.safetensors"])
    }

    @Test func refusesTheReservedNameAndKeepsTheOldFile() throws {
        try Safetensors.write(["w": Tensor(1)], to: scratch.file)
        let error = #expect(throws: SafetensorsError.self) {
            try Safetensors.write(["__metadata__": Tensor(2)], to: scratch.file)
        }
        #expect(error?.reason == .reservedName("__metadata__"))
        #expect(try Safetensors.read(scratch.file).tensors["w"]?.item() == 1)
    }

    @Test func namesThePathWhenTheFolderOrFileIsMissing() throws {
        let absent = scratch.folder.appending(path: "no/such.safetensors")
        let writing = try #require(throws: SafetensorsError.self) {
            try Safetensors.write([:], to: absent)
        }
        #expect(writing.description.hasPrefix("\(absent.path): cannot be written: "))
        let reading = try #require(throws: SafetensorsError.self) {
            try Safetensors.read(absent)
        }
        #expect(reading.description.hasPrefix("\(absent.path): cannot be read: "))
    }

    @Test(arguments: 0..<8)
    func refusesFilesWithoutRoomForALength(count: Int) throws {
        try Data(repeating: 0, count: count).write(to: scratch.file)
        let error = #expect(throws: SafetensorsError.self) { try Safetensors.read(scratch.file) }
        #expect(
            error?.description
                == "\(scratch.file.path): expected at least 8 bytes, got \(count)")
    }

    static let types = "BF16, BOOL, F16, F32, F64, I32, I64, U8"
    static let badFiles: [BadFile] =
        ["I8", "I16", "U16", "F8_E4M3", "f32"].map {
            .tensor(
                "type \($0)", $0, "[2]", "[0,8]",
                reason: "data type \($0), expected one of \(types)")
        } + [
            BadFile(
                testDescription: "header beyond the file", header: "{}", length: 11,
                reason: "header of 11 bytes in a file of 18 bytes"),
            BadFile(
                testDescription: "huge header", header: "{}", length: 100_000_001,
                reason: "header of 100000001 bytes, at most 100000000 are allowed"),
            BadFile(
                testDescription: "largest length", header: "{}", length: .max,
                reason: "header of 18446744073709551615 bytes, at most 100000000 are allowed"),
            BadFile(
                testDescription: "not an object", header: "[]",
                reason: "invalid header: expected a JSON object in UTF-8"),
            BadFile(
                testDescription: "no header", header: "",
                reason: "invalid header: expected a JSON object in UTF-8"),
            BadFile(
                testDescription: "UTF-16", header: "{\0}\0",
                reason: "invalid header: expected a JSON object in UTF-8"),
            BadFile(
                testDescription: "same tensor twice",
                header: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
                    + #" "\u0077" : {"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
                reason: #"invalid header: key "w" comes twice"#),
            BadFile(
                testDescription: "same field twice",
                header: #"{"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
                reason: #"invalid header: key "dtype" comes twice"#),
            .tensor(
                "negative size", "F32", "[-2]", "[0,8]",
                reason: "shape [-2] is negative or too large"),
            .tensor(
                "overflow", "F32", "[4294967296,4294967296]", "[0,8]",
                reason: "shape [4294967296, 4294967296] is negative or too large"),
            .tensor(
                "overflow beside an empty dimension", "U8", "[0,9223372036854775807,2]", "[0,0]",
                reason: "shape [0, 9223372036854775807, 2] is negative or too large"),
            .tensor(
                "negative offset", "F32", "[2]", "[-8,0]",
                reason: "data_offsets [-8, 0], expected [begin, end]"),
            .tensor(
                "offsets in reverse", "F32", "[2]", "[8,0]",
                reason: "data_offsets [8, 0], expected [begin, end]"),
            .tensor(
                "three offsets", "F32", "[2]", "[0,4,8]",
                reason: "data_offsets [0, 4, 8], expected [begin, end]"),
            .tensor(
                "size mismatch", "F32", "[3]", "[0,8]",
                reason: "shape and type need 12 bytes, data_offsets give 8"),
            .tensor(
                "truncated", "F64", "[2]", "[0,16]",
                reason: "data ends at byte 16, the file holds 8 (truncated?)"),
            .tensor(
                "data from the middle", "F32", "[1]", "[4,8]",
                reason: "data begins at byte 4, expected 0"),
            .pair(
                "overlap", "[0,4]", "[2,6]",
                reason: #"tensor "w": data begins at byte 2, inside the previous, "#
                    + "which ends at 4"),
            .pair(
                "the same bytes twice", "[0,4]", "[0,4]", dataByteCount: 4,
                reason: #"tensor "w": data begins at byte 0, inside the previous, "#
                    + "which ends at 4"),
            .pair(
                "gap", "[8,12]", "[0,4]", dataByteCount: 12,
                reason: #"tensor "v": data begins at byte 8, expected 4"#),
            .pair(
                "trailing bytes", "[0,4]", "[4,8]", dataByteCount: 9,
                reason: "data ends at byte 9, the tensors end at 8"),
            BadFile(
                testDescription: "bytes without tensors", header: "{}",
                reason: "data ends at byte 8, the tensors end at 0"),
        ]

    @Test(arguments: badFiles)
    func refuses(bad: BadFile) throws {
        try scratch.write(
            bad.header, data: Array(repeating: 0, count: bad.dataByteCount), length: bad.length)
        let error = #expect(throws: SafetensorsError.self) { try Safetensors.read(scratch.file) }
        #expect(error?.path == scratch.file.path)
        #expect(error?.description == "\(scratch.file.path): \(bad.reason)")
    }

    static let noInteger = "invalid header: a number is no 64-bit integer"

    /// The place by its keys, and what is expected there.
    @Test(arguments: [
        (#"{"w":"#, "invalid header: not valid JSON"),
        (#"{"w":{}} x"#, "invalid header: not valid JSON"),
        (#"{"w":5}"#, "invalid header: w: expected an object"),
        (#"{"w":{"dtype":"F32","shape":[2]}}"#, "invalid header: w.data_offsets: missing"),
        (
            #"{"w":{"dtype":5,"shape":[2],"data_offsets":[0,8]}}"#,
            "invalid header: w.dtype: expected a text"
        ),
        (
            #"{"w":{"dtype":"F32","shape":[1,true],"data_offsets":[0,8]}}"#,
            "invalid header: w.shape.1: expected a whole number"
        ),
        (#"{"w":{"dtype":"F32","shape":[1,1.5],"data_offsets":[0,8]}}"#, noInteger),
        (
            #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}"#,
            noInteger
        ),
        (#"{"__metadata__":{"k":1}}"#, "invalid header: __metadata__.k: expected a text"),
    ])
    func refusesHeadersThatAreNotTheFormats(header: String, reason: String) throws {
        try scratch.write(header, data: Array(repeating: 0, count: 8))
        let error = try #require(throws: SafetensorsError.self) {
            try Safetensors.read(scratch.file)
        }
        #expect(error.description.hasPrefix("\(scratch.file.path): \(reason)"), "\(error)")
    }

    @Test func refusesBytesThatAreNoTruthValues() throws {
        try scratch.write(
            #"{"m":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}"#, data: [0, 1, 2])
        let error = #expect(throws: SafetensorsError.self) { try Safetensors.read(scratch.file) }
        #expect(error?.reason == .notTruthValues(tensor: "m"))
        #expect(
            error?.description.hasSuffix(#"tensor "m": BOOL data holds bytes other than 0 and 1"#)
                == true)
    }

    /// Whatever single byte of a good file is changed or cut away, reading answers or throws.
    @Test func damagedFilesNeverTrap() throws {
        try Safetensors.write(
            ["a": Tensor([1, 2] as [Float]), "b": Tensor([true, false])], metadata: ["k": "v"],
            to: scratch.file)
        let good = try Array(Data(contentsOf: scratch.file))
        var refused = 0
        func attempt(_ bytes: [UInt8]) throws {
            try Data(bytes).write(to: scratch.file)
            do throws(SafetensorsError) {
                _ = try Safetensors.read(scratch.file)
            } catch {
                refused += 1
            }
        }
        for count in good.indices { try attempt(Array(good[..<count])) }
        #expect(refused == good.count)
        var numbers = SeededNumbers(seed: 31)
        for position in good.indices {
            var bad = good
            bad[position] ^= UInt8.random(in: 1...255, using: &numbers)
            try attempt(bad)
        }
        #expect(refused > good.count + good.count / 2)
    }
}
