import Testing

@testable import RankingMetrics

@Suite("Ranked cases and ties")
struct RankedCaseTests {
    // Two above, three tied: 1 + 2 = 3 at the best, 1 + 2 + 3 = 6 at the worst.
    @Test(arguments: [(TieRule.optimistic, 3...3), (.pessimistic, 6...6), (.expectation, 3...6)])
    func placesUnderEachRule(tie: TieRule, expected: ClosedRange<Int>) {
        let ranked = RankedCase(greater: 2, equal: 3, candidates: 9)
        #expect(ranked.places(tie) == expected)
        #expect(ranked.rank == 4.5)
    }

    @Test(arguments: TieRule.allCases)
    func rulesAgreeWithoutTies(tie: TieRule) {
        #expect(RankedCase(greater: 4, equal: 0, candidates: 9).places(tie) == 5...5)
        #expect(RankedCase(greater: 0, equal: 0, candidates: 0).places(tie) == 1...1)
    }

    // Above 0.5: 0.9 and infinity. Equal: 0.5 twice. Below: 0.1 and −infinity.
    @Test func countsScores() {
        let scores: [Float] = [0.9, 0.5, 0.1, 0.5, .infinity, -.infinity]
        let expected = RankedCase(greater: 2, equal: 2, candidates: 6)
        #expect(RankedCase(targetScore: 0.5, candidateScores: scores) == expected)
    }

    @Test func notANumberCountsAgainstTheTarget() {
        let target = RankedCase(targetScore: .nan, candidateScores: [0.1, 0.2, .nan])
        #expect(target == RankedCase(greater: 3, equal: 0, candidates: 3))
        let candidate = RankedCase(targetScore: 1, candidateScores: [0.1, .nan])
        #expect(candidate == RankedCase(greater: 1, equal: 0, candidates: 2))
    }

    // A random property: the counted rank is the place in a stable descending sort with the target
    // put before (optimistic) or behind (pessimistic) its ties.
    @Test func agreesWithSorting() {
        var generator = SplitMix64(state: 3)
        for _ in 0..<200 {
            let scores = (0..<20).map { _ in Float(Int.random(in: 0..<6, using: &generator)) }
            let target = Float(Int.random(in: 0..<6, using: &generator))
            let ranked = RankedCase(targetScore: target, candidateScores: scores)
            let sorted = scores.sorted(by: >)
            let first = sorted.firstIndex { $0 <= target } ?? sorted.count
            let last = sorted.firstIndex { $0 < target } ?? sorted.count
            #expect(ranked.places(.optimistic) == first + 1...first + 1)
            #expect(ranked.places(.pessimistic) == last + 1...last + 1)
            #expect(ranked.rank == Double(first + last) / 2 + 1)
        }
    }

    @Test func impossibleCountsTrap() async {
        await #expect(processExitsWith: .failure) {
            _ = RankedCase(greater: 2, equal: 2, candidates: 3)
        }
    }
}
