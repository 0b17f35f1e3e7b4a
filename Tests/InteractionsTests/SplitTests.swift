import Foundation
import Interactions
import Testing

// Items 1…10 are of domain a, 11…20 of domain b.
@Suite struct SplitTests {
    private func roles(_ split: Split) -> [String] {
        (0..<Int32(split.dataset.userCount)).map { user in
            split.dataset.events(of: UserID(rawValue: user)).map { event in
                switch split.role(ofEvent: event) {
                case .train: "."
                case .validation: "v"
                case .test: "t"
                }
            }.joined()
        }
    }

    @Test func leaveOneOut() throws {
        let dataset = try memoryDataset([[1, 11, 2, 12], [3, 4], [5], [1, 2, 3]])
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        #expect(roles(split) == ["..vt", "..", ".", ".vt"])
        let tests = split.cases(.test)
        #expect(tests.map(\.item.rawValue) == [12, 3])
        #expect(tests.map(\.domain.rawValue) == [1, 0])
        #expect(tests.map(\.isOverlapping) == [true, false])
        #expect(tests.map(\.isColdInDomain) == [false, false])
        // The test case sees the validation event, the validation case not the test event.
        #expect(split.history(of: tests[0]) == [0, 1, 2])
        #expect(split.history(of: split.cases(.validation)[0]) == [0, 1])
        #expect(split.trainingEvents(of: UserID(rawValue: 0)) == [0, 1])
        #expect(split.isTrainingUser(UserID(rawValue: 2)))
        #expect(split.trainingEventCount == 6)
        let tiny = try memoryDataset([[1, 2]])
        #expect(throws: SplitError.self) { try Split(.leaveOneOut, dataset: tiny, seed: 0) }
    }

    @Test func leaveOneOutPerDomain() throws {
        let dataset = try memoryDataset([[1, 11, 2, 12, 3], [11, 12, 1, 13, 2, 3], [1, 2, 11]])
        let split = try Split(.leaveOneOutPerDomain, dataset: dataset, seed: 0)
        #expect(roles(split) == ["..v.t", ".v.tvt", "..."])
        #expect(split.history(of: split.cases(.test)[0]) == [0, 1, 2, 3])
        #expect(!split.cases(.validation)[0].isColdInDomain)
    }

    // 10 events: 8, 1, 1. 5 events: 0.5 rounds up to 1 each. 3 events: 0.3 rounds to none.
    @Test func ratio() throws {
        let dataset = try memoryDataset([
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 2, 3, 4, 5], [1, 2, 3],
        ])
        let split = try Split(.ratio(train: 0.8, validation: 0.1), dataset: dataset, seed: 0)
        #expect(roles(split) == ["........vt", "...vt", "..."])
        // Half for test of one event would leave none to train.
        let small = try memoryDataset([[1], [1, 2]])
        let half = try Split(.ratio(train: 0.4, validation: 0), dataset: small, seed: 0)
        #expect(roles(half) == [".", ".t"])
    }

    // Times are 1000, 1010, 1020 for user 0, one and two later for users 1 and 2: in order
    // 1000 1001 1002 1010 1011 1012 1020 1021 1022 1032. The last three (30 %) are test from 1021.
    @Test func timeCut() throws {
        let dataset = try memoryDataset([[1, 11, 2], [3, 12, 4], [5, 13, 6, 14]])
        let split = try Split(.timeCut(validation: 0.2, test: 0.3), dataset: dataset, seed: 0)
        #expect(roles(split) == ["..v", "..t", ".vtt"])
        let points = try Split(
            .timePoints(validation: TimePoint(seconds: 1012), test: TimePoint(seconds: 1021)),
            dataset: dataset, seed: 0)
        #expect(roles(points) == roles(split))
        #expect(points.history(of: points.cases(.test)[2]) == [6, 7, 8])
        let untimed = try memoryDataset([[1, 2, 3]], timed: false)
        #expect(throws: SplitError.noTimes(kind: "time-cut")) {
            try Split(.timeCut(validation: 0.2, test: 0.3), dataset: untimed, seed: 0)
        }
        // A user whose events are all held out has no history at first.
        let late = try Split(
            .timePoints(validation: TimePoint(seconds: 1002), test: TimePoint(seconds: 1010)),
            dataset: dataset, seed: 0)
        #expect(late.heldOut(.validation).withoutHistory == 1)
        #expect(late.heldOut(.validation).events == 1 && late.heldOut(.test).events == 7)
        #expect(
            late.reasonForNoCase(.validation)
                == "none of the 1 held-out events has a history before it")
        #expect(late.cases(.validation).isEmpty)
    }

    @Test func coldUsers() throws {
        let overlapping: [[Int32]] = (0..<20).map { _ in [1, 11, 2, 12, 3] }
        let dataset = try memoryDataset(overlapping + [[1, 2], [11, 12]])
        let rule = SplitRule.coldUsers(target: "b", share: 0.5, validationShare: 0.2)
        let split = try Split(rule, dataset: dataset, seed: 7)
        // 10 of 20 overlapping users are cold, 2 of them for validation, two target events each.
        #expect(split.cases(.test).count == 16 && split.cases(.validation).count == 4)
        #expect(Set(split.cases(.test).map(\.user)).count == 8)
        #expect(split.cases(.test).allSatisfy { $0.isColdInDomain && !$0.isOverlapping })
        let first = split.cases(.test)[0]
        let start = dataset.events(of: first.user).lowerBound
        #expect(first.event == start + 1)
        #expect(split.history(of: first) == [Int32(start)])
        #expect(split.history(of: split.cases(.test)[1]) == [Int32(start), Int32(start + 2)])
        #expect(split.trainingEvents(of: first.user).count == 3)
        // Users of one domain only are never cold.
        #expect(roles(split)[20...] == ["..", ".."])
        // Another seed chooses others; the same seed the same.
        let other = try Split(rule, dataset: dataset, seed: 8)
        let again = try Split(rule, dataset: dataset, seed: 7)
        #expect(roles(other) != roles(split) && roles(again) == roles(split))

        let untimed = try memoryDataset(overlapping, timed: false)
        let all = try Split(rule, dataset: untimed, seed: 7)
        #expect(all.history(of: all.cases(.test)[0]).count == 3)
        #expect(
            throws: SplitError.unknownDomain("bb", known: ["a", "b"], nearest: "b")
        ) {
            try Split(
                .coldUsers(target: "bb", share: 0.5, validationShare: 0), dataset: dataset, seed: 1)
        }
    }

    // Over random datasets: histories hold only earlier events of the same user.
    @Test(arguments: [
        SplitRule.leaveOneOut, .leaveOneOutPerDomain, .ratio(train: 0.6, validation: 0.2),
        .timeCut(validation: 0.2, test: 0.2),
        .coldUsers(target: "a", share: 0.5, validationShare: 0.3),
    ])
    func neverSeesTheFuture(rule: SplitRule) throws {
        var stream = RandomStream(seed: 4, name: "split")
        let dataset = try memoryDataset(
            (0..<40).map { _ in
                (0..<(1 + stream.uniform(below: 12))).map { _ in
                    Int32(1 + stream.uniform(below: 20))
                }
            })
        let split = try Split(rule, dataset: dataset, seed: 1)
        var checked = 0
        for part in Part.allCases {
            for evaluationCase in split.cases(part) {
                let history = split.history(of: evaluationCase)
                let start = dataset.events(of: evaluationCase.user).lowerBound
                #expect(!history.isEmpty)
                #expect(history.allSatisfy { $0 >= start && $0 < evaluationCase.event })
                #expect(history == history.sorted())
                #expect(dataset.items[evaluationCase.event] == evaluationCase.item.rawValue)
                #expect(
                    split.role(ofEvent: evaluationCase.event)
                        == (part == .test ? .test : .validation))
                let domains = Set(
                    history.map { dataset.domainIndex(ofItem: dataset.items[Int($0)]) })
                #expect(
                    evaluationCase.isColdInDomain
                        != domains.contains(evaluationCase.domain.rawValue))
                checked += 1
            }
        }
        #expect(checked > 10)
    }

    @Test func timePointsKeepMicroseconds() throws {
        let first: Int64 = 1_555_632_000_000_000
        let catalog = Catalog(
            name: "a", firstItem: ItemID(rawValue: 1), externalIDs: ["w", "x", "y", "z"])
        let dataset = try Dataset(
            catalogs: [catalog], users: ["u"],
            events: (0..<4).map {
                Event(
                    user: UserID(rawValue: 0), item: ItemID(rawValue: $0 + 1),
                    time: first + Int64($0))
            })
        let rule = """
            {"kind": "time-points", "validation": "2019-04-19T00:00:00.000001Z", \
            "test": "2019-04-19T00:00:00.000003Z"}
            """
        let split = try Split(
            try JSONDecoder().decode(SplitRule.self, from: Data(rule.utf8)), dataset: dataset,
            seed: 0)
        #expect(roles(split) == [".vvt"])
    }

    // A time point is one moment: what leaves out the hour or the zone is none, and so is a day that never was.
    @Test(arguments: [
        "2019-04-19", "2019-04-19T00:00:00", "2019-04-19T00:00", "2019-02-30T00:00:00Z",
        "2019-04-19T25:00:00Z", "2019-04-19T00:00:00Zulu", "19.4.2019", "",
    ])
    func textsThatAreNoTimePoint(text: String) {
        #expect(TimePoint(parsing: text) == nil)
    }

    @Test func rulesReadWell() throws {
        let texts: [(String, SplitRule)] = [
            (#""leave-one-out""#, .leaveOneOut),
            (#"{"kind": "leave-one-out-per-domain"}"#, .leaveOneOutPerDomain),
            (
                #"{"kind": "ratio", "train": 0.8, "validation": 0.1}"#,
                .ratio(train: 0.8, validation: 0.1)
            ),
            (
                #"{"kind": "time-cut", "validation": 0.1, "test": 0.1}"#,
                .timeCut(validation: 0.1, test: 0.1)
            ),
            (
                #"{"kind": "time-points", "validation": 5, "test": 6}"#,
                .timePoints(validation: TimePoint(seconds: 5), test: TimePoint(seconds: 6))
            ),
            (
                #"{"kind": "time-points", "validation": "2019-04-19T02:00:00+02:00", "test": 1555804800.5}"#,
                .timePoints(
                    validation: TimePoint(seconds: 1_555_632_000),
                    test: TimePoint(seconds: 1_555_804_800.5))
            ),
            (
                #"{"kind": "time-points", "validation": "2019-04-19T02:00:00.000001+02:00", "test": "2019-04-21 00:00:00,5Z"}"#,
                .timePoints(
                    validation: TimePoint(seconds: 1_555_632_000.000001),
                    test: TimePoint(seconds: 1_555_804_800.5))
            ),
            (
                #"{"kind": "cold-users", "target": "b", "share": 0.2, "validationShare": 0}"#,
                .coldUsers(target: "b", share: 0.2, validationShare: 0)
            ),
        ]
        for (text, rule) in texts {
            #expect(try JSONDecoder().decode(SplitRule.self, from: Data(text.utf8)) == rule)
            let encoded = try JSONEncoder().encode(rule)
            #expect(try JSONDecoder().decode(SplitRule.self, from: encoded) == rule)
        }
        for (text, hint) in [
            (#""leave-one-uot""#, "did you mean \"leave-one-out\"?"),
            (#"{"kind": "ratio", "trian": 0.8, "validation": 0.1}"#, "did you mean \"train\"?"),
            (#""ratio""#, "expected an object with train"),
            (
                #"{"kind": "ratio", "train": 0.8}"#,
                "validation is missing; it has train, validation"
            ),
            (#"{"kind": "ratio", "train": "much", "validation": 0}"#, "train: expected a number"),
            (
                #"{"kind": "time-points", "validation": "2019-04-19", "test": 6}"#,
                "validation: expected seconds since 1970, or a date with time of day and zone as 2019-04-19T00:00:00Z, got 2019-04-19"
            ),
        ] {
            let error = try #require(throws: DecodingError.self) {
                try JSONDecoder().decode(SplitRule.self, from: Data(text.utf8))
            }
            #expect("\(error)".replacingOccurrences(of: "\\", with: "").contains(hint))
        }
        #expect(throws: SplitError.self) {
            try SplitRule.ratio(train: 0.9, validation: 0.2).validate()
        }
    }
}
