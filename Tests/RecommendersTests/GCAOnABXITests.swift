import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// GCA inside its host; items 1 to 6 are domain a, 7 to 12 b, 13 to 18 c.
struct GCAOnABXITests {
    private static let stageSets: [[Int]] = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]
    private let rows: [[Int32]] = [
        [1, 7, 8, 2, 3, 9, 10, 4, 11, 5], [12, 6, 5, 7, 8, 4, 9, 3], [2, 10, 1, 11],
    ]

    private func configuration(_ stages: [Int]) -> GCAConfiguration {
        var configuration = GCAConfiguration()
        configuration.stages = stages
        return configuration
    }

    /// Counted by hand from the architecture; the paper's figure shows 9.65 M for Food–Kitchen, 8.82 M for
    /// Beauty–Electronics, and 2.1 M more a stage, which can be read to 0.02 M.
    @Test(
        "parameter totals are the architecture's, and the published ones as far as a figure shows them",
        arguments: [
            ([], 9_651_200, 8_821_760), ([0], 11_752_960, 10_923_520),
            ([0, 1], 13_854_720, 13_025_280), ([0, 1, 2], 15_956_480, 15_127_040),
        ])
    func parameterTotals(stages: [Int], foodKitchen: Int, beautyElectronics: Int) throws {
        var settings = ABXIConfiguration()
        settings.truncatedEmbeddings = false
        settings.gca.stages = stages
        let first = try ABXI(settings, shape: .domains(11_837, 16_258), random: .seeded(1))
        #expect(first.parameterCount == foodKitchen)
        settings.domainRank = 64
        let second = try ABXI(settings, shape: .domains(10_379, 14_188), random: .seeded(1))
        #expect(second.parameterCount == beautyElectronics)
    }

    @Test("depth two doubles the parameters of a stage")
    func depth() throws {
        let host = try TinyABXI().model.parameterCount
        var gca = GCAConfiguration.stages(0, 2)
        let one = try TinyABXI(gca: gca).model.parameterCount
        gca.depth = 2
        #expect(try TinyABXI(gca: gca).model.parameterCount - host == 2 * (one - host))
    }

    @Test(
        "with a closed gate the host computes what it computes alone", arguments: stageSets,
        [false, true])
    func closedGate(stages: [Int], attendsPadding: Bool) throws {
        let host = try TinyABXI(attendsPadding: attendsPadding)
        var gca = configuration(stages)
        gca.activation = .tanh
        gca.zeroGate = true
        let built = try ABXI(settings(gca), shape: host.shape, random: .seeded(3))
        let gates = built.state().filter { $0.key.contains(".gate.dense_2.") }
        #expect(gates.count == 4 * stages.count)
        #expect(gates.values.allSatisfy { $0.magnitude().maximum().item() == 0 })
        // Everything but the gates' last layer is random, so that only the gate can close.
        let closed = try TinyABXI(gca: gca, attendsPadding: attendsPadding)
        try adopt(host, into: closed) { $0.contains(".gate.dense_2.") ? gates[$0] : nil }
        // With GCA, inference reads whole threads; without, it computes the newest tokens alone, by
        // sums in another order.
        let tolerance = 1e-6
        let open = try TinyABXI(gca: gca, attendsPadding: attendsPadding)
        try adopt(host, into: open) { _ in nil }
        #expect(identical(host.loss(rows).total, closed.loss(rows).total))
        #expect(!identical(host.loss(rows).total, open.loss(rows).total))
        for domain in 0..<2 {
            let training = [host, closed, open].map { $0.trainingStates(rows)[domain].states }
            #expect(identical(training[0], training[1]))
            #expect(!identical(training[0], training[2]))
            // Two histories of one domain alone, and an empty one.
            let histories = rows + [[1, 2], [8], []]
            let inference = [host, closed, open].map { $0.states(histories, domain: domain) }
            #expect(relativeError(inference[1], inference[0]) <= tolerance)
            #expect(relativeError(inference[2], inference[0]) > 1e-3)
        }
    }

    private func settings(_ gca: GCAConfiguration) -> ABXIConfiguration {
        var settings = ABXIConfiguration()
        settings.embeddingSize = 8
        settings.gca = gca
        return settings
    }

    /// Gives a model with GCA its host's weights by name, and others that `replacement` names.
    private func adopt(
        _ host: TinyABXI, into target: TinyABXI, replacement: (String) -> Tensor?
    ) throws {
        let own = host.model.state()
        var state = target.model.state()
        for name in state.keys { state[name] = own[name] ?? replacement(name) ?? state[name] }
        try target.model.load(state)
    }

    @Test(
        "domain b reaches a's states only through GCA once the mixed thread is silent",
        arguments: [[]] + stageSets)
    func onlyThroughGCA(stages: [Int]) throws {
        let tiny = try TinyABXI(gca: configuration(stages))
        // With a scale of zero, what the norm of the mixed thread's part lets through is a constant.
        let scale = try #require(tiny.model.state()["norm_i2a.weight"])
        scale.copy(from: .zeros(scale.shape))
        let states = tiny.trainingStates(rows)[0].states
        (states * Generator(seed: 9).normal(states.shape)).sum().backward()
        let table = try #require(tiny.model.state()["ei.weight"])
        let slopes = try #require(table.gradient)
        #expect(slopes[1..<7].magnitude().maximum().item() > 0)
        #expect((slopes[7..<13].magnitude().maximum().item() > 0) == !stages.isEmpty)

        // Other items of b at the same places.
        let swapped = rows.map { $0.map { $0 > 6 ? 19 - $0 : $0 } }
        let unchanged = identical(tiny.trainingStates(swapped)[0].states, states)
        #expect(unchanged == stages.isEmpty)
        tiny.model.train(false)
        let same = identical(tiny.states(rows, domain: 0), tiny.states(swapped, domain: 0))
        #expect(same == stages.isEmpty)
    }

    @Test("an item changes no state before it", arguments: [2, 3], [[]] + stageSets)
    func futureIsUnseen(domains: Int, stages: [Int]) throws {
        let tiny = try TinyABXI(domains: domains, gca: configuration(stages))
        let events: [Int32] =
            domains == 2
            ? [1, 7, 8, 2, 3, 9, 10, 4, 11, 5] : [1, 13, 7, 2, 14, 8, 15, 3, 9, 16, 4, 10]
        let before = tiny.trainingStates([events])
        for place in 1..<events.count - 1 {
            var changed = events
            // Another item of the same domain; the last of each is used nowhere above.
            changed[place] = (events[place] - 1) / 6 * 6 + 6
            let after = tiny.trainingStates([changed])
            var changes = 0
            for (left, right) in zip(before, after) {
                #expect(left.tokens == right.tokens)
                let earlier = left.tokens.count { $0 < Int32(place) }
                #expect(identical(left.states[0..<earlier], right.states[0..<earlier]))
                changes += identical(left.states, right.states) ? 0 : 1
            }
            #expect(changes > 0, "place \(place)")
        }
    }

    @Test("a batch without any item of a domain trains and scores", arguments: stageSets)
    func missingDomain(stages: [Int]) throws {
        let tiny = try TinyABXI(gca: configuration(stages))
        let loss = tiny.loss([[1, 2, 3], [4, 5]])
        #expect(loss.parts.map(\.name) == ["a", "b"])
        loss.total.backward()
        let gradients = tiny.model.parameters().compactMap(\.parameter.value.gradient)
        #expect(gradients.count > 10 && gradients.allSatisfy { $0.isFinite })
        tiny.model.train(false)
        let states = tiny.states([[1, 2], []], domain: 1)
        #expect(states.isFinite)
    }

    @Test("evaluation records cosines between 0 and 1, training none")
    func diagnostics() throws {
        let tiny = try TinyABXI(gca: .stages(0, 1))
        _ = tiny.trainingStates(rows)
        #expect(tiny.model.diagnostics().isEmpty)
        tiny.model.train(false)
        _ = tiny.states(rows, domain: 0)
        let found = tiny.model.diagnostics()
        #expect(
            found.keys.sorted() == [
                "mean |cos| a", "mean |cos| b", "|mean cos| a", "|mean cos| b",
            ])
        for domain in ["a", "b"] {
            let mean = try #require(found["mean |cos| \(domain)"])
            let absolute = try #require(found["|mean cos| \(domain)"])
            #expect(mean > 0 && mean < 1)
            #expect(absolute >= 0 && absolute <= mean)
        }
        // Reading starts anew, and so does a reset.
        #expect(tiny.model.diagnostics().isEmpty)
        _ = tiny.states(rows, domain: 0)
        tiny.model.resetDiagnostics()
        #expect(tiny.model.diagnostics().isEmpty)
        #expect(try TinyABXI().model.diagnostics().isEmpty)
    }

    @Test(
        "settings outside their range are refused by name",
        arguments: [
            (["stages": [3]], "gca.stages: expected stages 0 to 2, got 3"),
            (["stages": [-1]], "gca.stages: expected stages 0 to 2, got -1"),
            (["stages": [1, 1]], "gca.stages: expected each once, got [1, 1]"),
            (["activation": "relu"], "gca.activation: expected sigmoid or tanh, got relu"),
            (
                ["stages": [0], "heads": 3],
                "gca.heads: expected a divisor of the width 256, got 3"
            ),
            (["depth": 0], "gca.depth: expected at least 1, got 0"),
            (["dropout": 1], "gca.dropout: expected at least 0, below 1, got 1.0"),
        ] as [(JSONValue, String)])
    func refusals(gca: JSONValue, message: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try Models.entry(named: "abxi").build(
                ["gca": gca], .domains(6, 6), .seeded(1))
        }
        #expect(error?.description == message)
    }
}
