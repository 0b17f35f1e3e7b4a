import Foundation
import Testing

/// `import` and `describe`.
struct ImportTests {
    /// Enough lines that an import of them can be met at work.
    private static let big: String = {
        let lines = (0..<1000).map { "u\($0),i\($0 % 977),\($0)\n" }.joined()
        return "user,item,time\n" + String(repeating: lines, count: 400)
    }()

    @Test func importsAndDescribes() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        // 24 people × 6 events in each domain, over the 12 items of the ring.
        let text = try workspace.succeed("describe", "data").text
        #expect(text.hasPrefix("288 events, 24 users, 24 items, checksum xxh64:"))

        struct Report: Decodable {
            struct Domain: Decodable {
                let name: String
                let items: Int
                let events: Int
            }
            let domains: [Domain]
            let users: Int
        }
        let json = Data(try workspace.succeed("describe", "data", "--json").text.utf8)
        let report = try JSONDecoder().decode(Report.self, from: json)
        #expect(report.users == 24)
        #expect(report.domains.map(\.name) == ["book", "film"])
        #expect(report.domains.map(\.items) == [12, 12])
        #expect(report.domains.map(\.events) == [144, 144])
    }

    /// What names hold steers no terminal, also not one that shows a file or the end of a pipe later.
    @Test func controlCharactersOfStrangersAreNotPrinted() throws {
        let workspace = try Workspace()
        let name = "a\u{1B}[31m\u{9B}31mb\u{7F}"
        try workspace.write(
            "user,item,shop\nu,i,\(name)\nu,j,\(name)\nv,i,\(name)\n", to: "log.csv")
        let columns = "user=user,item=item,domain=shop"
        var texts: [String] = []
        for call in [
            ["import", "csv", "log.csv", "--columns", columns, "--output", "data"],
            [
                "import", "csv", "log.csv", "--columns", columns, "--output", "no", "--domains",
                name + "x",
            ],
            ["describe", "data"], ["describe", "data", "--json"],
        ] {
            let output = try Tool.run(call, in: workspace.url)
            texts.append(output.text + output.errors)
        }
        for text in texts {
            #expect(text.contains("[31m") && text.contains("31mb"))
            #expect(
                !text.unicodeScalars.contains {
                    $0.properties.generalCategory == .control && $0 != "\n"
                }, "\(text)")
        }
        // Programs get what the name is.
        struct Report: Decodable {
            struct Domain: Decodable { let name: String }
            let domains: [Domain]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(texts[3].utf8))
        #expect(report.domains.map(\.name) == [name])
    }

    @Test func filesWithoutAHeaderAreDomains() throws {
        let workspace = try Workspace()
        try workspace.write("1\t7\t4\n1\t8\t5\n2\t7\t3\n", to: "book.tsv")
        try workspace.write("1\t7\t4\n2\t9\t2\n", to: "music.tsv")
        let text = try workspace.succeed(
            "import", "csv", "book.tsv", "music.tsv", "--delimiter", "tab",
            "--columns", "user=1,item=2,rating=3", "--domains", "book,music", "--output", "data"
        ).text
        #expect(text.contains("book.tsv: 3 rows\nmusic.tsv: 2 rows\n"))
        #expect(text.contains("after") == false)
        #expect(try workspace.succeed("describe", "data").text.hasPrefix("5 events, 2 users, 4 "))
    }

    @Test func genresMakeDomainsAndCountWhatIsOutside() throws {
        let workspace = try Workspace()
        try workspace.write(
            "user_id:token\titem_id:token\ttimestamp:float\n"
                + "a\t1\t1\na\t2\t2\na\t3\t3\na\t4\t4\nb\t1\t5\nb\t2\t6\n", to: "x.inter")
        try workspace.write(
            "item_id:token\tgenre:token_seq\n1\tAction\n2\tDrama\n3\tAction Drama\n4\tWestern\n",
            to: "x.item")
        func rows(_ extra: [String]) throws -> String {
            let output = try Tool.run(
                [
                    "import", "recbole", "x.inter", "--items", "x.item",
                    "--genres", "action=Action|Sci-Fi", "--genres", "drama=Drama",
                    "--output", "data", "--replace",
                ] + extra, in: workspace.url)
            try #require(output.code == 0, "\(output.errors)")
            return output.text
        }
        // Item 4 is of no domain; item 3 is of both, and goes to the first or is dropped.
        #expect(try rows([]).contains("x.inter: 5 rows, times in seconds, 1 of items in no domain"))
        #expect(
            try rows(["--shared-genres", "drop"]).contains(
                "4 rows, times in seconds, 2 of items in no domain"))
        #expect(
            try rows(["--filter", "min-item-events:2"])
                .contains("after min-item-events:2: 4 events, 2 users, 2 items"))
    }

    @Test func badLinesFailOrAreCounted() throws {
        let workspace = try Workspace()
        try workspace.write("user,item\na,1\nb\nb,2\n", to: "x.csv")
        let failed = try workspace.run("import", "csv", "x.csv", "--output", "data")
        #expect(failed.code == 1)
        #expect(failed.errorLines.count == 1)
        #expect(failed.errors.hasPrefix("isthmus: "))
        #expect(failed.errors.contains("x.csv:3: "))
        #expect(try workspace.names == ["x.csv"])
        let skipped = try workspace.succeed(
            "import", "csv", "x.csv", "--output", "data", "--on-bad-line", "skip:1")
        #expect(skipped.text.contains("1 malformed line skipped"))
    }

    @Test func existingDatasetIsReplacedOnlyOnDemand() throws {
        let workspace = try Workspace()
        try workspace.importTiny()
        let before = try workspace.data("data/dataset.json")
        try workspace.write("user,item\na,1\nb,2\n", to: "x.csv")
        let refused = try workspace.run("import", "csv", "x.csv", "--output", "data")
        #expect(refused.code == 1)
        #expect(refused.errorLines.count == 1)
        #expect(try workspace.data("data/dataset.json") == before)
        try workspace.succeed("import", "csv", "x.csv", "--output", "data", "--replace")
        #expect(try workspace.data("data/dataset.json") != before)
    }

    @Test func unknownColumnNamesTheNearest() throws {
        let workspace = try Workspace()
        try workspace.write("user,item\na,1\n", to: "x.csv")
        let output = try workspace.run(
            "import", "csv", "x.csv", "--columns", "user=usr,item=item", "--output", "data")
        #expect(output.code == 1)
        #expect(output.errors.contains("did you mean \"user\"?"))
    }

    @Test func killedImportLeavesNothingUnderTheName() throws {
        let workspace = try Workspace()
        try workspace.write(Self.big, to: "big.csv")
        let running = try Tool.start(
            [
                "import", "csv", "big.csv", "--columns", "user=user,item=item,time=time",
                "--output", "data",
            ], in: workspace.url)
        // The working directory appears first; the import is then in the middle of the file.
        while try !workspace.names.contains(where: { $0.hasPrefix("data.tmp-") }) {
            try #require(running.process.isRunning, "the import ended before it could be killed")
            usleep(1000)
        }
        kill(running.process.processIdentifier, SIGKILL)
        #expect(try running.output().code == SIGKILL)
        #expect(!workspace.exists("data"))
        // The next import clears what the killed one left.
        try workspace.write("user,item\na,1\nb,2\n", to: "x.csv")
        try workspace.succeed("import", "csv", "x.csv", "--output", "data")
        #expect(try workspace.names == ["big.csv", "data", "x.csv"])
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func stoppedImportLeavesNothing(_ number: Int32) throws {
        let workspace = try Workspace()
        try workspace.write(Self.big, to: "big.csv")
        try workspace.write("user,item\na,1\nb,2\n", to: "x.csv")
        try workspace.succeed("import", "csv", "x.csv", "--output", "data")
        let before = try workspace.data("data/dataset.json")
        let running = try Tool.start(
            [
                "import", "csv", "big.csv", "--columns", "user=user,item=item,time=time",
                "--output", "data", "--replace",
            ], in: workspace.url)
        while try !workspace.names.contains(where: { $0.hasPrefix("data.tmp-") }) {
            try #require(running.process.isRunning, "the import ended before it could be stopped")
            usleep(1000)
        }
        kill(running.process.processIdentifier, number)
        let output = try running.output()
        #expect(
            output.code == number
                && output.errors.contains("was not made whole, so nothing of it is kept"))
        #expect(try workspace.names == ["big.csv", "data", "x.csv"])
        #expect(try workspace.data("data/dataset.json") == before)
    }

    @Test func wordsNameWhatToDo() throws {
        let workspace = try Workspace()
        try workspace.write(
            "user,item,when,note\na,1,1600000000,x\na,2,1600000001,x\nb,2\n", to: "x.csv")
        func errors(_ arguments: String...) throws -> String {
            let output = try Tool.run(["import", "csv", "x.csv"] + arguments, in: workspace.url)
            #expect(output.code != 0)
            return output.errors
        }
        #expect(try errors("--domains", "a,", "--output", "d").contains("is empty"))
        let text = try workspace.succeed(
            "import", "csv", "x.csv", "--on-bad-line", "skip:1", "--output", "d"
        ).text
        #expect(text.contains("  skipped line 4: expected 4 fields, got 2\n"))
        #expect(text.contains("--columns …,time=when"))
        #expect(text.contains("  columns that are not read: \"when\", \"note\"\n"))
        #expect(try errors("--output", "d").contains("--replace replaces it"))
    }

    @Test func describeRefusesWhatIsNoDataset() throws {
        let workspace = try Workspace()
        for name in [".", "missing"] {
            let output = try workspace.run("describe", name)
            #expect(output.code == 1)
            #expect(output.errorLines.count == 1)
        }
    }
}
