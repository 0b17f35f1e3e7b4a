import Foundation
import Interactions
import Testing

// What becomes of input that is not as it should be; the table is in ``Importer``'s documentation.
@Suite struct ImportInputTests {
    private func message(_ text: String) throws -> String {
        let folder = try TemporaryFolder()
        let error = try #require(throws: ImportError.self) { try folder.amazon(["A": text]) }
        #expect(!FileManager.default.fileExists(atPath: folder.dataset.path))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(names == ["ratings_A.csv"])
        return error.description
    }

    @Test(arguments: [
        ("u,i,5.0", "expected 4 fields, got 3"),
        ("u,i,5.0,1,2", "expected 4 fields, got 5"),
        (",i,5.0,1", "the user is empty"),
        ("u,,5.0,1", "the item is empty"),
        ("u,i,five,1", "expected a rating, got \"five\""),
        ("u,i,nan,1", "expected a rating, got \"nan\""),
        ("u,i,inf,1", "expected a rating, got \"inf\""),
        ("u,i,1e99,1", "expected a rating, got \"1e99\""),
        ("u,i,5.0,", "expected a time, got \"\""),
        ("u,i,5.0,noon", "expected a time, got \"noon\""),
        ("u,i,5.0,-5", "expected a time between 1970 and 2099, got \"-5\""),
        ("u,i,5.0,9999999999", "expected a time between 1970 and 2099, got \"9999999999\""),
        ("u,i,5.0,99999999999999999999", "expected a time between 1970 and 2099"),
    ])
    func malformedLines(line: String, reason: String) throws {
        let message = try message("a,b,1.0,1\n\(line)\nc,d,1.0,1\n")
        #expect(message.contains("ratings_A.csv:2: " + reason))
    }

    @Test func notUTF8() throws {
        let folder = try TemporaryFolder()
        for bytes: [UInt8] in [[0x75, 0xFF, 0x2C, 0x69], [0x75, 0x2C, 0xC3]] {
            let file = try folder.file("x.csv", bytes: [0x61, 0x2C, 0x62, 0x0A] + bytes + [0x0A])
            let error = try #require(throws: ImportError.self) {
                try Importer.run(
                    sources: [ImportSource(events: file)],
                    format: .delimited(
                        DelimitedFormat(hasHeader: false, user: .number(1), item: .number(2))),
                    to: folder.dataset)
            }
            #expect(error.description.contains("x.csv:2: an id is not UTF-8"))
        }
        let dataset = try folder.amazon(["A": "ü,日本,1.0,1\n"])
        #expect(dataset.lines == ["ü: 日本"])
    }

    @Test func quotes() throws {
        let format = DelimitedFormat(hasHeader: false, user: .number(1), item: .number(2))
        for (line, reason) in [
            ("\"a,b", "a quoted field that does not end"),
            ("\"a\"b,c", "text after the closing quote"),
        ] {
            let folder = try TemporaryFolder()
            let error = try #require(throws: ImportError.self) {
                try folder.delimited("u,i\n" + line + "\n", format)
            }
            #expect(error.description.contains("events.csv:2: " + reason))
        }
        // The first line is an event too, and is cut only once; a quote inside a field is a letter.
        let dataset = try TemporaryFolder().delimited("\"q\"\"\"\"\",x\ny\"y,\"\"\"\"\n", format)
        #expect(dataset.lines == ["q\"\": x", "y\"y: \""])
    }

    @Test func skippedLines() throws {
        let text = "u,i,5.0,1\nbad\nu,j,nan,2\nu,k,4.0,3\n"
        let dataset = try TemporaryFolder().amazon(["A": text], onBadLine: .skip(limit: 2))
        #expect(dataset.lines == ["u: i k"])
        #expect(dataset.manifest.sources.map(\.skippedLines) == [2])
        #expect(dataset.manifest.sources.map(\.rows) == [2])
        let error = try #require(throws: ImportError.self) {
            try TemporaryFolder().amazon(["A": text], onBadLine: .skip(limit: 1))
        }
        #expect(error.description.contains("ratings_A.csv:3: "))
        #expect(error.description.contains("more than 1 malformed lines"))
    }

    /// What a skipped line leaves behind must not reach the next one: its doubled quotes were undone there.
    @Test func aSkippedLineLeavesNoQuotesBehind() throws {
        let long = "\"a\"\"b\"," + String(repeating: "x,", count: 5000) + "x"
        let dataset = try TemporaryFolder().delimited(
            "user,item\n\(long)\nsay\"\"so,it\"\"em\n",
            DelimitedFormat(user: .name("user"), item: .name("item")),
            options: ImportOptions(onBadLine: .skip(limit: 1)))
        #expect(dataset.lines == ["say\"\"so: it\"\"em"])
    }

    @Test func emptyFiles() throws {
        #expect(try message("").contains("ratings_A.csv: no data in the file"))
        #expect(try message("\n\r\n\n").contains("ratings_A.csv: no data in the file"))
        #expect(throws: ImportError.self) {
            try TemporaryFolder().delimited("user,item\n", DelimitedFormat())
        }
        #expect(throws: ImportError.self) {
            try TemporaryFolder().amazon(["A": "x\n"], onBadLine: .skip(limit: 9))
        }
    }

    @Test func unknownColumns() throws {
        let error = try #require(throws: ImportError.self) {
            try TemporaryFolder().delimited(
                "user,itm,time\nu,i,1\n", DelimitedFormat(time: .name("time")))
        }
        #expect(error.description.contains("no column \"item\"; did you mean \"itm\"?"))
        let number = try #require(throws: ImportError.self) {
            try TemporaryFolder().delimited(
                "u,i\n", DelimitedFormat(hasHeader: false, user: .number(1), item: .number(3)))
        }
        #expect(number.description.contains("no column \"3\"; columns are counted from 1 to 2"))
    }

    @Test func lineEndsAndMarks() throws {
        let plain = try TemporaryFolder().amazon(["A": "u,i,5.0,1\nu,j,4.0,2\n"])
        let windows = try TemporaryFolder().amazon(["A": "u,i,5.0,1\r\n\r\nu,j,4.0,2\r\n"])
        let bare = try TemporaryFolder().amazon(["A": "\u{FEFF}u,i,5.0,1\n\nu,j,4.0,2"])
        #expect(plain.lines == ["u: i j"])
        // Equal data have equal checksums, whatever the source's bytes.
        #expect(plain.checksum == windows.checksum && plain.checksum == bare.checksum)
        let header = try TemporaryFolder().delimited(
            "\u{FEFF}user,item\r\nu,i", DelimitedFormat())
        #expect(header.lines == ["u: i"])
    }

    // Duplicates are kept, and events with equal times keep the order of the file.
    @Test func duplicatesAndOrder() throws {
        let dataset = try TemporaryFolder().amazon([
            "A": "u,c,1,9\nu,b,1,5\nu,a,1,5\nu,b,1,5\nu,d,1,1\n"
        ])
        #expect(dataset.lines == ["u: d b a b c"])
    }

    @Test func domains() throws {
        // v is in one domain only and stays.
        let dataset = try TemporaryFolder().amazon([
            "A": "u,i,1,1\nv,i,1,1\n", "B": "u,k,1,1\n",
        ])
        #expect(dataset.manifest.domains.map(\.users) == [2, 1])
        let folder = try TemporaryFolder()
        let format = DelimitedFormat(domain: .name("shop"))
        #expect(throws: ImportError.emptyDomain(name: "games", after: nil)) {
            try folder.delimited(
                "user,item,shop\nu,i,books\n", format,
                options: ImportOptions(domainNames: ["books", "games"]))
        }
        #expect(throws: ImportError.emptyDomain(name: "B", after: .minItemEvents(2))) {
            try TemporaryFolder().amazon(
                ["A": "u,i,1,1\nv,i,1,1\n", "B": "u,k,1,1\n"], filters: [.minItemEvents(2)])
        }
    }

    @Test func contradictions() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("a.csv", "u,i,1,1\n")
        let rule = CategoryRule([.init(domain: "d", categories: ["c"])])
        let cases: [(ImportFormat, ImportOptions)] = [
            (.amazonRatings, ImportOptions(domainNames: ["a", "b"])),
            (.amazonRatings, ImportOptions(categoryRule: rule)),
            (.sequences, ImportOptions()),
            (.movieLens, ImportOptions()),
        ]
        for (format, options) in cases.dropLast() {
            let error = try #require(throws: ImportError.self) {
                try Importer.run(
                    sources: [ImportSource(events: file)], format: format, options: options,
                    to: folder.dataset)
            }
            guard case .invalidOptions = error else {
                Issue.record("expected invalid options, got \(error)")
                continue
            }
        }
        let missing = try #require(throws: ImportError.self) {
            try Importer.run(
                sources: [ImportSource(events: folder.url.appendingPathComponent("no.csv"))],
                format: .amazonRatings, to: folder.dataset)
        }
        #expect(missing.description.contains("no.csv: no such file"))
    }

    // Users and items are numbered in blocks and on two threads, and nobody must notice.
    @Test func manyEvents() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("ratings_A.csv")
        try SyntheticRatings.write(rows: 20_000, users: 3000, items: 2000, to: file)
        let text = try String(contentsOf: file, encoding: .utf8)
        var expected: [String: [(time: Int64, item: String)]] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ",").map(String.init)
            expected[fields[0], default: []].append((Int64(fields[3]) ?? 0, fields[1]))
        }
        let dataset = try folder.amazon(["A": text])
        #expect(dataset.userCount == expected.count)
        for (user, events) in expected {
            let id = try #require(dataset.users.user(externalID: user))
            let items = dataset.events(of: id).map {
                dataset.externalID(of: ItemID(rawValue: dataset.items[$0]))
            }
            let inOrder = events.enumerated().sorted {
                ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
            }
            #expect(items == inOrder.map(\.element.item))
        }
    }

    // A file of many buffers, and lines of every length around the buffer's end.
    @Test func longFiles() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("ratings_A.csv")
        try SyntheticRatings.write(rows: 2000, users: 50, items: 30, to: file)
        let long = String(repeating: "x", count: 120_000)
        var text = try String(contentsOf: file, encoding: .utf8)
        for index in 0..<20 { text += "U1,\(long)\(index),1.0,1300000000\n" }
        let dataset = try folder.amazon(["A": text])
        #expect(dataset.eventCount == 2020)
        #expect(dataset.itemCount == 50 && dataset.userCount == 50)
        let tooLong = String(repeating: "y", count: 270_000)
        let error = try #require(throws: ImportError.self) {
            try folder.amazon(["A": "u,\(tooLong),1,1\n"])
        }
        #expect(error.description.contains("ratings_A.csv:1: an id is longer than"))
    }
}
