import Foundation
import Testing

@testable import RankingMetrics

@Suite("Per-user results")
struct UserResultsTests {
    /// Runs a body with a directory of its own, removed afterwards.
    static func withDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("isthmus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory)
    }

    static func read(_ bytes: some Sequence<UInt8>) throws -> UserResults {
        try withDirectory { directory in
            let file = directory.appendingPathComponent("users.csv")
            try Data(bytes).write(to: file)
            return try UserResults(contentsOf: file)
        }
    }

    static let rows = [
        UserResult(
            user: "anna", item: "17", domain: "food", groups: [.overlapping, .warm], rank: 3,
            candidates: 999),
        UserResult(
            user: "a,\"b\"\r\nc", item: "é", domain: "home & kitchen", groups: [], rank: 2.5,
            candidates: 4),
        UserResult(user: "", item: "x", domain: "food", groups: [.cold], rank: 1, candidates: 0),
    ]

    static let header = "user,item,domain,group,rank,candidates\n"

    @Test func writesAndReadsBack() throws {
        try Self.withDirectory { directory in
            let file = directory.appendingPathComponent("users.csv")
            let writer = try UserResultsWriter(to: file)
            for row in Self.rows { try writer.write(row) }
            #expect(!FileManager.default.fileExists(atPath: file.path))
            try writer.finish()
            let text = try String(contentsOf: file, encoding: .utf8)
            let expected =
                Self.header + "anna,17,food,warm|overlapping,3,999\n"
                + "\"a,\"\"b\"\"\r\nc\",é,home & kitchen,,2.5,4\n" + ",x,food,cold,1,0\n"
            #expect(text == expected)
            #expect(try UserResults(contentsOf: file).rows == Self.rows)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 1)
        }
    }

    // 20,000 rows of about 30 bytes pass the buffer of 64 KiB several times.
    @Test func writesMoreThanABuffer() throws {
        try Self.withDirectory { directory in
            let file = directory.appendingPathComponent("users.csv")
            let writer = try UserResultsWriter(to: file)
            let rows = (0..<20_000).map { index in
                UserResult(
                    user: "user-\(index)", item: "\(index % 7)", domain: "books", groups: [.warm],
                    rank: Double(1 + index % 100), candidates: 99)
            }
            for row in rows { try writer.write(row) }
            try writer.finish()
            #expect(try UserResults(contentsOf: file).rows == rows)
        }
    }

    @Test func unfinishedLeavesNothingAndKeepsTheOld() throws {
        try Self.withDirectory { directory in
            let file = directory.appendingPathComponent("users.csv")
            let writer = try UserResultsWriter(to: file)
            try writer.finish()
            do {
                let abandoned = try UserResultsWriter(to: file)
                try abandoned.write(Self.rows[0])
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 1)
            #expect(try UserResults(contentsOf: file).rows.isEmpty)
        }
    }

    @Test func acceptsWhatOtherProgramsWrite() throws {
        let text = "\u{FEFF}" + Self.header + "u,\"i\",d,warm,1,9\nv,j,d,,10,9"
        let results = try Self.read(text.replacing("\n", with: "\r\n").utf8)
        #expect(results.rows.map(\.user) == ["u", "v"])
        #expect(results.rows.map(\.item) == ["i", "j"])
        #expect(results.rows.map(\.rank) == [1, 10])
        #expect(results.rows.map(\.groups) == [[.warm], []])
    }

    @Test(arguments: [
        ("", 1, "the header 'user,item,domain,group,rank,candidates'", "an empty file"),
        ("a,b\n", 1, "the header 'user,item,domain,group,rank,candidates'", "another first line"),
        (header + "u,i,d,,1,9\nu,i,d,1,9\n", 3, "6 fields", "5"),
        (header + "\n", 2, "6 fields", "1"),
        (header + "u,i,d,,first,9\n", 2, "a rank in 1...10", "'first'"),
        (header + "u,i,d,,nan,9\n", 2, "a rank in 1...10", "'nan'"),
        (header + "u,i,d,,0,9\n", 2, "a rank in 1...10", "'0'"),
        (header + "u,i,d,,11,9\n", 2, "a rank in 1...10", "'11'"),
        (header + "u,i,d,,1,-9\n", 2, "a number of candidates", "'-9'"),
        (
            header + "u,i,d,warm|hot,1,9\n", 2, "groups out of warm, cold, overlapping, few, many",
            "'hot'"
        ),
        (header + "\"u\n\n\",i,d,,1,9\nv,i,d,,0,9\n", 5, "a rank in 1...10", "'0'"),
        (header + "\"u,i,d,,1,9\n", 2, "a closing quote", "the end of the file"),
        (
            header + "\"u\"x,i,d,,1,9\n", 2,
            "a comma or the end of the line after a closing quote", "byte 120"
        ),
    ])
    func malformed(text: String, line: Int, expected: String, got: String) throws {
        let error = try #require(throws: UserResultsError.self) { try Self.read(text.utf8) }
        guard case .malformed(let path, line, expected, got) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(error.description == "\(path):\(line): expected \(expected), got \(got)")
        #expect(path.hasSuffix("users.csv"))
    }

    @Test func bytesThatAreNoText() throws {
        let error = try #require(throws: UserResultsError.self) {
            try Self.read(Array((Self.header + "u,").utf8) + [0xFF] + Array(",d,,1,9\n".utf8))
        }
        #expect(error.description.contains(":2: expected UTF-8, got '\u{FFFD}'"))
    }

    @Test func filesThatAreNotThere() throws {
        try Self.withDirectory { directory in
            let file = directory.appendingPathComponent("absent/users.csv")
            let reading = try #require(throws: UserResultsError.self) {
                try UserResults(contentsOf: file)
            }
            #expect(reading.description.hasPrefix("\(file.path): cannot read: "))
            let writing = try #require(throws: UserResultsError.self) {
                try UserResultsWriter(to: file)
            }
            #expect(writing.description.hasPrefix("\(file.path).tmp: cannot write: "))
        }
    }

    // Common: (a, 1) twice, (b, 2) once; (b, 3) and (c, 1) stand alone, as does (a, 1) in films.
    @Test func pairsCaseByCase() {
        func result(_ user: String, _ item: String, _ rank: Double, _ domain: String = "books")
            -> UserResult
        {
            UserResult(
                user: user, item: item, domain: domain, groups: [], rank: rank, candidates: 9)
        }
        let first = UserResults(rows: [
            result("a", "1", 1), result("b", "2", 2), result("a", "1", 3), result("b", "3", 4),
        ])
        let second = UserResults(rows: [
            result("c", "1", 5), result("a", "1", 6, "films"), result("a", "1", 7),
            result("a", "1", 8), result("b", "2", 9),
        ])
        let paired = PairedResults(first, second)
        #expect(paired.first.map(\.rank) == [1, 2, 3])
        #expect(paired.second.map(\.rank) == [7, 9, 8])
        #expect(paired.unmatchedInFirst == 1)
        #expect(paired.unmatchedInSecond == 2)
    }
}
