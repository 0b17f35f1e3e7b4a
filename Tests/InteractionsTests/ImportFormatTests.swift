import Foundation
import Interactions
import Testing

@Suite struct ImportFormatTests {
    @Test func amazon() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let dataset = try folder.amazon([
            "Food": "B,y,5.0,20\nA,x,3.5,10\n", "Kitchen": "A,z,1.0,10\nA,x,2.0,5\n",
        ])
        #expect(dataset.catalogs.map(\.name) == ["Food", "Kitchen"])
        // Sorted within the domain, Food before Kitchen; x of Food is not x of Kitchen.
        #expect(dataset.catalogs.map(\.externalIDs) == [["x", "y"], ["x", "z"]])
        #expect(dataset.lines == ["A: x z x", "B: y"])
        #expect(Array(dataset.items) == [3, 4, 1, 2])
        #expect(Array(dataset.times) == [5, 10, 10, 20].map { $0 * Dataset.ticksPerSecond })
        #expect(dataset.ratings.map(Array.init) == [2, 1, 3.5, 5])
        #expect(dataset.domain(of: ItemID(rawValue: 3)) == DomainID(rawValue: 1))
        #expect(dataset.itemRange(of: DomainID(rawValue: 1)) == 3...4)
        #expect(dataset.users.user(externalID: "B") == UserID(rawValue: 1))
        #expect(dataset.users.user(externalID: "C") == nil)
        #expect(dataset.user(ofEvent: 2) == UserID(rawValue: 0))
        #expect(
            dataset.event(at: 3)
                == Event(
                    user: UserID(rawValue: 1), item: ItemID(rawValue: 2),
                    time: 20 * Dataset.ticksPerSecond, rating: 5))
        try dataset.verify()
    }

    private let rule = CategoryRule([
        .init(domain: "drama", categories: ["Drama"]),
        .init(domain: "action", categories: ["Action", "Sci-Fi"]),
    ])

    @Test func movieLensDat() throws {
        let folder = try TemporaryFolder()
        // The title of 2 is Latin-1: 0xE9 is é.
        let movies =
            Array("1::One (1999)::Drama|Action\n2::Caf".utf8) + [0xE9]
            + Array("::Sci-Fi\n3::Three::Comedy\n".utf8)
        let source = ImportSource(
            events: try folder.file(
                "ratings.dat", "7::1::5::100\n7::2::4::90\n7::3::4::80\n8::2::3::70\n9::4::3::9\n"),
            items: try folder.file("movies.dat", bytes: movies))
        let manifest = try Importer.run(
            sources: [source], format: .movieLens, options: ImportOptions(categoryRule: rule),
            to: folder.dataset)
        let dataset = try Dataset.open(folder.dataset)
        #expect(dataset.catalogs.map(\.externalIDs) == [["1"], ["2"]])
        #expect(dataset.lines == ["7: 2 1", "8: 2"])
        #expect(dataset.title(of: ItemID(rawValue: 2)) == "Café")
        #expect(dataset.catalogs[0].categories == ["Drama|Action"])
        // Item 3 has no category of a domain, item 4 is not in the item file.
        #expect(manifest.sources.map(\.rowsOutsideDomains) == [0, 2])
        #expect(manifest.sources.map(\.rows) == [3, 3])
    }

    @Test func movieLensCSV() throws {
        let folder = try TemporaryFolder()
        let source = ImportSource(
            events: try folder.file(
                "ratings.csv",
                "userId,movieId,rating,timestamp\n1,10,4.5,964982703\n1,20,4,964982704\n"),
            items: try folder.file(
                "movies.csv",
                "movieId,title,genres\n10,\"Say \"\"Hi\"\", Bob\",Drama|Sci-Fi\n20,B,Sci-Fi\n"))
        var both = rule
        both.several = .drop
        both.none = .domain("rest")
        try Importer.run(
            sources: [source], format: .movieLens,
            options: ImportOptions(categoryRule: CategoryRule(rule.parts, several: .first)),
            to: folder.dataset)
        let dataset = try Dataset.open(folder.dataset)
        #expect(dataset.title(of: ItemID(rawValue: 1)) == "Say \"Hi\", Bob")
        #expect(both.domainNames == ["drama", "action", "rest"])
        #expect(both.domain(ofCategories: ["Drama", "Sci-Fi"]) == nil)
        #expect(both.domain(ofCategories: ["Comedy"]) == 2)
        #expect(rule.domain(ofCategories: ["Sci-Fi", "Drama"]) == 0)
        #expect(rule.domain(ofCategories: []) == nil)
    }

    @Test func categoryRuleText() throws {
        let parsed = try CategoryRule(parsing: "drama=Drama,Romance;rest=*", several: .drop)
        #expect(parsed.parts.map(\.domain) == ["drama", "rest"])
        #expect(parsed.none == .domain("rest"))
        #expect(parsed.domain(ofCategories: ["Comedy"]) == 1)
        #expect(throws: CategoryRuleError.repeated("a")) { try CategoryRule(parsing: "a=X;a=Y") }
        #expect(throws: CategoryRuleError.malformed("a")) { try CategoryRule(parsing: "a") }
    }

    @Test func recBole() throws {
        let folder = try TemporaryFolder()
        let source = ImportSource(
            events: try folder.file(
                "x.inter",
                "user_id:token\titem_id:token\trating:float\ttimestamp:float\r\n"
                    + "u\tToy Story (1995)\t5\t978300760\r\nu\tHeat\t3\t978300000\r\n"),
            items: try folder.file(
                "x.item",
                "item_id:token\tmovie_title:token\trelease_year:float\tgenre:token\r\n"
                    + "Toy Story (1995)\tToy Story\t1995\tDrama Children's\r\n"
                    + "Heat\tHeat\t1995\tAction\r\n"))
        try Importer.run(
            sources: [source], format: .recBole, options: ImportOptions(categoryRule: rule),
            to: folder.dataset)
        let dataset = try Dataset.open(folder.dataset)
        #expect(dataset.lines == ["u: Heat Toy Story (1995)"])
        #expect(dataset.title(of: ItemID(rawValue: 1)) == "Toy Story")
        #expect(dataset.catalogs[0].categories == ["Drama|Children's"])
        // Without a rule a file is a domain, and times and ratings may be missing.
        let plain = ImportSource(
            events: try folder.file("clicks.inter", "item_id:token\tuser_id:token\na\tv\n"))
        try Importer.run(
            sources: [plain], format: .recBole, options: ImportOptions(replace: true),
            to: folder.dataset)
        let clicks = try Dataset.open(folder.dataset)
        #expect(clicks.lines == ["v: a"])
        #expect(clicks.catalogs[0].name == "clicks")
        #expect(!clicks.hasTimes && !clicks.hasRatings)
    }

    @Test func namedColumns() throws {
        let text = #"""
            when,who,"the thing",shop,what
            2014-07-23T10:00:00Z,"a, ""b""",x,books,purchase
            2014-07-23T09:00:00Z,"a, ""b""",y,games,view
            2014-07-23T09:00:00.5Z,c,x,books,stare
            2014-07-23T09:00:00.25Z,c,y,games,
            2014-07-23T08:00:00Z,c,z,toys,view
            """#
        let format = DelimitedFormat(
            user: .name("who"), item: .name("the thing"), time: .name("when"),
            domain: .name("shop"), behaviour: .number(5))
        let dataset = try TemporaryFolder().delimited(
            text, format, options: ImportOptions(domainNames: ["games", "books"]))
        #expect(dataset.catalogs.map(\.name) == ["games", "books"])
        // Fractions of a second are kept.
        #expect(dataset.lines == ["a, \"b\": y x", "c: y x"])
        #expect(dataset.times[3] - dataset.times[2] == Dataset.ticksPerSecond / 4)
        let behaviours = (0..<4).map { dataset.event(at: $0).behaviour }
        #expect(behaviours == [.view, .buy, nil, .other])
        #expect(dataset.manifest.sources.map(\.rowsOutsideDomains) == [1])
    }

    @Test func domainsInOrderOfAppearance() throws {
        let format = DelimitedFormat(
            delimiter: ";", hasHeader: false, user: .number(2), item: .number(1),
            domain: .number(3))
        let dataset = try TemporaryFolder().delimited("x;u;two\ny;u;one\nx;v;one\n", format)
        #expect(dataset.catalogs.map(\.name) == ["two", "one"])
        #expect(dataset.catalogs.map(\.externalIDs) == [["x"], ["x", "y"]])
    }

    @Test func sequences() throws {
        let folder = try TemporaryFolder()
        let source = ImportSource(
            events: try folder.file("sequences.txt", "1 3|20 1|10\n0 2|5 4|5 2|6\n"),
            items: try folder.file(
                "items.json",
                #"{"zz": [1, 0], "aa": [2, 0], "qq": [3, 1], "bb": [4, 1], "n": [5, 1]}"#),
            users: try folder.file("users.json", #"{"ann": 1, "zoe": 0}"#))
        try Importer.run(sources: [source], format: .sequences, to: folder.dataset)
        let dataset = try Dataset.open(folder.dataset)
        // Users in the file's order, items by their given ids, with the one that has no event.
        #expect(dataset.lines == ["ann: zz qq", "zoe: aa bb aa"])
        #expect(dataset.catalogs.map(\.externalIDs) == [["zz", "aa"], ["qq", "bb", "n"]])
        #expect(dataset.catalogs.map(\.name) == ["domain-0", "domain-1"])
        #expect(Array(dataset.items) == [1, 3, 2, 4, 2])
        #expect(dataset.users.user(externalID: "zoe") == UserID(rawValue: 1))
        #expect(dataset.manifest.reorderedUsers == 1)
        // With a filter, items are numbered anew without the unused one.
        try Importer.run(
            sources: [source], format: .sequences,
            options: ImportOptions(
                filters: [.minItemEvents(1)], domainNames: ["food", "kitchen"], replace: true),
            to: folder.dataset)
        let filtered = try Dataset.open(folder.dataset)
        #expect(filtered.catalogs.map(\.externalIDs) == [["zz", "aa"], ["qq", "bb"]])
        #expect(filtered.catalogs.map(\.name) == ["food", "kitchen"])
    }

    @Test(arguments: [
        (#"{"ann": -5}"#, "user \"ann\": -5 is taken, or not from 0 to 100000000"),
        (#"{"ann": 9223372036854775807}"#, "9223372036854775807 is taken, or not from 0"),
        (#"{"ann": 123456789012}"#, "123456789012 is taken, or not from 0"),
    ])
    func sequencesRefuseUserNumbersOutOfRange(users: String, reason: String) throws {
        let folder = try TemporaryFolder()
        let source = ImportSource(
            events: try folder.file("s.txt", "0 1|1\n"),
            items: try folder.file("items.json", #"{"a": [1, 0]}"#),
            users: try folder.file("users.json", users))
        let error = try #require(throws: ImportError.self) {
            try Importer.run(sources: [source], format: .sequences, to: folder.dataset)
        }
        #expect(error.description.contains(reason), "\(error)")
    }

    @Test func domainsOfOneNameAreNotJoinedByChance() throws {
        let folder = try TemporaryFolder()
        let sequences = ImportSource(
            events: try folder.file("s.txt", "0 1|1 2|2\n"),
            items: try folder.file("items.json", #"{"a": [1, 0], "b": [2, 1]}"#))
        #expect(throws: ImportError.self) {
            try Importer.run(
                sources: [sequences], format: .sequences,
                options: ImportOptions(domainNames: ["a", "a"]), to: folder.dataset)
        }
        let files = try ["books", "films"].map { name in
            let directory = folder.url.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            return ImportSource(events: try folder.file("\(name)/ratings.csv", "u,10,5.0,1\n"))
        }
        let error = try #require(throws: ImportError.self) {
            try Importer.run(sources: files, format: .amazonRatings, to: folder.dataset)
        }
        #expect(error.description.contains("two files are called ratings; name the domains"))
        #expect(!FileManager.default.fileExists(atPath: folder.dataset.path))
        // Names that are given may join them.
        try Importer.run(
            sources: files, format: .amazonRatings,
            options: ImportOptions(domainNames: ["a", "a"]), to: folder.dataset)
        #expect(try Dataset.open(folder.dataset).catalogs.count == 1)
    }

    @Test func sequencesRefuseUnknownIDs() throws {
        let folder = try TemporaryFolder()
        let items = try folder.file("items.json", #"{"a": [1, 0], "b": [2, 1]}"#)
        for line in ["u 3|1", "u 1|x", "u", "u 1|1 2", "u 0|1"] {
            let events = try folder.file("s.txt", "v 1|1 2|2\n\(line)\n")
            let error = try #require(throws: ImportError.self) {
                try Importer.run(
                    sources: [ImportSource(events: events, items: items)], format: .sequences,
                    to: folder.dataset)
            }
            #expect(error.description.contains("s.txt:2: "))
        }
    }
}
