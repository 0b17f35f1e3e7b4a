import Interactions
import Testing

/// Orders and samples are drawn with equal chances.
@Suite struct RandomChoiceTests {
    // 6,000 orders of three: 1,000 each with a deviation of 29; five deviations are allowed.
    @Test func everyOrderIsAsLikely() {
        var stream = RandomStream(seed: 5, name: "orders")
        var counts: [[Int]: Int] = [:]
        for _ in 0..<6000 { counts[stream.permutation(3), default: 0] += 1 }
        #expect(counts.count == 6)
        for (order, count) in counts { #expect(abs(count - 1000) < 145, "\(order)") }
    }

    // 3,000 draws of 7 of the 10 items other than the target: 2,100 each with a deviation of 25.
    @Test func everyItemIsAsLikelyWhereMostAreDrawn() throws {
        let sampler = NegativeSampler(itemRanges: [1...11])
        let rows = 3000
        let batch = SequenceBatch(
            users: [UserID](repeating: UserID(rawValue: 0), count: rows),
            offsets: (0...Int32(rows)).map { $0 },
            items: [Int32](repeating: 1, count: rows), times: [Int64](repeating: 0, count: rows),
            targets: [Int32](repeating: 4, count: rows))
        let drawn = try sampler.perPosition(7, for: batch, excluding: .empty) {
            RandomStream(seed: 6, name: "most", UInt64($0))
        }.all
        for item in Int32(1)...11 {
            let count = drawn.count { $0 == item }
            #expect(item == 4 ? count == 0 : abs(count - 2100) < 130, "\(item): \(count)")
        }
    }

    // Few of the pool and most of it; every item is the target once, the first and the last too.
    @Test(arguments: [2, 10])
    func noTargetIsANegative(count: Int) throws {
        let sampler = NegativeSampler(itemRanges: [1...12, 13...24])
        let targets = (0..<20).flatMap { _ in (1...24).map(Int32.init) }
        let batch = SequenceBatch(
            users: [UserID(rawValue: 0)], offsets: [0, Int32(targets.count)],
            items: [Int32](repeating: 2, count: targets.count),
            times: [Int64](repeating: 0, count: targets.count), targets: targets)
        let drawn = try sampler.perPosition(count, for: batch, excluding: .empty) { _ in
            RandomStream(seed: 7, name: "targets")
        }
        for (token, target) in targets.enumerated() {
            for domain in 0..<2 { #expect(!drawn.items(of: domain, at: token).contains(target)) }
        }
    }

    /// Only people with events in the target domain and another can be cold, whatever the seed: of two such people one,
    /// and none of those of one domain.
    @Test(arguments: 0..<12)
    func onlyOverlappingPeopleBecomeCold(seed: UInt64) throws {
        let alone = [[Int32]](repeating: [11, 12, 13], count: 20)
        let others = [[Int32]](repeating: [1, 2, 3], count: 20)
        let dataset = try memoryDataset([[1, 11, 2], [12, 3, 13]] + alone + others)
        let split = try Split(
            .coldUsers(target: "b", share: 0.5, validationShare: 0), dataset: dataset, seed: seed)
        let held = Set(
            (0..<dataset.eventCount).filter { split.role(ofEvent: $0) != .train }
                .map { dataset.user(ofEvent: $0).rawValue })
        #expect(held.count == 1 && held.isSubset(of: [0, 1]))
    }
}
