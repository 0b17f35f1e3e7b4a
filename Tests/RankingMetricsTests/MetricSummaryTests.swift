import Foundation
import Testing

@testable import RankingMetrics

@Suite("Summaries")
struct MetricSummaryTests {
    // books: ranks 1 (warm, overlapping), 4 (cold): HR@2 = 1/2, MRR = (1 + 1/4) / 2 = 0.625.
    // films: rank 2 (warm): HR@2 = 1, MRR = 0.5. Together: HR@2 = 2/3, MRR = 1.75/3.
    // warm, together: ranks 1 and 2: MRR 0.75.
    static var accumulator: MetricAccumulator {
        var accumulator = MetricAccumulator(metrics: [.hitRate(at: 2), .mrr], tie: .pessimistic)
        accumulator.add(
            RankedCase(greater: 0, equal: 0, candidates: 9), domain: "books",
            groups: [.warm, .overlapping])
        accumulator.add(
            RankedCase(greater: 1, equal: 0, candidates: 9), domain: "films", groups: [.warm])
        accumulator.add(
            RankedCase(greater: 2, equal: 1, candidates: 9), domain: "books", groups: [.cold, .all])
        return accumulator
    }

    @Test func meansByHand() throws {
        let summary = Self.accumulator.summary()
        let books = try #require(summary.row(domain: "books"))
        #expect(books.cases == 2)
        #expect(books.values == [.hitRate(at: 2): 0.5, .mrr: 0.625])
        let cold = try #require(summary.row(domain: "books", group: .cold))
        #expect(cold.cases == 1)
        #expect(cold.values == [.hitRate(at: 2): 0, .mrr: 0.25])
        let all = try #require(summary.row(domain: nil))
        #expect(all.cases == 3)
        #expect(isClose(all.values[.hitRate(at: 2)], 2.0 / 3))
        #expect(isClose(all.values[.mrr], 1.75 / 3))
        #expect(summary.row(domain: nil, group: .warm)?.values[.mrr] == 0.75)
    }

    @Test func groupsWithoutCasesAreAbsent() {
        let summary = Self.accumulator.summary()
        #expect(summary.row(domain: "films", group: .cold) == nil)
        #expect(summary.row(domain: "music") == nil)
        #expect(
            summary.rows.map { "\($0.domain ?? "-") \($0.group)" } == [
                "books all", "books warm", "books cold", "books overlapping", "films all",
                "films warm", "- all", "- warm", "- cold", "- overlapping",
            ])
        #expect(MetricAccumulator(metrics: [.mrr], tie: .expectation).summary().rows.isEmpty)
    }

    // Ranks 2 and 3 of 1 + 4, as likely: MRR (1/2 + 1/3) / 2, AUC (4 − 1.5) / 4 = 0.625. A case without candidates
    // has no AUC: the mean is that of the other.
    @Test func storedResults() {
        var accumulator = MetricAccumulator(metrics: [.mrr, .auc], tie: .expectation)
        func add(_ outcome: RankedCase, _ domain: String) {
            accumulator.add(
                UserResult(
                    user: "u", position: 0, item: "i", domain: domain, groups: [], outcome: outcome,
                    candidateSet: 0))
        }
        add(RankedCase(greater: 1, equal: 1, candidates: 4), "books")
        let row = accumulator.summary().row(domain: "books")
        #expect(row?.values == [.mrr: (0.5 + 1.0 / 3) / 2, .auc: 0.625])
        add(RankedCase(greater: 0, equal: 0, candidates: 0), "books")
        #expect(accumulator.summary().row(domain: "books")?.values[.auc] == 0.625)
        #expect(accumulator.summary().row(domain: "books")?.cases == 2)
        add(RankedCase(greater: 0, equal: 0, candidates: 0), "single")
        #expect(accumulator.summary().row(domain: "single")?.values == [.mrr: 1])
    }

    @Test func jsonHasNamesAsKeys() throws {
        let summary = Self.accumulator.summary()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(summary)
        let text = String(decoding: json, as: UTF8.self)
        let first = #"{"cases":2,"domain":"books","group":"all","values":{"HR@2":0.5,"MRR":0.625}}"#
        #expect(text.hasPrefix(#"{"metrics":["HR@2","MRR"],"rows":[\#(first),"#))
        #expect(try JSONDecoder().decode(MetricSummary.self, from: json) == summary)
        let broken = Data(text.replacing("\"MRR\":", with: "\"MR\":").utf8)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(MetricSummary.self, from: broken)
        }
    }

    @Test func table() {
        var accumulator = MetricAccumulator(metrics: [.hitRate(at: 2), .mrr], tie: .optimistic)
        accumulator.add(
            RankedCase(greater: 2, equal: 1, candidates: 9), domain: "books", groups: [])
        let expected = """
            domain  group  cases   HR@2    MRR
            ------  -----  -----  -----  -----
            books   all        1  0.000  0.333
            (all)   all        1  0.000  0.333

            """
        #expect(accumulator.summary().table(digits: 3).rendered(as: .plain) == expected)
    }
}
