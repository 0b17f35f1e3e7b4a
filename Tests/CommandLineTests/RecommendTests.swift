import Foundation
import Testing

/// `recommend` and `models`.
struct RecommendTests {
    /// The contract's shape, and beside it what standard error says in words.
    struct Answer: Decodable {
        struct Item: Decodable, Equatable {
            let item: String
            let title: String?
            let score: Double
        }
        let domain: String
        let items: [Item]
        let fallback: Bool
        let unknown: [String]
    }

    private func answer(_ output: Tool.Output) throws -> Answer {
        try #require(output.code == 0, "\(output.errors)")
        let data = Data(output.text.utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object.keys.sorted() == ["domain", "fallback", "items", "unknown"])
        let items = try #require(object["items"] as? [[String: Any]])
        #expect(items.allSatisfy { $0.keys.sorted() == ["item", "score", "title"] })
        return try JSONDecoder().decode(Answer.self, from: data)
    }

    @Test func runAloneRecommends() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.abxi)
        try FileManager.default.removeItem(at: workspace.path("data"))
        let output = try workspace.run(
            "recommend", "run", "--domain", "film", "--history", "book:b1,film:f1",
            "--history", "book:b2,film:f2", "--count", "4", "--json")
        let answer = try answer(output)
        #expect(output.errors.isEmpty)
        #expect(answer.domain == "film")
        #expect(answer.items.count == 4)
        #expect(Set(answer.items.map(\.item)).isDisjoint(with: ["f1", "f2"]))
        #expect(answer.items.map(\.score) == answer.items.map(\.score).sorted(by: >))
        #expect(answer.items.allSatisfy { $0.title == "Film \($0.item.dropFirst())" })
    }

    @Test func historyOfTheOtherDomainIsEnough() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.abxi)
        let output = try workspace.run(
            "recommend", "run", "--domain", "film", "--history", "book:b3,book:b4", "--json")
        #expect(try answer(output).items.count == 10)
        #expect(output.errors.isEmpty)
    }

    @Test func unknownItemsAreNamedAndSkipped() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.sasrec)
        let known = try workspace.run(
            "recommend", "run", "--domain", "book", "--history", "book:b3", "--json")
        let both = try workspace.run(
            "recommend", "run", "--domain", "book", "--history", "book:b3,book:b99", "--json")
        #expect(both.errors == "isthmus: unknown item book:b99, left out\n")
        #expect(try answer(both).items == answer(known).items)
        #expect(try answer(both).unknown == ["book:b99"] && answer(known).unknown.isEmpty)
    }

    @Test func commaInAnItemIsEscaped() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity)
        let output = try workspace.run(
            "recommend", "run", "--domain", "book", "--history", "book:Good\\, bad: x,book:b1",
            "--json")
        #expect(output.errors.contains("unknown item book:Good, bad: x, left out\n"))
        #expect(output.errorLines.count == 1)
        #expect(try answer(output).items.count == 10)
    }

    @Test func colonInADomainIsEscaped() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity)
        let output = try workspace.run(
            "recommend", "run", "--domain", "book", "--history", "book\\:s:b1")
        #expect(output.code == 1)
        #expect(output.errors.contains("unknown domain book:s; did you mean book?"))
        let malformed = try workspace.run(
            "recommend", "run", "--domain", "book", "--history", "book:b1,")
        #expect(malformed.code == 2)
    }

    @Test func nothingKnownGivesPopularItemsAndSaysSo() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.sasrec)
        let output = try workspace.run(
            "recommend", "run", "--domain", "book", "--history", "book:b99", "--json")
        let answer = try answer(output)
        #expect(output.errors.contains("these are the most popular items"))
        #expect(answer.items.count == 10 && answer.fallback && answer.unknown == ["book:b99"])
        // 144 events less 24 last books that are held out for validation; scores are counts.
        #expect(answer.items.allSatisfy { $0.score == $0.score.rounded() && $0.score <= 12 })
    }

    @Test func userOfTheDatasetWithAndWithoutADomain() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.abxi)
        let text = try workspace.succeed(
            "recommend", "run", "--domain", "film", "--user", "u3", "--data", "data"
        ).text
        #expect(text.hasPrefix("book: 6 events, the latest\n    Book, 3\n    Book, 4\n"))
        #expect(text.contains("recommended in film"))
        let full = try answer(
            try workspace.run(
                "recommend", "run", "--domain", "film", "--user", "u3", "--data", "data",
                "--json"))
        // Films 3 to 8 are in the history, six others are left.
        #expect(Set(full.items.map(\.item)) == ["f9", "f10", "f11", "f0", "f1", "f2"])
        let hidden = try answer(
            try workspace.run(
                "recommend", "run", "--domain", "film", "--user", "u3", "--data", "data",
                "--hide", "film", "--count", "12", "--json"))
        #expect(hidden.items.count == 12)
        let typed = try answer(
            try workspace.run(
                "recommend", "run", "--domain", "film", "--history",
                "book:b3,book:b4,book:b5,book:b6,book:b7,book:b8,film:f1", "--hide", "film",
                "--count", "12", "--json"))
        #expect(typed.items.map(\.item) == hidden.items.map(\.item))
    }

    @Test func fewerThanAskedForAreSaid() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity)
        let call = [
            "recommend", "run", "--domain", "film", "--history", "film:f1,film:f2", "--count",
        ]
        let few = try Tool.run(call + ["11"], in: workspace.url)
        #expect(few.code == 0 && few.text.contains("recommended in film, all 10 that are left\n"))
        let enough = try Tool.run(call + ["10"], in: workspace.url)
        #expect(enough.code == 0 && !enough.text.contains("that are left"))
    }

    @Test func seenItemsComeBackOnlyWhereAskedFor() throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.sasrec)
        let all = (0..<12).map { "film:f\($0)" }.joined(separator: ",")
        let none = try workspace.run(
            "recommend", "run", "--domain", "film", "--history", all, "--json")
        #expect(try answer(none).items.isEmpty)
        #expect(
            none.errors
                == "isthmus: nothing is left to recommend: the person had all 12 items of film; "
                + "--include-seen recommends them again\n")
        let seen = try workspace.run(
            "recommend", "run", "--domain", "film", "--history", all, "--include-seen", "--count",
            "12", "--json")
        #expect(try answer(seen).items.count == 12)
        #expect(seen.errors.isEmpty)
    }

    /// Arguments after the run, and what standard error must contain.
    @Test(arguments: [
        (["--domain", "films", "--history", "book:b1"], "did you mean film?"),
        (["--domain", "film", "--history", "boook:b1"], "did you mean book?"),
        (["--domain", "film", "--history", "book:b1", "--hide", "filn"], "did you mean film?"),
        (
            ["--domain", "film", "--user", "u1", "--data", "data", "--hide", "filn"],
            "did you mean film?"
        ),
        (["--domain", "film", "--user", "nobody", "--data", "data"], "no user nobody"),
        (["--domain", "film", "--user", "u1", "--data", "nowhere"], "nowhere"),
    ])
    func wrongRequestIsNamed(_ arguments: [String], _ hint: String) throws {
        let workspace = try Workspace()
        try workspace.trainTiny(.popularity)
        let output = try Tool.run(["recommend", "run"] + arguments, in: workspace.url)
        #expect(output.code == 1)
        #expect(output.text.isEmpty)
        #expect(output.errorLines.count == 1)
        #expect(output.errors.contains(hint), "\(output.errors)")
    }

    @Test func modelsAreListedWithPapersAndDefaults() throws {
        let workspace = try Workspace()
        let names = try workspace.succeed("models").text.split(separator: "\n")
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        let json = try workspace.succeed("models", "--json").text
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: [String: Any]])
        #expect(names == object.keys.sorted())
        #expect(names.contains("abxi") && names.contains("sasrec"))
        #expect(object.values.allSatisfy { $0["paper"] is String })
        let sasrec = try #require(object["sasrec"]?["parameters"] as? [String: Any])
        #expect(sasrec["embeddingSize"] as? Int == 64)
        #expect(sasrec["scope"] as? String == "mixed")
    }
}
