import Foundation
import Interactions
import Testing

@Suite struct FilterTextTests {
    @Test(arguments: [
        "drop-shared-items", "overlapping-users", "k-core:5", "min-item-events:10",
        "min-user-events:5", "min-user-events-per-domain:5", "last-events:50",
        "unique-items:first", "unique-items:last", "min-rating:4", "min-rating:3.5",
        "top-items:100",
    ])
    func roundTrips(text: String) throws {
        let filter = try Filter(parsing: text)
        #expect(filter.description == text)
        let data = try JSONEncoder().encode([filter])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Filter].self, from: data) == [filter])
    }

    @Test func namesTheNearest() {
        #expect(throws: FilterError.unknownName("kcore", nearest: "k-core")) {
            try Filter(parsing: "kcore:5")
        }
        #expect(throws: FilterError.unknownName("whatever", nearest: nil)) {
            try Filter(parsing: "whatever")
        }
        for text in [
            "k-core", "k-core:0", "k-core:x", "overlapping-users:1", "unique-items:middle",
            "min-rating:nan",
        ] {
            #expect(throws: FilterError.self) { try Filter(parsing: text) }
        }
    }
}

@Suite struct FilterTests {
    private static let first = """
        u1,a1,5.0,1
        u1,a2,4.0,3
        u1,s,5.0,2
        u2,a1,1.0,5
        u2,a2,2.0,6
        u3,a1,3.0,1
        u4,a1,4.0,2
        u4,a3,5.0,4
        """
    private static let second = """
        u1,b1,5.0,2
        u1,b2,5.0,4
        u2,b1,3.0,1
        u2,b2,4.0,7
        u2,b1,5.0,8
        u4,b1,1.0,3
        u4,s,2.0,5
        """

    private func filtered(_ filters: String...) throws -> Dataset {
        try TemporaryFolder().amazon(
            ["A": Self.first, "B": Self.second],
            filters: try filters.map { try Filter(parsing: $0) })
    }

    // The ABXI authors' steps, with 2, 4 and 2 for 10, 50 and 5, worked out by hand:
    // 15 events, 4 users, items a1 a2 a3 s | b1 b2 s. Dropping s leaves 13 events; u3 has no event
    // in B: 12; a3 has one event: 11; u2's first of five goes: 10; u4 has one event in A: 8.
    @Test func abxiPipeline() throws {
        let dataset = try filtered(
            "drop-shared-items", "overlapping-users", "min-item-events:2", "last-events:4",
            "min-user-events-per-domain:2")
        #expect(dataset.manifest.filters.map(\.events) == [13, 12, 11, 10, 8])
        #expect(dataset.manifest.filters.map(\.users) == [4, 3, 3, 3, 2])
        #expect(dataset.manifest.filters.map(\.items) == [5, 5, 4, 4, 4])
        #expect(dataset.lines == ["u1: a1 b1 a2 b2", "u2: a1 a2 b2 b1"])
        #expect(Array(dataset.items) == [1, 3, 2, 4, 1, 2, 4, 3])
        #expect(Array(dataset.times) == (1...8).map { $0 * Dataset.ticksPerSecond })
        let domains = dataset.manifest.domains
        #expect(domains.map(\.items) == [2, 2])
        #expect(domains.map(\.users) == [2, 2])
        #expect(domains.map(\.events) == [4, 4])
    }

    // s has one event in each domain and is in A's catalog and in B's: two items.
    @Test func sharedItems() throws {
        #expect(try filtered().itemCount == 7)
        let dataset = try filtered("drop-shared-items")
        #expect(dataset.catalogs.map(\.externalIDs) == [["a1", "a2", "a3"], ["b1", "b2"]])
    }

    // 3-core by hand: a3, s, s, b2 (2) and a2 (2) go, leaving a1 4 and b1 4 events, and
    // u1 2, u2 3, u3 1, u4 2; u1, u3, u4 go; then a1 has one event and b1 two: nothing is left.
    // 2-core: a3, s, s go first and u3; then u1 4, u2 5, u4 2; items a1 3, a2 2, b1 4, b2 2.
    @Test func kCore() throws {
        let dataset = try filtered("k-core:2")
        #expect(dataset.lines == ["u1: a1 b1 a2 b2", "u2: b1 a1 a2 b2 b1", "u4: a1 b1"])
        #expect(
            throws: ImportError.emptyDomain(name: "A", after: .kCore(3))
        ) { try filtered("k-core:3") }
    }

    @Test func onceOnly() throws {
        // a3 and both s go; nothing else is looked at again.
        #expect(try filtered("min-item-events:2").eventCount == 12)
        // u3 has one event.
        #expect(try filtered("min-user-events:2").eventCount == 14)
        #expect(try filtered("min-user-events:5").lines.count == 2)
        // u1 has 3 in A and 2 in B, u2 2 and 3, u4 2 and 2, u3 1 and 0.
        #expect(try filtered("min-user-events-per-domain:2").userCount == 3)
        #expect(try filtered("overlapping-users").userCount == 3)
    }

    @Test func lastAndUnique() throws {
        #expect(
            try filtered("last-events:2").lines
                == ["u1: a2 b2", "u2: b2 b1", "u3: a1", "u4: a3 s"])
        #expect(try filtered("unique-items:first").lines[1] == "u2: b1 a1 a2 b2")
        #expect(try filtered("unique-items:last").lines[1] == "u2: a1 a2 b2 b1")
    }

    @Test func ratingsAndTopItems() throws {
        let rated = try filtered("min-rating:4")
        #expect(rated.lines == ["u1: a1 b1 s a2 b2", "u2: b2 b1", "u4: a1 a3"])
        // A: a1 4, a2 2, a3 1, s 1 events; B: b1 4, b2 2, s 1.
        #expect(
            try filtered("top-items:3").catalogs.map(\.externalIDs)
                == [["a1", "a2", "a3"], ["b1", "b2", "s"]])
        let folder = try TemporaryFolder()
        let format = DelimitedFormat(hasHeader: false, user: .number(1), item: .number(2))
        #expect(throws: ImportError.filterNeeds(filter: .minRating(4), what: "ratings")) {
            try folder.delimited("u,i\n", format, options: ImportOptions(filters: [.minRating(4)]))
        }
    }

    // The filters that keep events by a property must agree with plain Swift on random events.
    @Test func agreesWithPlainSwift() throws {
        var stream = RandomStream(seed: 11, name: "filter")
        var rows: [(user: Int, item: Int, time: Int)] = []
        for _ in 0..<300 {
            rows.append(
                (
                    stream.uniform(below: 1 + stream.uniform(below: 40)),
                    stream.uniform(below: 1 + stream.uniform(below: 40)),
                    1 + stream.uniform(below: 40)
                ))
        }
        let text = rows.map { "u\($0.user),i\($0.item),3,\($0.time)\n" }.joined()
        let dataset = try TemporaryFolder().amazon(["A": text], filters: [.kCore(8)])
        var kept = Array(rows.enumerated())
        while true {
            let users = Dictionary(grouping: kept) { $0.element.user }
            let items = Dictionary(grouping: kept) { $0.element.item }
            let next = kept.filter {
                users[$0.element.user, default: []].count >= 8
                    && items[$0.element.item, default: []].count >= 8
            }
            if next.count == kept.count { break }
            kept = next
        }
        let expected = Dictionary(grouping: kept) { "u\($0.element.user)" }
            .map { user, events in
                user + ": "
                    + events.sorted {
                        ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
                    }.map { "i\($0.element.item)" }.joined(separator: " ")
            }.sorted()
        #expect(dataset.lines == expected)
        #expect(!expected.isEmpty && kept.count < rows.count)
    }
}
