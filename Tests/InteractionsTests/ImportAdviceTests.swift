import Foundation
import Interactions
import Testing

/// What an import says of files that are written in another way than it was told.
@Suite struct ImportAdviceTests {
    private func message(_ name: String, _ text: String, _ format: ImportFormat) throws -> String {
        let folder = try TemporaryFolder()
        let file = try folder.file(name, text)
        let error = try #require(throws: ImportError.self) {
            try Importer.run(
                sources: [ImportSource(events: file)], format: format, to: folder.dataset)
        }
        return error.description
    }

    @Test(arguments: [(",", "commas"), (" ", "spaces"), (";", "semicolons")])
    func recBoleWithoutTabs(separator: String, words: String) throws {
        let text = "user_id:token\(separator)item_id:token\nu\(separator)i\n"
        #expect(
            try message("x.inter", text, .recBole).hasSuffix(
                "x.inter:1: fields are separated by \(words), not by tabs; this format has tabs"))
    }

    @Test(arguments: [
        (";", "semicolons", "semicolon"), ("\t", "tabs", "tab"), ("|", "vertical bars", "pipe"),
    ])
    func delimitersAreNamed(separator: String, words: String, name: String) throws {
        let text = "user\(separator)item\nu\(separator)i\n"
        #expect(
            try message("x.csv", text, .delimited(DelimitedFormat())).hasSuffix(
                "fields are separated by \(words), not by commas; give --delimiter \(name)"))
        let numbers = DelimitedFormat(hasHeader: false, user: .number(1), item: .number(2))
        #expect(
            try message("x.csv", "u\(separator)i\n", .delimited(numbers)).contains(
                "give --delimiter \(name)"))
    }

    // Nothing is guessed where no separator gives what is wanted.
    @Test func otherColumnsAreNotASeparator() throws {
        let text = try message("x.csv", "user;itm\nu;i\n", .delimited(DelimitedFormat()))
        #expect(text.contains("no column \"user\""))
    }

    @Test func listsAreNoIds() throws {
        let text = "user_id:token\titem_id:token_seq\nu\t1 2 3\n"
        #expect(
            try message("x.inter", text, .recBole).hasSuffix(
                "x.inter:1: item_id is a list (token_seq); a line must have one item_id, of the type "
                    + "token"))
    }

    @Test func aColumnHasOneRole() throws {
        let format = DelimitedFormat(user: .name("user"), item: .number(1))
        #expect(
            try message("x.csv", "user,item\nu,i\n", .delimited(format)).hasSuffix(
                "column 1 is given for the user and for the item"))
    }

    // Spaces at either end of a time and of a rating are no part of it, in every form.
    @Test(arguments: ["880000000", "880000000.5", "1997-11-20T04:26:40Z", "880000000000"])
    func spacesAroundNumbers(time: String) throws {
        let lines = ["\(time)", " \(time)", "\(time) ", " \(time) "].map { "u,i,\($0), 4 \n" }
        let dataset = try TemporaryFolder().delimited(
            "user,item,time,rating\n" + lines.joined(),
            DelimitedFormat(time: .name("time"), rating: .name("rating")))
        #expect(dataset.eventCount == 4 && Set(dataset.times).count == 1)
    }

    @Test func earlyTimes() throws {
        let dataset = try TemporaryFolder().amazon(["A": "u,i,1,44000\nu,j,1,44001\n"])
        let notes = dataset.manifest.notes.filter { $0.code == "early-times" }
        #expect(notes.count == 1)
        let found = DatasetReport(dataset).findings.filter { $0.code == "early-times" }
        #expect(found.map(\.message) == notes.map(\.text))
    }

    @Test func domainsWithoutACommonUser() throws {
        let times = 1_300_000_000
        let dataset = try TemporaryFolder().amazon([
            "A": "u,a,1,\(times)\n", "B": "v,b,1,\(times)\n", "C": "u,c,1,\(times)\n",
        ])
        #expect(
            dataset.manifest.notes.map(\.text) == [
                "A and B, B and C share no user; nothing can be learned across them"
            ])
        let found = DatasetReport(dataset).findings.filter { $0.code == "no-shared-users" }
        #expect(found.count == 2)
    }

    @Test func controlAndDirectionCharacters() throws {
        let dataset = try TemporaryFolder().delimited(
            "user,item\na\u{1B},i\nb\u{202E}c,i\nd ,i\n", DelimitedFormat())
        let notes = dataset.manifest.notes
        #expect(notes.map(\.code) == ["control-ids", "padded-ids"])
        #expect(notes[0].text.hasPrefix("2 ids (user) with control or direction characters"))
        #expect(notes[1].text.hasPrefix("1 id (user) with a space at an end"))
        let codes = DatasetReport(dataset).findings.map(\.code)
        #expect(codes.contains("control-ids") && !codes.contains("suspicious-ids"))
    }

    @Test(arguments: [
        (["drama"], "domain a: no item has the genre \"drama\"; did you mean \"Drama\"?"),
        (
            ["Western", "Noir"],
            "domain a: no item has the genre \"Western\" or \"Noir\"; the items' genres are Action, Drama"
        ),
    ])
    func unknownGenres(genres: [String], expected: String) throws {
        let folder = try TemporaryFolder()
        let events = try folder.file("x.inter", "user_id:token\titem_id:token\nu\t1\nu\t2\n")
        let items = try folder.file(
            "x.item", "item_id:token\tgenre:token_seq\n1\tAction\n2\tDrama Action\n")
        let rule = CategoryRule([CategoryRule.Part(domain: "a", categories: genres)])
        let error = try #require(throws: ImportError.self) {
            try Importer.run(
                sources: [ImportSource(events: events, items: items)], format: .recBole,
                options: ImportOptions(categoryRule: rule), to: folder.dataset)
        }
        #expect(error.description == expected)
    }

    @Test func threeEventsAreTooFewForSequences() throws {
        let three = DatasetReport(try memoryDataset([[1, 2, 3], [4, 5, 6]])).findings
        let found = three.first { $0.code == "short-histories" }
        #expect(found?.message.hasSuffix("four in all") == true)
        let four = DatasetReport(try memoryDataset([[1, 2, 3, 4], [4, 5, 6, 7]])).findings
        #expect(!four.contains { $0.code == "short-histories" })
    }

    /// A shop that logs days beside one that logs seconds: the days' events come first on each day.
    @Test func timesOfTwoKindsAreNamed() throws {
        func findings(_ books: String) throws -> [String] {
            let folder = try TemporaryFolder()
            let shop = try folder.file(
                "shop.csv", "user,item,time\nu,a,2024-05-01 10:00\nu,b,2024-05-02 11:30\n")
            let other = try folder.file("books.csv", "user,item,time\n" + books)
            try Importer.run(
                sources: [
                    ImportSource(events: shop, domain: "shop"),
                    ImportSource(events: other, domain: "books"),
                ], format: .delimited(DelimitedFormat(time: .name("time"))), to: folder.dataset)
            let dataset = try Dataset.open(folder.dataset)
            return DatasetReport(dataset).findings.filter { $0.code == "times-of-two-kinds" }
                .map(\.message)
        }
        let found = try findings("u,k,2024-05-01\nu,l,2024-05-03\n")
        #expect(
            found.count == 1 && found[0].hasPrefix("times of books are days, those of shop finer"))
        #expect(try findings("u,k,2024-05-01 00:00\nu,l,2024-05-03 09:00\n").isEmpty)
        #expect(try findings("u,k,2024-05-01\nu,l,2024-05-01\n").isEmpty)
    }

    /// A file's own words stand in a message without what would break its line or a terminal would obey.
    @Test func wordsOfAFileDoNotBreakTheLine() throws {
        let folder = try TemporaryFolder()
        let events = try folder.file("e.csv", "user,item,ti\u{0C}me\nu,i,1\n")
        let error = try #require(throws: ImportError.self) {
            try Importer.run(
                sources: [ImportSource(events: events)],
                format: .delimited(DelimitedFormat(time: .name("time"))), to: folder.dataset)
        }
        #expect(error.description.contains("\"ti\\u{c}me\""), "\(error)")
        #expect(!error.description.contains { $0.isNewline })
    }
}
