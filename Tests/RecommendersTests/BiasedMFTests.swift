import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

@Suite struct BiasedMFTests {
    let events = RatingBatch(
        users: [0, 1, 0, 2], items: [1, 2, 4, 5], ratings: [5, 3, 1, 2])
    func model(_ parameters: JSONValue) throws -> BiasedMF {
        try BiasedMF(.init(overrides: parameters), shape: twoDomains, random: .seeded(3))
    }

    /// Width 1 with round numbers: user u has vector u + 1 and bias u / 4, item i vector i / 2 and bias -i / 8.
    func planted() throws -> BiasedMF {
        let model = try model(["width": 1, "regularization": 0.5])
        try model.set("mean", [3, 2])
        try model.set("factors.0.user_factors.weight", [1, 2, 3, 4])
        try model.set("factors.0.user_biases.weight", [0, 0.25, 0.5, 0.75])
        try model.set("factors.0.item_factors.weight", [0.5, 1, 1.5, 2, 2.5])
        try model.set("factors.0.item_biases.weight", [-0.125, -0.25, -0.375, -0.5, -0.625])
        return model
    }

    @Test func aRatingIsMeanAndBiasesAndProduct() throws {
        // user 1, item 4 (b): 2 + 0.25 - 0.5 + 2 · 2 = 5.75; user 2, item 1 (a): 3 + 0.5 - 0.125 + 3 · 0.5 = 4.875.
        let got = try planted().ratings(of: .all(users: [1, 2], items: [4, 1]))
        #expect(got.elements() == [Float(5.75), 4.875])
    }

    @Test func theLossIsSquaredErrorPlusNorms() throws {
        // The two ratings above against 5.75 and 5.875: errors 0 and 1, mean 0.5. Norms: 4 + 4 + 1/16 + 1/4 = 8.3125
        // and 9 + 1/4 + 1/4 + 1/64 = 9.515625, mean 8.9140625; half of it is 4.45703125.
        let batch = RatingBatch(users: [1, 2], items: [4, 1], ratings: [5.75, 5.875])
        let loss = MeasuredLoss(try planted().loss(of: batch))
        #expect(loss.total.item() == 0.5 + 4.45703125)
        #expect(loss.parts.map(\.name) == ["error", "penalty"])
        #expect(loss.parts.map { $0.value.item() } == [0.5, 8.9140625])
    }

    @Test(arguments: ["shared", "per-domain"], [true, false])
    func scoresOfTheRankerAreTheRatings(scope: String, biases: Bool) throws {
        let model = try model([
            "scope": .string(scope), "biases": .bool(biases), "initialDeviation": 1.0,
        ])
        try train(model, on: events, shape: twoDomains, steps: 3)
        let users: [Int32] = [2, 0, 1]
        let histories = SequenceBatch(
            users: users.map(UserID.init(rawValue:)), offsets: [0, 0, 0, 0], items: [], times: [])
        for (index, domain) in twoDomains.domains.enumerated() {
            let id = DomainID(rawValue: index)
            let states = model.states(of: histories, in: [id, id, id])
            let scores = states.matmul(model.itemVectors(of: id).transposed())
            for (row, user) in users.enumerated() {
                let items = Array(domain.items)
                let ratings = model.ratings(of: .all(users: items.map { _ in user }, items: items))
                #expect((scores[row] - ratings).magnitude().maximum().item() < 1e-6)
            }
        }
        #expect(model.needsKnownUser)
    }

    @Test func parametersAreTheExpectedOnes() throws {
        #expect(
            try model([:]).layout == [
                "mean: [2]", "factors.0.user_factors.weight: [4, 10]",
                "factors.0.user_biases.weight: [4, 1]", "factors.0.item_factors.weight: [5, 10]",
                "factors.0.item_biases.weight: [5, 1]",
            ])
        #expect(
            try model(["scope": "per-domain", "biases": false, "width": 3]).layout == [
                "factors.0.user_factors.weight: [4, 3]", "factors.0.item_factors.weight: [3, 3]",
                "factors.1.user_factors.weight: [4, 3]", "factors.1.item_factors.weight: [2, 3]",
            ])
    }

    @Test func fittingTakesMeansAndClearsWhatNoRatingTrains() throws {
        let model = try model(["scope": "per-domain", "width": 1])
        model.fit(to: events)
        let values = model.snapshot()
        #expect(values["mean"] == [4, 1.5])
        // Rated: users 0, 1 and items 1, 2 in a; users 0, 2 and items 4, 5 in b.
        let zeros = values.filter { $0.key.hasSuffix("factors.weight") }
            .mapValues { $0.map { $0 == 0 } }
        #expect(zeros["factors.0.user_factors.weight"] == [false, false, true, true])
        #expect(zeros["factors.0.item_factors.weight"] == [false, false, true])
        #expect(zeros["factors.1.user_factors.weight"] == [false, true, false, true])
        #expect(zeros["factors.1.item_factors.weight"] == [false, false])
    }

    /// An event alone trains nothing: user 3 and item 3 are known by no rating.
    @Test func eventsWithoutARatingClearLikeNone() throws {
        let model = try model(["width": 1])
        model.fit(
            to: RatingBatch(
                users: [0, 1, 2, 3], items: [1, 2, 4, 3], ratings: [5, 3, 1, .nan]))
        let values = model.snapshot()
        #expect(values["mean"] == [4, 1])
        let zeros = values.mapValues { $0.map { $0 == 0 } }
        #expect(zeros["factors.0.user_factors.weight"] == [false, false, false, true])
        #expect(zeros["factors.0.item_factors.weight"] == [false, false, true, false, true])
    }

    @Test func aStepInOneDomainReachesOnlyItsTables() throws {
        let model = try model(["scope": "per-domain"])
        model.setTrainable(prefixes: model.phases[1].trainable)
        let batch = RatingBatch(users: [0], items: [2], ratings: [4])
        MeasuredLoss(model.loss(of: batch)).total.backward()
        for (name, parameter) in model.parameters() {
            #expect((parameter.value.gradient != nil) == name.hasPrefix("factors.0."), "\(name)")
        }
    }

    @Test func trainingLeavesTheMeansAndReachesPlantedRatings() throws {
        let planted = PlantedRatings()
        let configuration = try BiasedMFConfiguration(
            overrides: ["scope": "per-domain", "width": 4, "regularization": 0.0])
        let model = try BiasedMF(configuration, shape: planted.shape, random: .seeded(5))
        var means: [[Float]?] = []
        train(model, on: planted.training, shape: planted.shape, steps: 400) { _ in
            means.append(model.snapshot()["mean"])
        }
        #expect(means.count == 2 && means[0] == means[1])
        let queries = RatingQueries.all(
            users: planted.training.users, items: planted.training.items)
        #expect(PlantedRatings.error(model.ratings(of: queries), planted.training) < 0.02)
    }

    @Test func everySettingChangesRatings() throws {
        func ratings(_ parameters: JSONValue) throws -> [Float] {
            let model = try model(parameters)
            try train(model, on: events, shape: twoDomains, steps: 3)
            return model.ratings(of: .all(users: [0, 1, 3, 3], items: [1, 4, 3, 5])).elements()
        }
        let usual = try ratings([:])
        let changes: JSONValue = [
            "width": 3, "scope": "per-domain", "biases": false, "initialDeviation": 0.7,
            "regularization": 0.9, "clearsUnseen": false,
        ]
        #expect(Set(changes.object.keys) == Set(BiasedMFConfiguration().json.object.keys))
        for (key, value) in changes.object {
            #expect(try ratings([key: value]) != usual, "\(key) changes nothing")
        }
        #expect(try ratings([:]) == usual)
    }

    @Test(arguments: [
        ("width", 0 as JSONValue), ("initialDeviation", 0.0), ("regularization", -0.1),
        ("scope", "both"), ("bias", true),
    ])
    func settingsOutOfRangeAreRefused(key: String, value: JSONValue) {
        #expect(throws: ConfigurationError.self) {
            try BiasedMFConfiguration(overrides: [key: value])
        }
    }
}
