import Interactions
import Testing

// Items 1…10 are of domain a, 11…20 of domain b.
@Suite struct BatchTests {
    private func split() throws -> Split {
        try Split(
            .leaveOneOut,
            dataset: try memoryDataset([[1, 11, 2, 12, 3, 4], [5], [6, 7], [11, 1, 12, 13, 14]]),
            seed: 0)
    }

    // User 0 trains on 1 11 2 12, user 2 on both, user 3 on 11 1 12; user 1 has one event.
    @Test func trainingRows() throws {
        let examples = SequenceExamples(split: try split(), window: HistoryWindow(2))
        #expect(examples.users.map(\.rawValue) == [0, 2, 3])
        let batch = examples.batch(rows: [2, 0, 1])
        #expect(batch.users.map(\.rawValue) == [3, 0, 2])
        #expect(batch.offsets == [0, 2, 4, 5])
        #expect(batch.items == [11, 1, 11, 2, 6])
        #expect(batch.targets == [1, 12, 2, 12, 7])
        #expect(batch.times == [1003, 1013, 1010, 1020, 1002].map { $0 * Dataset.ticksPerSecond })
        #expect(batch.rows == 3 && batch.tokens == 5 && batch.longestRow == 2)
        #expect(batch.tokens(ofRow: 1) == 2..<4)
    }

    // User 3 trains on 11 1 12: one input of b with its target, and the only event of a.
    @Test func windowsOfDomains() throws {
        let window = HistoryWindow(1, perDomain: true)
        let examples = SequenceExamples(split: try split(), window: window)
        #expect(examples.batch(rows: [2]).items == [11, 1])
        let events: [Int32] = [1, 2, 3, 11, 12, 13]
        #expect(window.latest(of: events) { Int($0 / 10) } == [3, 13])
        #expect(window.latest(of: events, and: 1) { Int($0 / 10) } == [2, 3, 12, 13])
        #expect(HistoryWindow(4).latest(of: events) { Int($0 / 10) } == [3, 11, 12, 13])
    }

    @Test func histories() throws {
        let split = try split()
        let cases = split.cases(.test)
        let batch = SequenceExamples.histories(cases, split: split, window: HistoryWindow(3))
        #expect(batch.items == [2, 12, 3, 1, 12, 13])
        #expect(batch.offsets == [0, 3, 6] && batch.targets.isEmpty)
        let apart = SequenceExamples.histories(
            cases, split: split, window: HistoryWindow(2, perDomain: true))
        #expect(apart.items == [11, 2, 12, 3, 1, 12, 13] && apart.offsets == [0, 4, 7])
    }

    @Test func epochOrders() throws {
        let examples = SequenceExamples(
            split: try Split(
                .leaveOneOut, dataset: try memoryDataset((0..<50).map { _ in [1, 2, 3, 4] }),
                seed: 0), window: HistoryWindow(5))
        let first = examples.epochOrder(seed: 1, epoch: 0)
        #expect(first.sorted() == Array(0..<50))
        #expect(first == examples.epochOrder(seed: 1, epoch: 0))
        #expect(first != examples.epochOrder(seed: 1, epoch: 1))
        #expect(first != examples.epochOrder(seed: 2, epoch: 0))
    }

    @Test func ratings() throws {
        let catalogs = [
            Catalog(name: "a", firstItem: ItemID(rawValue: 1), externalIDs: ["x", "y"]),
            Catalog(name: "b", firstItem: ItemID(rawValue: 3), externalIDs: ["z"]),
        ]
        let rows: [(Int32, Int32, Float?)] = [
            (0, 1, 5), (0, 2, nil), (0, 3, 2), (0, 1, 4), (0, 2, 3), (1, 3, 1),
        ]
        let events = rows.map { user, item, rating in
            Event(user: UserID(rawValue: user), item: ItemID(rawValue: item), rating: rating)
        }
        let dataset = try Dataset(catalogs: catalogs, users: ["u", "v"], events: events)
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let all = RatingExamples(split: split)
        #expect(
            all.all == RatingBatch(users: [0, 0, 1], items: [1, 3, 3], ratings: [5, 2, 1]))
        let single = RatingExamples(split: split, domains: [DomainID(rawValue: 0)])
        #expect(single.all == RatingBatch(users: [0], items: [1], ratings: [5]))
        #expect(RatingExamples(cases: split.cases(.test), dataset: dataset).all.ratings == [3])
        let batches = Array(all.batches(order: [2, 0, 1], size: 2))
        #expect(
            batches == [
                RatingBatch(users: [1, 0], items: [3, 1], ratings: [1, 5]),
                RatingBatch(users: [0], items: [3], ratings: [2]),
            ])
        #expect(all.epochOrder(seed: 1, epoch: 2).sorted() == [0, 1, 2])
    }
}

@Suite struct NegativeSamplerTests {
    private let pools: [ClosedRange<Int32>] = [1...30, 31...80]

    private func batch() -> SequenceBatch {
        SequenceBatch(
            users: [UserID(rawValue: 1), UserID(rawValue: 0)], offsets: [0, 3, 5],
            items: [1, 2, 40, 50, 3], times: [0, 0, 0, 0, 0], targets: [2, 40, 5, 3, 60])
    }

    // Both ways of drawing (few and most of the pool): in the pool, different, not excluded.
    @Test(arguments: [5, 14, 15, 20, 26])
    func negativesAreFree(count: Int) throws {
        let sets = ItemSets([[3, 50, 60], [1, 2, 40, 5]])
        let sampler = NegativeSampler(itemRanges: pools)
        let batch = batch()
        let negatives = try sampler.perPosition(count, for: batch, excluding: sets) {
            RandomStream(seed: 1, name: "n", UInt64($0))
        }
        #expect(negatives.draws == batch.tokens && negatives.width == 2 * count)
        for row in 0..<batch.rows {
            let excluded = Set(sets[batch.users[row]])
            for token in batch.tokens(ofRow: row) {
                for domain in 0..<2 {
                    let drawn = negatives.items(of: domain, at: token)
                    #expect(Set(drawn).count == count)
                    #expect(drawn.allSatisfy { pools[domain].contains($0) })
                    #expect(excluded.isDisjoint(with: drawn))
                    #expect(!drawn.contains(batch.targets[token]))
                }
            }
        }
        let again = try sampler.perPosition(count, for: batch, excluding: sets) {
            RandomStream(seed: 1, name: "n", UInt64($0))
        }
        #expect(again == negatives)
    }

    // Few and most of the pool; the second pool has 24 items less than the first.
    @Test(arguments: [1, 7, 20])
    func sharedNegativesAreDifferentItemsOfEachDomain(count: Int) throws {
        let pools: [ClosedRange<Int32>] = [1...50, 51...76]
        let sampler = NegativeSampler(itemRanges: pools)
        var stream = RandomStream(seed: 4, name: "n")
        let drawn = try sampler.perBatch(count, stream: &stream)
        #expect(drawn.draws == 1 && drawn.width == 2 * count)
        for (domain, pool) in pools.enumerated() {
            let own = drawn.shared(of: domain)
            #expect(Set(own).count == count)
            #expect(own.allSatisfy { pool.contains($0) })
        }
        #expect(
            throws: NegativeSamplerError.tooFewItems(
                domain: DomainID(rawValue: 1), user: nil, available: 26, requested: 27)
        ) {
            try sampler.perBatch(27, stream: &stream)
        }
        // More than memory could hold is refused in the same way.
        #expect(throws: NegativeSamplerError.self) {
            try sampler.perBatch(.max, stream: &stream)
        }
    }

    // Of 30 items 4 are excluded (one twice) and the target is one of them: 26 are left; without
    // exclusion 29 are, because the target is never drawn.
    @Test func saysWhenThereAreTooFew() throws {
        let sampler = NegativeSampler(itemRanges: [1...30])
        let stream = RandomStream(seed: 1, name: "n")
        let one = SequenceBatch(
            users: [UserID(rawValue: 0)], offsets: [0, 1], items: [1], times: [0], targets: [2])
        let sets = ItemSets([[1, 2, 3, 4, 3]])
        let all = try sampler.perPosition(26, for: one, excluding: sets) { _ in stream }
        #expect(all.all.sorted() == Array(5...30))
        #expect(
            throws: NegativeSamplerError.tooFewItems(
                domain: DomainID(rawValue: 0), user: UserID(rawValue: 0), available: 26,
                requested: 27)
        ) {
            try sampler.perPosition(27, for: one, excluding: sets) { _ in stream }
        }
        #expect(
            try sampler.perPosition(29, for: one, excluding: .empty) { _ in stream }
                .all.sorted() == [1] + Array(3...30))
        #expect(throws: NegativeSamplerError.self) {
            try sampler.perPosition(30, for: one, excluding: .empty) { _ in stream }
        }
        #expect(throws: NegativeSamplerError.self) {
            try sampler.perPosition(.max, for: one, excluding: .empty) { _ in stream }
        }
    }

    @Test func quirkReachesTheLastItemOfTheDomainBefore() throws {
        let batch = SequenceBatch(
            users: [UserID(rawValue: 0)], offsets: [0, 1], items: [1], times: [0], targets: [2])
        let stream = RandomStream(seed: 1, name: "n")
        let plain = NegativeSampler(itemRanges: [1...5, 6...9])
        let quirky = NegativeSampler(itemRanges: [1...5, 6...9], pool: .domainAndIDBefore)
        #expect(plain.pools == [1...5, 6...9] && quirky.pools == [1...5, 5...9])
        let drawn = try quirky.perPosition(4, for: batch, excluding: ItemSets([[9]])) { _ in
            stream
        }
        #expect(drawn.items(of: 1, at: 0).sorted() == [5, 6, 7, 8])
    }

    // 4,000 draws of 2 out of 10 items: 800 each with a deviation of 25; six are allowed.
    @Test func drawsUniformly() throws {
        let sampler = NegativeSampler(itemRanges: [1...12])
        let rows = 2000
        let batch = SequenceBatch(
            users: (0..<rows).map { _ in UserID(rawValue: 0) },
            offsets: (0...Int32(rows)).map { $0 },
            items: [Int32](repeating: 1, count: rows), times: [Int64](repeating: 0, count: rows),
            targets: [Int32](repeating: 2, count: rows))
        let drawn = try sampler.perPosition(4, for: batch, excluding: ItemSets([[1]])) {
            RandomStream(seed: 2, name: "n", UInt64($0))
        }.all
        for item in Int32(3)...12 { #expect(abs(drawn.count { $0 == item } - 800) < 150) }
        #expect(!drawn.contains(1) && !drawn.contains(2))
    }

    @Test func candidatesOfCases() throws {
        let dataset = try memoryDataset(itemsPerDomain: 50, [[1, 51, 2, 52], [51, 1, 2, 3]])
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let sampler = NegativeSampler(dataset: dataset)
        var stream = RandomStream(seed: 1, name: "c")
        let cases = split.cases(.test)
        let flat = try sampler.candidates(
            for: cases, count: 20,
            excluding: { evaluationCase in
                split.history(of: evaluationCase).map { dataset.items[Int($0)] }
            }, stream: &stream)
        #expect(flat.count == 40)
        #expect(flat.prefix(20).allSatisfy { $0 > 52 && $0 <= 100 })
        #expect(flat.suffix(20).allSatisfy { $0 > 3 && $0 <= 50 })
        var again = RandomStream(seed: 1, name: "c")
        let single = try sampler.candidates(
            for: cases[0], count: 20, excluding: [1, 51, 2], stream: &again)
        #expect(single == Array(flat.prefix(20)))
        // The second case has 50 items without 1, 2 and its target, 3.
        let seen = { (evaluationCase: EvaluationCase) in
            split.history(of: evaluationCase).map { dataset.items[Int($0)] }
        }
        try sampler.require(47, for: cases, excluding: seen)
        #expect(
            throws: NegativeSamplerError.tooFewItems(
                domain: DomainID(rawValue: 0), user: UserID(rawValue: 1), available: 47,
                requested: 48)
        ) { try sampler.require(48, for: cases, excluding: seen) }
        // More than memory could hold is refused in the same way.
        #expect(throws: NegativeSamplerError.self) {
            try sampler.candidates(for: cases, count: .max, excluding: seen, stream: &stream)
        }
        #expect(ItemSets.all(of: dataset)[UserID(rawValue: 1)] == [51, 1, 2, 3])
        #expect(Array(ItemSets.training(of: split)[UserID(rawValue: 0)]) == [1, 51])
    }
}
