import Foundation
import Testing

@testable import Interactions

/// What a split says of repeats, ties in time and shares, and what it refuses.
@Suite struct HeldOutTests {
    /// Events of users as (item, seconds); items 1…10 are of domain a, 11…20 of domain b.
    private func dataset(_ users: [[(item: Int32, time: Int64)]]) throws -> Dataset {
        let catalogs = ["a", "b"].enumerated().map { index, name in
            Catalog(
                name: name, firstItem: ItemID(rawValue: Int32(index * 10 + 1)),
                externalIDs: (1...10).map { "\(name)\($0)" })
        }
        let events = users.enumerated().flatMap { user, events in
            events.map {
                Event(
                    user: UserID(rawValue: Int32(user)), item: ItemID(rawValue: $0.item),
                    time: $0.time * Dataset.ticksPerSecond)
            }
        }
        return try Dataset(
            catalogs: catalogs, users: users.indices.map { "u\($0)" }, events: events)
    }

    private func targets(_ split: Split, _ part: Part = .test) -> [Int32] {
        split.cases(part).map(\.item.rawValue)
    }

    // The first user's last item is new, the second's and its validation item are repeats.
    @Test func repeatsAreKnownAndDropped() throws {
        let dataset = try dataset([
            [(1, 1), (2, 2), (3, 3)], [(1, 1), (2, 2), (1, 3), (2, 4)],
        ])
        let kept = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        #expect(kept.cases(.test).map(\.isRepeat) == [false, true])
        #expect(kept.cases(.validation).map(\.isRepeat) == [false, true])
        #expect(kept.heldOut(.test).repeats == 1 && kept.heldOut(.test).droppedRepeats == 0)
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0, repeats: .drop)
        #expect(targets(split) == [3] && targets(split, .validation) == [2])
        #expect(split.heldOut(.test).droppedRepeats == 1 && split.heldOut(.test).events == 2)
        // What is dropped does not train.
        #expect(split.trainingEventCount == kept.trainingEventCount)
        let all = try self.dataset([[(1, 1), (2, 2), (1, 3)]])
        let error = try #require(throws: SplitError.self) {
            try Split(.leaveOneOut, dataset: all, seed: 0, repeats: .drop)
        }
        #expect(error.description.contains("1 of 1 held-out events repeat an item"))
        #expect(error.description.contains("data.repeats: keep"))
    }

    // A person who is cold in b had none of b's items, whatever comes later.
    @Test func nothingRepeatsWhatIsHidden() throws {
        let dataset = try dataset(
            (0..<6).map { _ in [(1, 1), (11, 2), (1, 3), (11, 4), (2, 5)] })
        let split = try Split(
            .coldUsers(target: "b", share: 0.5, validationShare: 0), dataset: dataset, seed: 1)
        #expect(split.cases(.test).count == 6)
        #expect(split.cases(.test).allSatisfy { !$0.isRepeat })
    }

    // Users: the last two at one time; the last alone, the two before it at one time; nothing tied; three at one time.
    private static let tied: [[(item: Int32, time: Int64)]] = [
        [(1, 1), (2, 2), (3, 3), (14, 3)], [(1, 1), (2, 2), (3, 2), (4, 3)],
        [(1, 1), (2, 2), (3, 3)], [(1, 1), (5, 2), (6, 2), (7, 2)],
    ]

    @Test func ordersAreKeptOrDropped() throws {
        let dataset = try dataset(Self.tied)
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        #expect(targets(split) == [14, 4, 3, 7] && targets(split, .validation) == [3, 3, 2, 6])
        #expect(split.heldOut(.test).tied == 2 && split.heldOut(.validation).tied == 3)
        let dropped = try Split(.leaveOneOut, dataset: dataset, seed: 0, ties: .drop)
        #expect(targets(dropped) == [4, 3] && targets(dropped, .validation) == [2])
        #expect(dropped.heldOut(.test).droppedTies == 2)
        // The same events train: what is dropped is no case, and nothing else changes.
        for user in 0..<4 {
            let user = UserID(rawValue: Int32(user))
            #expect(dropped.trainingEvents(of: user) == split.trainingEvents(of: user))
        }
        // Of one domain, only the fourth user's last two could change places.
        let perDomain = try Split(.leaveOneOutPerDomain, dataset: dataset, seed: 0)
        #expect(perDomain.heldOut(.test).tied == 1)
    }

    // Each of two tied events is held out about as often; the others are its history, and the rest trains.
    @Test func tiedEventsAreDrawn() throws {
        let dataset = try dataset(Self.tied)
        var found: [[Int32]: Int] = [:]
        for seed in 0..<200 {
            let split = try Split(.leaveOneOut, dataset: dataset, seed: UInt64(seed), ties: .draw)
            found[[targets(split)[0], targets(split)[3]], default: 0] += 1
            #expect(Array(targets(split)[1...2]) == [4, 3])
            for part in Part.allCases {
                for found in split.cases(part) {
                    let events = dataset.events(of: found.user)
                    let history = split.history(of: found).map(Int.init)
                    #expect(history.count == events.count - (part == .test ? 1 : 2))
                    #expect(!history.contains(found.event))
                    #expect(
                        history.allSatisfy {
                            dataset.times[$0] <= dataset.times[found.event]
                                && split.role(ofEvent: $0) != .test
                        })
                }
            }
            #expect(split.trainingEventCount == 7)
        }
        // Two for the first user times three for the fourth, each with 200 / 6 ± 3.5 deviations.
        #expect(found.count == 6)
        #expect(found.values.allSatisfy { abs(Double($0) - 200.0 / 6) < 20 })
        let again = try Split(.leaveOneOut, dataset: dataset, seed: 3, ties: .draw)
        let first = try Split(.leaveOneOut, dataset: dataset, seed: 3, ties: .draw)
        #expect(targets(again) == targets(first))
    }

    // 2 events a second, ten seconds: a tenth is one time's, 5 % and 12 % go to the nearest change of time.
    @Test(arguments: [(0.1, 2), (0.05, 2), (0.12, 2), (0.18, 4), (0.001, 2)])
    func cutsGoToTheNearestChangeOfTime(share: Double, events: Int) throws {
        let dataset = try dataset(
            (0..<2).map { user in (1...10).map { (Int32($0), Int64($0)) } })
        let split = try Split(
            .timeCut(validation: 0.2, test: share), dataset: dataset, seed: 0)
        #expect(split.heldOut(.test).events == events)
        #expect(split.heldOut(.test).share == Double(events) / 20)
        #expect(split.heldOut(.test).askedShare == share)
    }

    // A fifth of 13 events would begin within the ten of one time: the one after is nearer than all eleven.
    @Test func aLargeDayIsNotTestedForATenth() throws {
        let dataset = try dataset([
            [(1, 1), (2, 5), (3, 5), (4, 5), (5, 5), (6, 5), (7, 5), (8, 5), (9, 5), (10, 6)],
            [(1, 1), (2, 5), (3, 5)],
        ])
        let split = try Split(.timeCut(validation: 0, test: 0.2), dataset: dataset, seed: 0)
        #expect(split.heldOut(.test).events == 1)
        let oneTime = try self.dataset([[(1, 1), (2, 1), (3, 1)]])
        let error = try #require(throws: SplitError.self) {
            try Split(.timeCut(validation: 0, test: 0.1), dataset: oneTime, seed: 0)
        }
        #expect(error.description.contains("no event is left to train"))
    }

    @Test(arguments: [
        (
            1_555_632_000_000.0, 1_555_804_800_000.0,
            "looks like milliseconds: give seconds, 1555804800"
        ),
        (1_555_632_000_000_000.0, 1_555_804_800_000_000.0, "looks like microseconds"),
        (1_655_632_000.0, 1_655_804_800.0, "is after the last event"),
        (1e300, 1e300, "is after the last event"),
        (1_000.0, 2_000.0, "no event is left to train"),
        (-1e300, 1_555_804_800.0, "no event is left to train"),
    ])
    func timePointsOutsideTheDataAreNamed(validation: Double, test: Double, hint: String) throws {
        let dataset = try dataset([
            (0..<10).map { (Int32($0 + 1), 1_555_200_000 + Int64($0) * 86_400) }
        ])
        let error = try #require(throws: SplitError.self) {
            try Split(
                .timePoints(
                    validation: TimePoint(seconds: validation), test: TimePoint(seconds: test)),
                dataset: dataset, seed: 0)
        }
        #expect(error.description.contains(hint), "\(error)")
        #expect(error.description.contains("1555200000 (2019-04-14T00:00:00Z)"))
        #expect(!error.description.contains("enough events"))
    }
}
