import Foundation
import Interactions
import Testing

/// The order of events of one person and one time.
@Suite struct TieOrderTests {
    /// Imports files called by their domains in the order given.
    private func imported(
        _ files: [(String, String)], domains: [String] = [], hasTimes: Bool = true
    )
        throws -> Dataset
    {
        let folder = try TemporaryFolder()
        let sources = try files.map { name, text in
            ImportSource(events: try folder.file("\(name).csv", text))
        }
        let format = DelimitedFormat(
            hasHeader: false, user: .number(1), item: .number(2),
            time: hasTimes ? .number(3) : nil)
        try Importer.run(
            sources: sources, format: .delimited(format),
            options: ImportOptions(domainNames: domains), to: folder.dataset)
        return try Dataset.open(folder.dataset)
    }

    /// Each user's domains of the last event, by the user's id.
    private func lastDomains(_ dataset: Dataset) -> [String: String] {
        var found: [String: String] = [:]
        for raw in 0..<Int32(dataset.userCount) {
            let user = UserID(rawValue: raw)
            let item = ItemID(rawValue: dataset.items[dataset.events(of: user).upperBound - 1])
            found[dataset.users.externalID(of: user)] =
                dataset.catalog(of: dataset.domain(of: item)).name
        }
        return found
    }

    // 200 people with one event a domain, all at one time: whichever file is named first, the same domain is last for
    // each, and neither is last for more than 60 % (four deviations of a fair coin are 57).
    @Test(arguments: [true, false])
    func neitherFileNorDomainIsPreferred(hasTimes: Bool) throws {
        let time = hasTimes ? ",86400" : ""
        let a = (0..<200).map { "u\($0),a\($0 % 7)\(time)\n" }.joined()
        let b = (0..<200).map { "u\($0),b\($0 % 5)\(time)\n" }.joined()
        let one = lastDomains(try imported([("A", a), ("B", b)], hasTimes: hasTimes))
        let other = lastDomains(try imported([("B", b), ("A", a)], hasTimes: hasTimes))
        #expect(one == other && one.count == 200)
        let inA = one.values.count { $0 == "A" }
        #expect(inA > 80 && inA < 120)
    }

    // What is drawn is drawn anew for each time.
    @Test func eachTimeIsDrawn() throws {
        let a = (0..<200).map { "u,a\($0),\($0)\n" }.joined()
        let b = (0..<200).map { "u,b\($0),\($0)\n" }.joined()
        let line = try #require(imported([("A", a), ("B", b)]).lines.first)
        let items = line.split(separator: " ").dropFirst()
        let firsts = stride(from: 1, to: 401, by: 2).map { items[items.startIndex + $0 - 1] }
        let inA = firsts.count { $0.hasPrefix("a") }
        #expect(inA > 70 && inA < 130)
    }

    @Test func linesOfOneFileKeepTheirOrder() throws {
        let a = "u,a3,5\nu,a1,5\nu,a2,5\nu,a0,9\n"
        let b = "u,b2,5\nu,b1,5\nu,b9,1\n"
        let dataset = try imported([("A", a), ("B", b)])
        let line = try #require(dataset.lines.first)
        let isExpected = [
            "u: b9 a3 a1 a2 b2 b1 a0", "u: b9 b2 b1 a3 a1 a2 a0",
        ].contains(line)
        #expect(isExpected, "\(line)")
        #expect(dataset.manifest.tieOrder == .linesThenHash)
        // Both files are in order but for b9, whose file alone is out of order.
        #expect(dataset.manifest.reorderedUsers == 1)
    }

    @Test func sortedFilesThatAreJoinedRaiseNoAlarm() throws {
        let a = "u,a1,1\nu,a2,5\nv,a1,1\n"
        let b = "u,b1,2\nu,b2,4\nv,b2,0\n"
        let dataset = try imported([("A", a), ("B", b)])
        #expect(dataset.lines == ["u: a1 b1 b2 a2", "v: b2 a1"])
        #expect(dataset.manifest.reorderedUsers == 0)
        #expect(!DatasetReport(dataset).findings.contains { $0.code == "unsorted-events" })
    }

    // Two files of one domain: their names decide, not the order in which they are given.
    @Test func filesOfOneDomain() throws {
        let (a, b) = ("u,x,5\n", "u,y,5\n")
        let one = try imported([("one", a), ("two", b)], domains: ["D", "D"])
        let other = try imported([("two", b), ("one", a)], domains: ["D", "D"])
        #expect(one.lines == ["u: x y"] && other.lines == one.lines)
    }

    // By hand: u has a tie of A and B at 5 (last), v one within A at 1, w none.
    @Test func countsTies() throws {
        let a = "u,a1,5\nu,a2,1\nv,a1,1\nv,a2,1\nv,a3,7\nw,a1,1\n"
        let b = "u,b1,5\nw,b1,2\n"
        let report = DatasetReport(try imported([("A", a), ("B", b)]))
        #expect(report.domains.map(\.tiedEvents) == [2, 0])
        #expect(report.ties.eventsAcrossDomains == 2)
        #expect(report.ties.lastEvents == 1 && report.ties.lastEventsAcrossDomains == 1)
        #expect(
            report.findings.contains {
                $0.code == "tied-last-events" && $0.message.contains("33.33 %")
            })
        #expect(report.description.contains("2 within a domain, 2 across domains"))
    }

    // Without times the draw between files decides what is held out last; within a file and a domain the lines do.
    @Test func drawnFilesAreCounted() throws {
        let a = (0..<9).map { "u\($0),a\($0)\nu\($0),x\nu\($0),z\n" }.joined()
        let b = (0..<9).map { "u\($0),b\($0)\nu\($0),y\nu\($0),w\n" }.joined()
        let drawn = try imported([("A", a), ("B", b)], hasTimes: false)
        let notes = drawn.manifest.notes.filter { $0.code == "drawn-files" }
        #expect(notes.count == 1)
        #expect(
            notes[0].text == "no times: events keep the order of the lines; which file comes first "
                + "is drawn for each person")
        #expect(try Split(.leaveOneOut, dataset: drawn, seed: 0).heldOut(.test).tied == 9)
        let perDomain = try Split(.leaveOneOutPerDomain, dataset: drawn, seed: 0)
        #expect(perDomain.heldOut(.test).tied == 0)
        let report = DatasetReport(drawn)
        #expect(!report.description.contains("events of the same person and time"))
        #expect(report.findings.count { $0.code == "no-times" } == 1)
        #expect(!report.findings.contains { $0.code == "drawn-files" })
        let one = try imported([("A", a)], hasTimes: false)
        #expect(one.manifest.notes.isEmpty)
        #expect(try Split(.leaveOneOut, dataset: one, seed: 0).heldOut(.test).tied == 0)
    }

    // One file sorted by domain puts B last in every tie, and its lines stand.
    @Test func aFileSortedByDomain() throws {
        let lines = (0..<12).map { "u\($0),x,5,A\n" } + (0..<12).map { "u\($0),y,5,B\n" }
        let dataset = try TemporaryFolder().delimited(
            lines.joined(),
            DelimitedFormat(
                hasHeader: false, user: .number(1), item: .number(2), time: .number(3),
                domain: .number(4)))
        let findings = DatasetReport(dataset).findings
        let found = try #require(findings.first { $0.code == "one-domain-last" })
        #expect(found.message.hasPrefix("in all 12 ties of B with another domain"))
        #expect(findings.count { $0.code == "one-domain-last" } == 1)
    }
}
