import Files
import Foundation
import Testing

/// A folder that is removed when the test is over.
private final class Scratch {
    let url = FileManager.default.temporaryDirectory
        .appendingPathComponent("isthmus-files-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> URL { url.appendingPathComponent(name) }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}

@Suite struct FilesTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Tests of other targets, and people, know what is not whole by this name.
    @Test func unfinishedFilesSayWhose() throws {
        let own = Unfinished.url(of: "epoch-3", in: scratch.url)
        #expect(own == scratch.path("epoch-3.tmp-\(getpid())"))
        // Nobody has the first number, the first process the second; the others are nobody's.
        let kept = ["epoch-3.tmp-1", "epoch-3.tmp-x", "epoch-3.tmp", "epoch-3"]
        for name in kept + ["epoch-3.tmp-99999999", own.lastPathComponent] {
            try AtomicFile.makeDirectory(scratch.path(name))
        }
        Unfinished.removeLeftovers(of: "epoch", in: scratch.url)
        #expect(try scratch.names.count == 6)
        Unfinished.removeLeftovers(in: scratch.url)
        #expect(try scratch.names == kept.sorted())
    }

    @Test func aFileAppearsWholeOrNotAtAll() throws {
        let file = scratch.path("file")
        try AtomicFile.write(Data("old".utf8), to: file)
        do {
            let writer = try AtomicWriter(file)
            try writer.write(Data("new".utf8))
            #expect(try FileReading.text(file) == "old")
            #expect(try scratch.names.count == 2)
        }
        #expect(try scratch.names == ["file"])
        let writer = try AtomicWriter(file)
        try writer.write(Data("new".utf8))
        try writer.commit()
        #expect(try FileReading.text(file) == "new")
        #expect(try scratch.names == ["file"])
    }

    @Test func whatStandsInTheWayIsNamed() throws {
        let folder = scratch.path("folder")
        try AtomicFile.makeDirectory(folder)
        let file = scratch.path("file")
        try AtomicFile.write(Data(), to: file)
        let inTheWay = "it is a directory, not a regular file; where one is to be, move it away"
        #expect(throws: FileError(path: folder.path, reason: inTheWay)) {
            try AtomicFile.write(Data("text".utf8), to: folder)
        }
        #expect(throws: FileError(path: folder.path, reason: inTheWay)) {
            _ = try FileReading.data(folder)
        }
        #expect(try scratch.names == ["file", "folder"])
        let within = file.appendingPathComponent("x")
        for attempt in [
            { try AtomicFile.write(Data(), to: within) }, { try AtomicFile.makeDirectory(within) },
            { _ = try FileReading.mapped(within) },
        ] as [() throws -> Void] {
            let error = #expect(throws: FileError.self) { try attempt() }
            #expect(error?.reason.hasPrefix("a part of the path is a file") == true)
        }
        #expect(
            throws: FileError(path: scratch.path("no").path, reason: "no such file or directory")
        ) { _ = try FileReading.text(scratch.path("no")) }
    }

    /// A pipe that nobody writes to would be waited for.
    @Test func pipesAreNotWaitedFor() throws {
        let pipe = scratch.path("pipe")
        #expect(mkfifo(pipe.path, 0o600) == 0)
        let refusal = FileError(path: pipe.path, reason: "it is not a regular file")
        #expect(throws: refusal) { _ = try FileReading.data(pipe) }
        #expect(throws: refusal) { _ = try FileReading.mapped(pipe) }
    }

    /// The error that Foundation makes of each number of the system is told in our words.
    @Test(arguments: [ENOENT, EACCES, ENOSPC, EROFS, EMFILE, EISDIR, ENOTDIR, EDQUOT, EIO, 133])
    func foundationsErrorsAreToldInOurWords(code: Int32) {
        let system = NSError(domain: NSPOSIXErrorDomain, code: Int(code))
        let wrapped = NSError(
            domain: NSCocoaErrorDomain, code: CocoaError.Code.fileWriteUnknown.rawValue,
            userInfo: [NSUnderlyingErrorKey: system, NSFilePathErrorKey: "/a/b"])
        for error in [system, wrapped, POSIXError(.init(rawValue: code) ?? .EIO)] as [any Error] {
            let reason = SystemError.reason(of: error)
            #expect(reason == SystemError(code: code).description || code == 133)
            #expect(!reason.contains("Error") && !reason.contains("Domain") && reason.count > 5)
        }
    }

    private struct Value: Codable, Equatable {
        struct Inner: Codable, Equatable {
            var count: Int32
            var share: Double
        }
        var formatVersion = 3
        var name: String
        var list: [Inner]
        var flag: Bool
        var seed: UInt64
    }

    @Test(arguments: [
        (#"{"formatVersion": 4}"#, "format 4, but this version of Isthmus reads 3"),
        (#"{"formatVersion": 3}"#, "name: missing"),
        (#"{"formatVersion": 3, "name": 5}"#, "name: expected a text"),
        (#"{"name": "", "formatVersion": 3, "list": 5}"#, "list: expected a list"),
        (
            #"{"name": "", "formatVersion": 3, "list": [{"count": 3e9, "share": 1}], "flag": true, "seed": 1}"#,
            "list.0.count: expected a number that fits, got 3000000000"
        ),
        (
            #"{"name": "", "formatVersion": 3, "list": [{"count": 1, "share": 1e300}], "flag": true, "seed": -4}"#,
            "seed: expected a number that fits, got -4"
        ),
        (
            #"{"name": "", "formatVersion": 3, "list": [{"count": 1}], "flag": true, "seed": 1}"#,
            "list.0.share: missing"
        ),
        (
            #"{"name": "", "formatVersion": 3, "list": [], "flag": "no", "seed": 1}"#,
            "flag: expected true or false"
        ),
        (#"{"name": null, "formatVersion": 3}"#, "name: expected a text"),
        (#"{"name": "#, "not valid JSON"), ("", "not valid JSON"), ("[]", "expected an object"),
    ])
    func whatIsWrongWithAFileIsSaidByItsKey(text: String, reason: String) throws {
        let file = scratch.path("value.json")
        try Data(text.utf8).write(to: file)
        let error = try #require(throws: FileError.self) {
            try JSONFile.read(Value.self, from: file, version: 3)
        }
        #expect(error.path == file.path)
        #expect(error.reason.hasPrefix(reason), "\(error.reason)")
    }

    @Test func numbersThatAreNotFiniteSurvive() throws {
        let file = scratch.path("numbers.json")
        let numbers = [Double.infinity, -.infinity, 0.1, 1e300]
        try JSONFile.write(numbers, to: file)
        #expect(try JSONFile.read([Double].self, from: file) == numbers)
        try JSONFile.write([Double.nan], to: file)
        #expect(try JSONFile.read([Double].self, from: file)[0].isNaN)
    }
}
