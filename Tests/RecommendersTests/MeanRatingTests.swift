import Interactions
import Recommenders
import Testing
import Torch
import TorchNN

/// Two domains: a holds items 1…3, b items 4…5; four users.
let twoDomains = DataShape(
    domains: [
        .init(name: "a", firstItem: 1, itemCount: 3), .init(name: "b", firstItem: 4, itemCount: 2),
    ], userCount: 4)

@Suite struct MeanRatingTests {
    /// a: item 1 has 5 and 4, item 2 has 3, item 3 nothing; b: item 4 has 1, item 5 has 2.
    let events = RatingBatch(
        users: [0, 1, 2, 0, 1], items: [1, 1, 2, 4, 5], ratings: [5, 4, 3, 1, 2])

    func predictions(_ parameters: JSONValue, events: RatingBatch) throws -> [Float] {
        let model = try MeanRating(
            .init(overrides: parameters), shape: twoDomains, random: .seeded(1))
        model.fit(to: events)
        return model.ratings(of: .all(items: [1, 2, 3, 4, 5])).elements()
    }

    @Test func domainMeansAreWorkedOutByHand() throws {
        // a: (5 + 4 + 3) / 3 = 4; b: (1 + 2) / 2 = 1.5.
        #expect(try predictions(["by": "domain"], events: events) == [4, 4, 4, 1.5, 1.5])
    }

    @Test func itemMeansArePulledTowardsTheDomain() throws {
        // With 2 pseudo-ratings of 4: (9 + 8) / 4 = 4.25, (3 + 8) / 3; of 1.5: (1 + 3) / 3, (2 + 3) / 3.
        let got = try predictions(["by": "item", "shrinkage": 2.0], events: events)
        let expected: [Float] = [4.25, 11 / 3, 4, 4 / 3, 5 / 3]
        #expect(got == expected)
    }

    @Test func withoutShrinkageAnItemWithoutRatingsGetsTheDomainMean() throws {
        #expect(try predictions(["shrinkage": 0.0], events: events) == [4.5, 3, 4, 1, 2])
    }

    @Test func aDomainWithoutRatingsGetsTheMeanOfAll() throws {
        let onlyA = RatingBatch(users: [0, 1], items: [1, 2], ratings: [5, 2])
        #expect(try predictions(["by": "domain"], events: onlyA) == [3.5, 3.5, 3.5, 3.5, 3.5])
    }

    @Test func missingRatingsCountForNothing() throws {
        var sparse = events
        sparse.users.append(3)
        sparse.items.append(3)
        sparse.ratings.append(.nan)
        for level in ["domain", "item"] {
            let got = try predictions(["by": .string(level)], events: sparse)
            #expect(try got == predictions(["by": .string(level)], events: events))
        }
    }

    @Test func everySettingChangesThePrediction() throws {
        let usual = try predictions([:], events: events)
        #expect(try predictions(["by": "domain"], events: events) != usual)
        #expect(try predictions(["shrinkage": 1.0], events: events) != usual)
    }

    @Test func settingsOutOfRangeAreRefused() {
        #expect(
            throws: ConfigurationError.value(
                path: "shrinkage", expected: "at least 0", got: "-1.0")
        ) { try MeanRatingConfiguration(overrides: ["shrinkage": -1.0]) }
        #expect(
            throws: ConfigurationError.unknownKey(
                path: "shrinkag", nearest: "shrinkage", known: ["by", "shrinkage"])
        ) { try MeanRatingConfiguration(overrides: ["shrinkag": 1.0]) }
        #expect(throws: ConfigurationError.self) {
            try MeanRatingConfiguration(overrides: ["by": "user"])
        }
    }

    @Test func dataWithoutRatingsIsRefusedWithCounts() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let model = try MeanRating(.init(), shape: twoDomains, random: .seeded(1))
            model.fit(to: RatingBatch(users: [0, 1], items: [1, 4], ratings: [.nan, .nan]))
        }
        let message = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        #expect(message.contains("expected a rating for each of 2 events, got 0"))
    }

    @Test func theModelIsRegistered() throws {
        let built = try Models.entry(named: "mean-rating").build(
            ["by": "domain"], twoDomains, .seeded(1))
        #expect(built is MeanRating)
        #expect(built.parameters().map(\.name) == ["item_means"])
    }
}
