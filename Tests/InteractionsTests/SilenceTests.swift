import Foundation
import Interactions
import Testing

/// Nothing of a source vanishes or is assumed in silence.
@Suite struct SilenceTests {
    private let named = DelimitedFormat(time: .name("time"))

    private func message(
        _ text: String, _ format: DelimitedFormat, onBadLine: ImportOptions.BadLinePolicy = .fail
    ) throws -> String {
        let folder = try TemporaryFolder()
        let error = try #require(throws: ImportError.self) {
            try folder.delimited(text, format, options: ImportOptions(onBadLine: onBadLine))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(names == ["events.csv"])
        #expect(!error.description.contains("\n"))
        return error.description
    }

    private func notes(_ dataset: Dataset) -> [String] {
        (dataset.manifest.sources.flatMap(\.notes) + dataset.manifest.notes).map(\.code)
    }

    // Texts of every kind with line ends, quotes and what looks like an event; none of them becomes one.
    @Test(arguments: [",", "\t", ";"])
    func multiLineFields(delimiter: Character) throws {
        let texts = [
            "plain", "two\nlines", "with \"quotes\"",
            "\nmallory\(delimiter)i9\(delimiter)x\(delimiter)5\n",
            "\"", "\"\n\"", "", "\r\n\r\n", "ends with a quote\"", "\(delimiter)", "a\n\n\nb",
            String(repeating: "long\n", count: 300_000),
        ]
        for lineEnd in ["\n", "\r\n"] {
            var text =
                ["user", "item", "comment", "time"].joined(separator: String(delimiter)) + lineEnd
            for (index, comment) in (texts + texts).enumerated() {
                let quoted = "\"" + comment.replacingOccurrences(of: "\"", with: "\"\"") + "\""
                text +=
                    ["u\(index)", "i", quoted, "\(index)"].joined(separator: String(delimiter))
                    + lineEnd
            }
            let dataset = try TemporaryFolder().delimited(
                text, DelimitedFormat(delimiter: delimiter, time: .name("time")))
            #expect(dataset.eventCount == 2 * texts.count)
            #expect(dataset.users.user(externalID: "mallory") == nil)
            #expect(notes(dataset) == ["columns-not-read", "multi-line-fields", "early-times"])
        }
    }

    @Test func multiLineTitles() throws {
        let folder = try TemporaryFolder()
        let items = try folder.file(
            "items.csv", "item,title\ni,\"Two\nlines \"\"x\"\"\"\nj,Three\n")
        try Importer.run(
            sources: [
                ImportSource(
                    events: try folder.file("e.csv", "user,item\nu,i\nu,j\n"), items: items)
            ], format: .delimited(DelimitedFormat()), to: folder.dataset)
        let dataset = try Dataset.open(folder.dataset)
        #expect(dataset.catalogs[0].titles == ["Two\nlines \"x\"", "Three"])
    }

    // Whether the rest of a text with broken quotes is an event cannot be told; it never becomes one.
    @Test(arguments: [
        "u,i,\"open\nmallory,i9,x,5\n", "u,i,\"say \"hi\" to\nmallory,i9,x,5\n\",1\n",
        "u,i, \"spaced\nmallory,i9,x,5\n\",1\n",
    ])
    func brokenQuotesAreNotSkipped(lines: String) throws {
        let message = try message(
            "user,item,comment,time\na,b,c,1\n" + lines, named, onBadLine: .skip(limit: 100))
        #expect(message.contains("events.csv:3: ") && message.contains("--no-quotes"))
    }

    @Test func quotesAsCharacters() throws {
        let dataset = try TemporaryFolder().delimited(
            "user\titem\tcomment\nu\ti\t\"Best\" of\nv\ti\t\"open\n",
            DelimitedFormat(delimiter: "\t", isQuoted: false))
        #expect(dataset.lines == ["u: i", "v: i"])
    }

    // A header where none is said, and an event where a header is said.
    @Test(arguments: [
        ("customer,sku,kind\n1000,20,view\n1000,21,view\n1001,22,view\n", "looks like a header"),
        ("user_id,item_id\na,b\n", "looks like a header"),
        ("name,thing,5\n1,2,5\n2,3,5\n4,5,5\n", "looks like a header"),
    ])
    func headersWithoutBeingSaid(text: String, reason: String) throws {
        let numbers = DelimitedFormat(user: .number(1), item: .number(2))
        #expect(try message(text, numbers).contains("events.csv:1: this " + reason))
        // Said to be none, it is an event, which describe suspects.
        let dataset = try TemporaryFolder().delimited(
            text, DelimitedFormat(hasHeader: false, user: .number(1), item: .number(2)))
        if !text.hasPrefix("name") {
            #expect(DatasetReport(dataset).findings.contains { $0.code == "header-as-event" })
        }
    }

    @Test func anEventAsHeader() throws {
        let format = DelimitedFormat(
            hasHeader: true, user: .number(1), item: .number(2), time: .number(3))
        #expect(try message("u,i,1600000000\nv,i,1600000001\n", format).contains("is a time"))
        let numbered = try TemporaryFolder().delimited("0,1,2\nu,i,1600000000\n", format)
        #expect(numbered.eventCount == 1)
    }

    @Test func timesThatAreNotRead() throws {
        for header in ["user,item,when\n", "user,item,created_at\n"] {
            let dataset = try TemporaryFolder().delimited(
                header + "u,i,1600000000\nu,j,1600000001\n", DelimitedFormat())
            #expect(notes(dataset) == ["times-not-read", "columns-not-read"])
            #expect(DatasetReport(dataset).findings.contains { $0.code == "times-not-read" })
        }
        let folder = try TemporaryFolder()
        let file = try folder.file(
            "x.inter", "user_id:token\titem_id:token\ttime:float\ttags:token_seq\nu\ti\t5\ta b\n")
        try Importer.run(
            sources: [ImportSource(events: file)], format: .recBole, to: folder.dataset)
        let recBole = try Dataset.open(folder.dataset).manifest.sources[0].notes
        #expect(recBole.map(\.code) == ["times-not-read", "columns-not-read"])
        #expect(recBole[0].text.contains("\"timestamp\""))
        #expect(recBole[1].text.contains("tags"))
    }

    @Test func unknownBehaviours() throws {
        let dataset = try TemporaryFolder().delimited(
            "user,item,what\nu,i,view\nu,j,stare\nv,j,stare\nv,i,other\n",
            DelimitedFormat(behaviour: .name("what")))
        let note = try #require(dataset.manifest.sources[0].notes.first)
        #expect(note.text.hasPrefix("2 events with a behaviour") && note.text.contains("\"stare\""))
    }

    @Test func skippedLinesAreShown() throws {
        let bad = (0..<5).map { "x\($0)\n" }.joined()
        let dataset = try TemporaryFolder().delimited(
            "user,item\nu,i\n" + bad, DelimitedFormat(),
            options: ImportOptions(onBadLine: .skip(limit: 5)))
        let source = dataset.manifest.sources[0]
        #expect(source.skippedLines == 5)
        #expect(source.skippedExamples.map(\.line) == [3, 4, 5])
        let finding = DatasetReport(dataset).findings.first { $0.code == "skipped-lines" }
        #expect(finding?.message.contains("line 3: expected 2 fields, got 1") == true)
    }

    @Test func namesWithSpaces() throws {
        let dataset = try TemporaryFolder().delimited(
            "user,item,shop\nu,i,A\nu ,i,A \nv,i,a\nv, i,A\n",
            DelimitedFormat(domain: .name("shop")))
        #expect(dataset.catalogs.map(\.name) == ["A", "A ", "a"])
        #expect(
            notes(dataset) == [
                "no-shared-users", "padded-ids", "padded-ids", "alike-domains", "padded-domain",
            ])
        // What the import said of them is not said again in other words.
        let codes = DatasetReport(dataset).findings.map(\.code)
        #expect(codes.count { $0 == "padded-ids" } == 2 && !codes.contains("suspicious-ids"))
        for names in [["A", ""], ["A", " B"]] {
            #expect(throws: ImportError.self) {
                try TemporaryFolder().delimited(
                    "user,item,shop\nu,i,A\n", DelimitedFormat(domain: .name("shop")),
                    options: ImportOptions(domainNames: names))
            }
        }
    }

    // What is known of an item goes by its domain and its id.
    @Test func itemsOfSeveralDomains() throws {
        func dataset(_ name: String, _ items: String) throws -> Dataset {
            let folder = try TemporaryFolder()
            try Importer.run(
                sources: [
                    ImportSource(
                        events: try folder.file(
                            "e.csv", "user,item,shop\nu,1,X\nu,2,X\nu,1,Y\nu,3,Y\n"),
                        items: try folder.file(name, items))
                ], format: .delimited(DelimitedFormat(domain: .name("shop"))), to: folder.dataset)
            return try Dataset.open(folder.dataset)
        }
        let files = [
            ("i.csv", "item,title,shop\n1,x1,X\n2,x2,X\n1,y1,Y\n4,x4,X\n3,x3,X\n"),
            (
                "i.jsonl",
                [
                    ("1", "x1", "X"), ("2", "x2", "X"), ("1", "y1", "Y"), ("4", "x4", "X"),
                    ("3", "x3", "X"),
                ]
                .map { #"{"id": "\#($0)", "title": "\#($1)", "shop": "\#($2)"}"# + "\n" }.joined()
            ),
        ]
        for (name, text) in files {
            let told = try dataset(name, text)
            #expect(told.catalogs.map(\.titles) == [["x1", "x2"], ["y1", nil]])
            let note = try #require(
                told.manifest.sources[0].notes.first { $0.code == "items-matched" })
            #expect(note.text == "3 of its 5 items are in the dataset, 2 are not")
        }
        // Without a column of domains an id that two domains have is nobody's.
        let untold = try dataset("i.csv", "item,title\n1,one\n2,two\n3,three\n")
        #expect(untold.catalogs.map(\.titles) == [[nil, "two"], [nil, "three"]])
        #expect(notes(untold).contains("items-ambiguous"))
        let unmatched = try dataset("i.csv", "item,title\n7,seven\n")
        #expect(notes(unmatched).contains("items-unmatched"))
    }

    // Each item file is told what of it alone hangs between domains, and each of its items once.
    @Test func itemsOfSeveralDomainsInSeveralFiles() throws {
        let folder = try TemporaryFolder()
        func source(_ name: String, _ events: String, _ items: String) throws -> ImportSource {
            ImportSource(
                events: try folder.file("\(name).csv", "user,item,shop\n" + events),
                items: try folder.file("\(name)-items.csv", "item,title\n" + items))
        }
        try Importer.run(
            sources: [
                source("one", "u,1,X\nu,2,X\nu,1,Y\nu,2,Y\nu,3,Y\nu,9,Z\n", "1,a\n3,b\n7,c\n"),
                source("two", "v,1,Z\nv,4,Z\n", "1,d\n2,e\n"),
            ], format: .delimited(DelimitedFormat(domain: .name("shop"))), to: folder.dataset)
        let dataset = try Dataset.open(folder.dataset)
        #expect(dataset.catalogs.map(\.titles) == [[], [nil, nil, "b"], []])
        func text(_ code: String, of file: String) -> String? {
            dataset.manifest.sources.first { $0.name == file }?.notes
                .first { $0.code == code }?.text
        }
        #expect(
            text("items-matched", of: "one-items.csv")
                == "1 of its 3 items are in the dataset, 1 are not")
        #expect(
            text("items-ambiguous", of: "one-items.csv")?.hasPrefix("1 of its 3 items with an id")
                == true)
        // None of the second file's is taken, but none is foreign.
        #expect(
            text("items-matched", of: "two-items.csv")
                == "0 of its 2 items are in the dataset, 0 are not")
        #expect(
            text("items-ambiguous", of: "two-items.csv")?.hasPrefix("2 of its 2 items with an id")
                == true)
        #expect(text("items-unmatched", of: "two-items.csv") == nil)
        // 4 and 9 of Z have no line; 1 and 2 have one, though nobody knows for which.
        let unlisted = dataset.manifest.notes.filter { $0.code == "items-without-line" }
        #expect(
            unlisted.map(\.text) == [
                "2 of 3 items of Z are in no item file; nothing but their id is known"
            ])
    }

    @Test func filesOfOtherKinds() throws {
        let utf16 = "user,item\nu,i\n".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        for (bytes, word) in [
            ([0x1F, 0x8B, 8, 0, 1], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD, 1], "zstd"),
            (Array("PK\u{3}\u{4}".utf8), "zip"), (Array("PAR1".utf8), "Parquet"),
            ([0xFF, 0xFE] + utf16, "UTF-16 "), (utf16, "UTF-16 "),
            ([0xFF, 0xFE, 0, 0, 0x75, 0, 0, 0], "iconv -f UTF-32 "),
            ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x75], "iconv -f UTF-32 "),
            (Array("{\"user\": 1}\n".utf8), "JSON"), (Array("<!DOCTYPE html>".utf8), "HTML"),
        ] as [([UInt8], String)] {
            let folder = try TemporaryFolder()
            let file = try folder.file("x.csv", bytes: bytes)
            let error = try #require(throws: ImportError.self) {
                try Importer.run(
                    sources: [ImportSource(events: file)], format: .delimited(DelimitedFormat()),
                    to: folder.dataset)
            }
            #expect(error.description.contains(word))
            #expect(error.description.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 32 })
        }
        let mac = try TemporaryFolder().delimited("user,item\ru,i\rv,j\r", DelimitedFormat())
        #expect(mac.lines == ["u: i", "v: j"])
        let excel = try TemporaryFolder().delimited(
            "\u{FEFF}sep=;\r\nuser;item\r\nu;i", DelimitedFormat(delimiter: ";"))
        #expect(excel.lines == ["u: i"])
        #expect(
            try message("sep=;\nuser;item\nu;i\n", DelimitedFormat()).contains(
                "give --delimiter \";\""))
        #expect(
            try message("user,item\nu\u{0},i\n", DelimitedFormat()).contains(
                "events.csv:2: a byte that is zero in field 1"))
        #expect(
            try message("user,user,item\nu,v,i\n", DelimitedFormat()).contains(
                "both called \"user\""))
    }

    // A threshold is rounded as the ratings were.
    @Test func everyThreshold() throws {
        let stars = (1...50).map { "\($0 / 10).\($0 % 10)" }
        let text = stars.enumerated().map { "u,i\($0),\($1),1\n" }.joined()
        for (below, threshold) in stars.enumerated() {
            let dataset = try TemporaryFolder().amazon(
                ["A": text], filters: [try Filter(parsing: "min-rating:\(threshold)")])
            #expect(dataset.eventCount == 50 - below, "min-rating:\(threshold)")
        }
    }

    @Test func repeatsAreCountedByDomain() throws {
        // By hand: in A one of u's three later events repeats; in B none of two does.
        let dataset = try TemporaryFolder().amazon([
            "A": "u,a,1,1\nu,b,1,2\nu,a,1,3\nu,c,1,4\n", "B": "u,k,1,5\nu,l,1,6\n",
        ])
        let report = DatasetReport(dataset)
        #expect(report.domains.map(\.repeats) == [1, 0])
        let findings = report.findings.filter { $0.code == "repeated-items" }
        #expect(findings.map(\.severity) == [.warning])
        #expect(findings[0].message.hasPrefix("1 of 3 events of A"))
    }

    @Test func adviceCountsItsEffect() throws {
        let dataset = try TemporaryFolder().amazon([
            "A": "u,a,1,1\nu,a,1,1\nu,a,1,2\nv,b,1,2\n", "B": "u,a,1,5\nv,k,1,6\n",
        ])
        let findings = DatasetReport(dataset).findings
        func text(_ code: String) -> String { findings.first { $0.code == code }?.message ?? "" }
        #expect(text("duplicate-events").contains("removes such, and 1 later event with"))
        #expect(text("shared-items").hasSuffix("removes them with 4 of the 6 events"))
        // Users and items swapped in both files.
        let people = (0..<9).map { "b\($0),p\($0 % 5),1,\($0)\n" }.joined()
        let other = (0..<9).map { "f\($0),p\($0 % 5),1,\($0)\n" }.joined()
        let swapped = DatasetReport(try TemporaryFolder().amazon(["A": people, "B": other]))
            .findings
        #expect(swapped.contains { $0.code == "swapped-columns" })
        #expect(!swapped.contains { $0.message.contains("drop-shared-items") })
    }
}
