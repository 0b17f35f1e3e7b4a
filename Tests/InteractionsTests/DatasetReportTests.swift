import Foundation
import Interactions
import Testing

@Suite struct DatasetReportTests {
    private func codes(_ dataset: Dataset) -> Set<String> {
        Set(DatasetReport(dataset).findings.map(\.code))
    }

    // By hand: user 0 has 1 11 1 1, user 1 has 2 3, user 2 has 11, user 3 has 5 events.
    @Test func counts() throws {
        let dataset = try memoryDataset([[1, 11, 1, 1], [2, 3], [11], [1, 2, 3, 12, 13]])
        let report = DatasetReport(dataset)
        #expect(report.events == 12 && report.users == 4 && report.items == 20)
        #expect(report.domains.map(\.events) == [8, 4])
        #expect(report.domains.map(\.users) == [3, 3])
        #expect(report.domains.map(\.usersOnlyHere) == [1, 1])
        #expect(report.domains.map(\.firstTime) == [1000, 1002])
        #expect(report.overlaps.map(\.users) == [2] && report.overlaps.map(\.items) == [0])
        #expect(report.repeatedItems == 2 && report.duplicateEvents == 0)
        let lengths = report.lengths
        #expect(lengths.minimum == 1 && lengths.maximum == 5 && lengths.mean == 3)
        #expect(lengths.quarter == 1 && lengths.median == 2 && lengths.threeQuarters == 4)
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(DatasetReport.self, from: data) == report)
        #expect(report.description.contains("12 events, 4 users, 20 items"))
        #expect(report.description.contains("[short-histories]"))
    }

    @Test func findsSwappedColumns() throws {
        let folder = try TemporaryFolder()
        let rows = (0..<200).map { (user: $0 % 40, item: $0 % 37, time: 1_300_000_000 + $0 * 60) }
        let timeAsUser = rows.map { "\($0.time),i\($0.item),5,1300000000\n" }.joined()
        let swapped = try codes(folder.amazon(["A": timeAsUser]))
        #expect(swapped.isSuperset(of: ["user-column-is-time", "constant-time"]))
        let timeAsItem = rows.map { "u\($0.user),\($0.time),5,1300000000\n" }.joined()
        #expect(try codes(folder.amazon(["A": timeAsItem])).contains("item-column-is-time"))
        let ratingAsItem = rows.map { "u\($0.user),\($0.item % 5).0,3,\($0.time)\n" }.joined()
        #expect(try codes(folder.amazon(["A": ratingAsItem])).contains("item-column-is-rating"))
        let timeAsRating = rows.map { "u\($0.user),i\($0.item),\($0.time),\($0.user)\n" }.joined()
        #expect(
            try codes(folder.amazon(["A": timeAsRating])).isSuperset(of: [
                "rating-column-is-time", "early-times",
            ]))
        let good = rows.map { "u\($0.user),i\($0.item),\($0.item % 5 + 1),\($0.time)\n" }.joined()
        #expect(try codes(folder.amazon(["A": good])).isEmpty)
    }

    // By hand: a has 1 item, b 19, c 20.
    @Test func findsDomainsWithFewItems() throws {
        let counts = [1, 19, 20]
        let texts = counts.map { count in
            (0..<count).map { "u\($0 % 4),i\($0),5,\($0)\n" }.joined()
        }
        let dataset = try TemporaryFolder().amazon(["a": texts[0], "b": texts[1], "c": texts[2]])
        let found = DatasetReport(dataset).findings.filter { $0.code == "few-items" }
        #expect(found.map(\.severity) == [.warning, .warning])
        #expect(
            found.map(\.message) == [
                "a has only 1 item; there is nothing to rank, and no case of it has a rival",
                "b has only 19 items; a list of ten of them is no achievement",
            ])
    }

    // Spaces in ids are found where no import has counted them.
    @Test func findsSpacesInIds() throws {
        let catalog = Catalog(
            name: "a", firstItem: ItemID(rawValue: 1), externalIDs: ["x ", "y"])
        let dataset = try Dataset(
            catalogs: [catalog], users: ["u"],
            events: [Event(user: UserID(rawValue: 0), item: ItemID(rawValue: 1))])
        let found = DatasetReport(dataset).findings
        #expect(found.contains { $0.code == "suspicious-ids" && $0.message.hasPrefix("1 id ") })
        #expect(
            found.first { $0.code == "no-times" }?.message.hasSuffix("in this order: as given")
                == true)
    }

    @Test func findsOddities() throws {
        let folder = try TemporaryFolder()
        let dataset = try folder.amazon(
            ["A": "u,i,5,9\nu,i,5,9\nnull,j,5,8\nbad\n", "B": "v, i,5,7\nw,j,5,7\n"],
            onBadLine: .skip(limit: 1))
        let report = DatasetReport(dataset)
        #expect(report.duplicateEvents == 1)
        #expect(
            Set(report.findings.map(\.code)).isSuperset(of: [
                "duplicate-events", "suspicious-ids", "no-shared-users", "shared-items",
                "skipped-lines", "constant-rating", "early-times", "short-histories",
            ]))
        let severities = report.findings.map(\.severity)
        let ranks = severities.map { DatasetReport.Severity.allCases.firstIndex(of: $0) ?? 0 }
        #expect(ranks == ranks.sorted(by: >))
        #expect(report.overlaps.map(\.items) == [1])
        let crowd = (0..<1000).map { "u\($0 < 500 ? 0 : $0 % 50),i\($0 % 90),\($0 % 5),\($0)\n" }
        #expect(
            try codes(folder.amazon(["A": crowd.reversed().joined()])).isSuperset(of: [
                "dominant-user", "unsorted-events",
            ]))
        let few = (0..<1000).map { "u\($0 % 4),i\($0 % 90),\($0 % 5),\($0)\n" }.joined()
        #expect(try codes(folder.amazon(["A": few])).contains("few-users"))
        #expect(try codes(memoryDataset([[1, 2, 3]], timed: false)).contains("no-times"))
    }
}
