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
            user: "anna", position: 4, item: "17", domain: "food", groups: [.overlapping, .warm],
            outcome: RankedCase(greater: 2, equal: 0, candidates: 999), candidateSet: 0xAB),
        UserResult(
            user: "a,\"b\"\r\nc", position: 0, item: "é", domain: "home & kitchen", groups: [],
            outcome: RankedCase(greater: 1, equal: 1, candidates: 4), candidateSet: .max),
        UserResult(
            user: "", position: 2, item: "x", domain: "food", groups: [.cold, .repeated],
            outcome: RankedCase(greater: 0, equal: 0, candidates: 0), candidateSet: 0),
    ]

    static let header = "user,position,item,domain,group,rank,greater,equal,candidates,checksum\n"
    static let zero = "0000000000000000"

    /// A line with these fields from the rank to the candidates.
    static func line(_ fields: String) -> String { "u,0,i,d,,\(fields),\(zero)\n" }

    @Test func writesAndReadsBack() throws {
        try Self.withDirectory { directory in
            let file = directory.appendingPathComponent("users.csv")
            let writer = try UserResultsWriter(to: file)
            for row in Self.rows { try writer.write(row) }
            #expect(!FileManager.default.fileExists(atPath: file.path))
            try writer.finish()
            let text = try String(contentsOf: file, encoding: .utf8)
            let expected =
                Self.header + "anna,4,17,food,warm|overlapping,3,2,0,999,00000000000000ab\n"
                + "\"a,\"\"b\"\"\r\nc\",0,é,home & kitchen,,2.5,1,1,4,ffffffffffffffff\n"
                + ",2,x,food,cold|repeat,1,0,0,0,0000000000000000\n"
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
                    user: "user-\(index)", position: index % 9, item: "\(index % 7)",
                    domain: "books", groups: [.warm],
                    outcome: RankedCase(greater: index % 100, equal: 0, candidates: 99),
                    candidateSet: UInt64(index))
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
        let text =
            "\u{FEFF}" + Self.header
            + "u,0,\"i\",d,warm,1,0,0,9,\(Self.zero)\nv,1,j,d,,10.0,9,0,9,\(Self.zero)"
        let results = try Self.read(text.replacing("\n", with: "\r\n").utf8)
        #expect(results.rows.map(\.user) == ["u", "v"])
        #expect(results.rows.map(\.item) == ["i", "j"])
        #expect(results.rows.map(\.outcome.rank) == [1, 10])
        #expect(results.rows.map(\.groups) == [[.warm], []])
    }

    @Test(arguments: [
        ("", 1, "the header '\(header.dropLast())'", "an empty file"),
        (
            "user,item,domain,group,rank,candidates\n", 1, "the header '\(header.dropLast())'",
            "another first line, as other versions of Isthmus write it; train the run again"
        ),
        (header + line("1,0,0,9") + "u,i,d,1,9\n", 3, "10 fields", "5"),
        (header + "\n", 2, "10 fields", "1"),
        (header + line("first,0,0,9"), 2, "the rank 1.0 of 0 greater and 0 equal", "\"first\""),
        (header + line("nan,0,0,9"), 2, "the rank 1.0 of 0 greater and 0 equal", "\"nan\""),
        (header + line("1,1,1,9"), 2, "the rank 2.5 of 1 greater and 1 equal", "\"1\""),
        (header + line("1e300,0,0,9"), 2, "the rank 1.0 of 0 greater and 0 equal", "\"1e300\""),
        (header + line("9,5,5,9"), 2, "greater + equal of at most 9 candidates", "5 + 5"),
        (header + line("1,0,0,-9"), 2, "a count in the column candidates", "\"-9\""),
        (
            header + line("1,9223372036854775807,1,9"), 2, "a count in the column greater",
            "\"9223372036854775807\""
        ),
        (header + line("1,0,1e300,9"), 2, "a count in the column equal", "\"1e300\""),
        (header + "u,-1,i,d,,1,0,0,9,\(zero)\n", 2, "a position in the column position", "\"-1\""),
        (header + "u,0,i,d,,1,0,0,9,12\n", 2, "a checksum of 16 hexadecimal digits", "\"12\""),
        (
            header + "u,0,i,d,warm|hot,1,0,0,9,\(zero)\n", 2,
            "groups out of warm, cold, overlapping, few, many, repeat", "\"hot\""
        ),
        (
            header + "\"u\n\n\",0,i,d,,1,0,0,9,\(zero)\n" + line("0,0,0,9"), 5,
            "the rank 1.0 of 0 greater and 0 equal", "\"0\""
        ),
        (header + "\"u,0,i,d,,1,0,0,9,\(zero)\n", 2, "a closing quote", "the end of the file"),
        (
            header + "\"u\"x,0,i,d,,1,0,0,9,\(zero)\n", 2,
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
            try Self.read(Array((Self.header + "u,0,").utf8) + [0xFF] + Array(",d,,1,0,0,9\n".utf8))
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
            #expect(writing.description.hasPrefix("\(file.path): cannot write: "))
        }
    }

    /// A result at a place among a user's events, its candidates known by a number.
    private func result(
        _ user: String, _ position: Int, greater: Int, set: UInt64 = 1, item: String = "i"
    ) -> UserResult {
        UserResult(
            user: user, position: position, item: item, domain: "books", groups: [],
            outcome: RankedCase(greater: greater, equal: 0, candidates: 9), candidateSet: set)
    }

    // Common: a's events 1 and 3 (one item twice) and b's event 2; (b, 3), (c, 1) and another item at (b, 4) stand alone.
    @Test func pairsCaseByCase() {
        let first = UserResults(rows: [
            result("a", 1, greater: 1), result("b", 2, greater: 2), result("a", 3, greater: 3),
            result("b", 3, greater: 4), result("b", 4, greater: 4),
        ])
        let second = UserResults(rows: [
            result("c", 1, greater: 5), result("b", 4, greater: 4, item: "j"),
            result("a", 3, greater: 7), result("a", 1, greater: 8),
            result("b", 2, greater: 9, set: 2),
        ])
        let paired = PairedResults(first, second)
        #expect(paired.first.map(\.outcome.greater) == [1, 2, 3])
        #expect(paired.second.map(\.outcome.greater) == [8, 9, 7])
        #expect(paired.unmatchedInFirst == 2)
        #expect(paired.unmatchedInSecond == 2)
        #expect(paired.otherCandidates == 1)
    }

    /// The order of cases changes no checksum; a user, a candidate or a count changes those that it is part of.
    @Test func checksumsTellWhatDiffers() {
        let rows = [result("a", 1, greater: 1), result("b", 2, greater: 2)]
        let all = ResultChecksums(rows)
        #expect(ResultChecksums(rows.reversed()) == all)
        func differs(_ other: UserResult) -> [Bool] {
            let found = ResultChecksums([rows[0], other])
            return [
                found.cases != all.cases, found.candidates != all.candidates,
                found.outcomes != all.outcomes,
            ]
        }
        #expect(differs(rows[1]) == [false, false, false])
        #expect(differs(result("c", 2, greater: 2)) == [true, true, true])
        #expect(differs(result("b", 3, greater: 2)) == [true, true, true])
        #expect(differs(result("b", 2, greater: 2, set: 2)) == [false, true, false])
        #expect(differs(result("b", 2, greater: 3)) == [false, false, true])
        // Two cases that swap their candidates are not the same two.
        let swapped = ResultChecksums([
            result("a", 1, greater: 1, set: 2), result("b", 2, greater: 2, set: 1),
        ])
        let straight = ResultChecksums([
            result("a", 1, greater: 1, set: 1), result("b", 2, greater: 2, set: 2),
        ])
        #expect(swapped.candidates != straight.candidates)
    }
}
