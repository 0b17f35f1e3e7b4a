import Foundation
import Interactions
import Testing

@Suite struct TimeImportTests {
    // The same four moments, an eighth of a millisecond apart, in every form: the order is always theirs.
    @Test(arguments: [
        (TimeFormat.automatic, "seconds", "880000000.000", ""),
        (.automatic, "microseconds", "880000000000", ""),
        (.automatic, "nanoseconds", "880000000000", "000"),
        (.automatic, "ISO 8601", "1997-11-20T04:26:40.000", "Z"),
        (.milliseconds, "milliseconds", "880000000000.", ""),
        (.microseconds, "microseconds", "880000000000", ""),
    ])
    func forms(format: TimeFormat, words: String, before: String, after: String) throws {
        let lines = [320, 120, 250, 125].map { "u,i\($0),\(before)\($0)\(after)\n" }.joined()
        let dataset = try TemporaryFolder().delimited(
            "user,item,time\n" + lines, DelimitedFormat(time: .name("time")),
            options: ImportOptions(timeFormat: format))
        #expect(dataset.lines == ["u: i120 i125 i250 i320"])
        #expect(Array(dataset.times) == [120, 125, 250, 320].map { 880_000_000_000_000 + $0 })
        #expect(dataset.manifest.sources.map(\.timeFormat) == [words])
    }

    @Test func oneFileHasOneUnit() throws {
        let error = try #require(throws: ImportError.self) {
            try TemporaryFolder().amazon(["A": "u,i,1,1406110272\nu,j,1,1406110272123\n"])
        }
        #expect(
            error.description.contains(
                "ratings_A.csv:2: the time \"1406110272123\" is in milliseconds"))
        #expect(error.description.contains("--time-format"))
        // Files may differ, because each says its own.
        let dataset = try TemporaryFolder().amazon([
            "A": "u,i,1,1406110272\nu,j,1,1406110274\n", "B": "u,k,1,1406110273000\n",
        ])
        #expect(dataset.lines == ["u: i k j"])
        #expect(dataset.manifest.sources.map(\.timeFormat) == ["seconds", "milliseconds"])
    }

    @Test func datesWithoutDashes() throws {
        let error = try #require(throws: ImportError.self) {
            try TemporaryFolder().amazon(["A": "u,i,1,20140723\n"])
        }
        #expect(error.description.contains("looks like a date without dashes"))
    }
}
