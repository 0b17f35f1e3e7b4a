import Interactions
import Recommenders
import Testing
import Torch
import TorchNN

@Suite struct EMCDRTests {
    let a = DomainID(rawValue: 0)
    let b = DomainID(rawValue: 1)
    let planted = PlantedRatings()

    func model(_ parameters: JSONValue, shape: DataShape = twoDomains) throws -> EMCDR {
        try EMCDR(.init(overrides: parameters), shape: shape, random: .seeded(3))
    }

    /// Width 1: user u has [u + 1; u / 4] in the source and [-u; u / 2] in the target, item i (i / 2; -i / 8);
    /// the bridge maps [p; b] to [2p + b; 4b].
    func handMade(_ parameters: JSONValue = [:], shape: DataShape = twoDomains) throws -> EMCDR {
        let model = try model(
            (["width": 1] as JSONValue).merging(parameters), shape: shape)
        try model.set("mean", [3, 2, 5].prefix(shape.domains.count).map { $0 })
        try model.set("source.user_factors.weight", [1, 2, 3, 4])
        try model.set("source.user_biases.weight", [0, 0.25, 0.5, 0.75])
        try model.set("target.user_factors.weight", [0, -1, -2, -3])
        try model.set("target.user_biases.weight", [0, 0.5, 1, 1.5])
        try model.set("source.item_factors.weight", [0.5, 1, 1.5])
        try model.set("source.item_biases.weight", [-0.125, -0.25, -0.375])
        try model.set("target.item_factors.weight", [2, 2.5])
        try model.set("target.item_biases.weight", [-0.5, -0.625])
        try model.set("bridge.weight", [2, 1, 0, 4])
        return model
    }

    @Test func coldUsersAreMappedAndWarmOnesKeepTheirVector() throws {
        // User 1, item 4: cold [2 · 2 + 0.25; 1]: 2 - 0.5 + 1 + 4.25 · 2 = 11; warm [-1; 0.5]: 2 - 0.5 + 0.5 - 2 = 0.
        // User 1, item 1 of the source: 3 - 0.125 + 0.25 + 2 · 0.5 = 4.125, cold or not.
        let queries = RatingQueries(
            users: [1, 1, 1, 1], items: [4, 1, 4, 1], isCold: [true, true, false, false])
        #expect(try handMade().ratings(of: queries).elements() == [Float(11), 4.125, 0, 4.125])
        let mapped = try handMade(["mapsWarmUsers": true]).ratings(of: queries)
        #expect(mapped.elements() == [Float(11), 4.125, 11, 4.125])
    }

    @Test func aThirdDomainIsPredictedByItsMean() throws {
        let shape = DataShape(
            domains: twoDomains.domains + [.init(name: "c", firstItem: 6, itemCount: 2)],
            userCount: 4)
        let model = try handMade(shape: shape)
        let got = model.ratings(of: .all(users: [1, 1, 2], items: [7, 4, 6], isCold: true))
        #expect(got.elements() == [Float(5), 11, 5])
        #expect(model.itemVectors(of: DomainID(rawValue: 2)).shape == [2, 3])
    }

    @Test func theBridgeLossIsTheErrorOfMappedVectors() throws {
        // User 1: [4.25; 1] against [-1; 0.5]; user 2: [6.5; 2] against [-2; 1]:
        // (27.5625 + 0.25 + 72.25 + 1) / 4 = 25.265625; the matrix has the squared norm 4 + 1 + 16 = 21.
        let model = try handMade(["bridgeRegularization": 0.5])
        let loss = model.loss(of: .users([1, 2]), in: model.phases[3])
        #expect(loss.parts.map { $0.value.item() } == [25.265625, 21])
        #expect(loss.total.item() == 25.265625 + 10.5)
    }

    @Test func scoresOfTheRankerAreTheRatings() throws {
        let model = try handMade()
        // User 1 has a history in the source alone, user 2 in both domains.
        let histories = SequenceBatch(
            users: [UserID(rawValue: 1), UserID(rawValue: 2)], offsets: [0, 1, 3],
            items: [2, 1, 5], times: [0, 0, 0])
        for (domain, items) in [(a, [Int32](1...3)), (b, [4, 5])] {
            let scores = model.states(of: histories, in: [domain, domain])
                .matmul(model.itemVectors(of: domain).transposed())
            for (row, user) in [Int32(1), 2].enumerated() {
                let queries = RatingQueries.all(
                    users: items.map { _ in user }, items: items, isCold: row == 0)
                #expect(
                    scores[row].elements() == model.ratings(of: queries).elements(as: Float.self))
            }
        }
        let mixed = model.states(of: histories, in: [a, b]).elements(as: Float.self)
        #expect(mixed == [2, 0.25, 1, -2, 1, 1])
        #expect(model.needsKnownUser)
    }

    @Test func phasesAreTheMeansBothDomainsAndTheBridge() throws {
        let model = try model([
            "source": "b", "target": "a", "sourceEpochs": 3, "targetEpochs": 4, "bridgeEpochs": 5,
        ])
        #expect(
            model.phases.map(\.name) == ["mean", "source", "target", "bridge"])
        #expect(model.phases.map(\.epochs) == [nil, 3, 4, 5])
        #expect(model.phases.map(\.trainable) == [nil, ["source."], ["target."], ["bridge."]])
        let domains = model.phases.map { phase -> [DomainID] in
            switch phase.work {
            case .ratings(let domains, _), .users(let domains, _): domains
            case .sequences, .fit: []
            }
        }
        #expect(domains == [[], [b], [a], [b, a]])
    }

    @Test(arguments: ["linear", "mlp"])
    func aPhaseChangesItsOwnTensorsAndNoOther(bridge: String) throws {
        let model = try model(["bridge": .string(bridge)], shape: planted.shape)
        var before = model.snapshot()
        var seen: [String] = []
        train(model, on: planted.training, shape: planted.shape, steps: 2) { phase in
            let now = model.snapshot()
            if let prefixes = phase.trainable {
                for name in now.keys {
                    let isOwn = prefixes.contains(where: name.hasPrefix)
                    #expect((now[name] != before[name]) == isOwn, "\(name) in \(phase.name)")
                    let hasGradient =
                        model.parameters().first { $0.name == name }?.parameter.value.gradient
                        != nil
                    #expect(hasGradient == isOwn, "gradient of \(name) in \(phase.name)")
                }
            }
            before = now
            seen.append(phase.name)
        }
        #expect(seen == ["mean", "source", "target", "bridge"])
    }

    @Test func aPlantedLinearBridgeIsRecovered() throws {
        let model = try model(["width": 1, "bridgeEpochs": 1])
        try model.set("source.user_factors.weight", [1, -2, 0.5, 3])
        try model.set("source.user_biases.weight", [0.25, 0.5, -0.5, 1])
        // [p; b] to [0.5p - b; p + 2b].
        try model.set("target.user_factors.weight", [0.25, -1.5, 0.75, 0.5])
        try model.set("target.user_biases.weight", [1.5, -1, -0.5, 5])
        let phase = model.phases[3]
        model.setTrainable(prefixes: phase.trainable)
        let optimizer = Optimizer(.init(), module: model)
        for _ in 0..<1500 {
            optimizer.clearGradients()
            model.loss(of: .users([0, 1, 2]), in: phase).total.backward()
            optimizer.step(learningRate: 0.02)
        }
        let weight = try #require(model.snapshot()["bridge.weight"])
        for (got, wanted) in zip(weight, [0.5, -1, 1, 2] as [Float]) {
            #expect(abs(got - wanted) < 1e-3)
        }
        // User 3 took no part: [3; 1] is mapped to [0.5; 5], as planted.
        let queries = RatingQueries(users: [3, 3], items: [4, 4], isCold: [true, false])
        let ratings = model.ratings(of: queries).elements(as: Float.self)
        #expect(abs(ratings[0] - ratings[1]) < 0.01)
    }

    @Test(arguments: ["linear", "mlp"])
    func coldUsersGainFromPlantedTransfer(bridge: String) throws {
        let model = try model(
            [
                "bridge": .string(bridge), "width": 2, "regularization": 0.001, "sourceEpochs": 1,
                "targetEpochs": 1, "bridgeEpochs": 1,
            ], shape: planted.shape)
        try train(model, on: planted.training, shape: planted.shape, steps: 500)
        let mean = try MeanRating(.init(), shape: planted.shape, random: .seeded(1))
        mean.fit(to: planted.training)
        let queries = RatingQueries.all(
            users: planted.cold.users, items: planted.cold.items, isCold: true)
        let error = PlantedRatings.error(model.ratings(of: queries), planted.cold)
        let baseline = PlantedRatings.error(mean.ratings(of: queries), planted.cold)
        #expect(error < 0.5 * baseline, "\(error) against \(baseline) of the item means")
    }

    @Test func parametersAreTheExpectedOnes() throws {
        func factors(_ domain: String, items: Int) -> [String] {
            [
                "\(domain).user_factors.weight: [4, 10]", "\(domain).user_biases.weight: [4, 1]",
                "\(domain).item_factors.weight: [\(items), 10]",
                "\(domain).item_biases.weight: [\(items), 1]",
            ]
        }
        var expected = ["mean: [2]"] + factors("source", items: 3)
        expected += factors("target", items: 2) + ["bridge.weight: [11, 11]"]
        #expect(try model([:]).layout == expected)

        expected = ["mean: [2]"] + factors("source", items: 2) + factors("target", items: 3)
        expected += [
            "bridge.dense_1.weight: [22, 11]", "bridge.dense_1.bias: [22]",
            "bridge.dense_2.weight: [11, 22]", "bridge.dense_2.bias: [11]",
        ]
        #expect(try model(["source": "b", "bridge": "mlp"]).layout == expected)

        expected = [
            "source.user_factors.weight: [4, 2]", "source.item_factors.weight: [3, 2]",
            "target.user_factors.weight: [4, 2]", "target.item_factors.weight: [2, 2]",
            "bridge.weight: [2, 2]",
        ]
        #expect(try model(["biases": false, "width": 2]).layout == expected)
    }

    @Test func everySettingChangesRatings() throws {
        func ratings(_ parameters: JSONValue) throws -> [Float] {
            let small: JSONValue = ["sourceEpochs": 2, "targetEpochs": 2, "bridgeEpochs": 2]
            let model = try model(
                small.merging(parameters), shape: planted.shape)
            // Item 16 has no rating left: only then does clearing what is unseen matter for the warm.
            var events = planted.training
            let kept = events.items.indices.filter { events.items[$0] != 16 }
            events = RatingBatch(
                users: kept.map { events.users[$0] }, items: kept.map { events.items[$0] },
                ratings: kept.map { events.ratings[$0] })
            try train(model, on: events, shape: planted.shape, steps: 2)
            let queries = RatingQueries(
                users: [0, 9, 3, 9, 1], items: [1, 10, 12, 2, 16],
                isCold: [false, true, false, false, false])
            return model.ratings(of: queries).elements()
        }
        let usual = try ratings([:])
        let changes: JSONValue = [
            "source": "target", "target": "source", "width": 3, "biases": false,
            "initialDeviation": 0.7, "regularization": 0.9, "clearsUnseen": false,
            "bridge": "mlp", "bridgeRegularization": 0.5, "mapsWarmUsers": true,
            "sourceEpochs": 1, "targetEpochs": 1, "bridgeEpochs": 1,
        ]
        #expect(Set(changes.object.keys) == Set(EMCDRConfiguration().json.object.keys))
        for (key, value) in changes.object {
            #expect(try ratings([key: value]) != usual, "\(key) changes nothing")
        }
        #expect(try ratings([:]) == usual)
    }

    @Test func wrongDomainsAreRefused() throws {
        #expect(
            throws: ConfigurationError.value(
                path: "target", expected: "another domain than source", got: "a")
        ) { try model(["source": "a", "target": "a"]) }
        let food = DataShape(
            domains: [
                .init(name: "food", firstItem: 1, itemCount: 1),
                .init(name: "kitchen", firstItem: 2, itemCount: 1),
            ], userCount: 1)
        let error = try #require(throws: ConfigurationError.self) {
            try model(["target": "kichen"], shape: food)
        }
        #expect(error.description == "target: unknown kichen; did you mean kitchen?")
        let single = DataShape(domains: [food.domains[0]], userCount: 1)
        #expect(
            throws: ConfigurationError.value(path: "source", expected: "two domains", got: "1")
        ) { try model([:], shape: single) }
    }

    @Test(arguments: [
        ("width", 0 as JSONValue), ("initialDeviation", 0.0), ("regularization", -0.1),
        ("bridgeRegularization", -0.1), ("sourceEpochs", 0), ("targetEpochs", 0),
        ("bridgeEpochs", 0), ("bridge", "cubic"), ("bridgeEpoch", 3),
    ])
    func settingsOutOfRangeAreRefused(key: String, value: JSONValue) {
        #expect(throws: ConfigurationError.self) {
            try EMCDRConfiguration(overrides: [key: value])
        }
    }
}
