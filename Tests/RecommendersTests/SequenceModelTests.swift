import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// The frame of all models of single sequences; items 1 to 6 are domain a, 7 to 11 domain b.
struct SequenceModelTests {
    private let shape = DataShape.domains(6, 5)

    private func model(_ scope: SequenceScope, _ softmax: ItemSoftmax) throws -> GRU4Rec {
        var settings = GRU4RecConfiguration()
        settings.embeddingSize = 8
        settings.hiddenSize = 6
        settings.dropout = 0
        settings.maximumLength = 5
        settings.scope = scope
        settings.softmax = softmax
        settings.negatives = 2
        let model = try GRU4Rec(settings, shape: shape, random: .seeded(2))
        model.randomize(seed: 3)
        return model
    }

    /// Minus the log-probability of the first item among all given, by the definition.
    private func negativeLogarithm(_ state: Tensor, _ items: [Int32], _ model: GRU4Rec) -> Double {
        let vectors = items.map { item in
            let domain = shape.domain(of: item)
            return model.itemVectors(of: DomainID(rawValue: domain))[
                Int(item - shape.domains[domain].firstItem)]
        }
        let logits = vectors.map { (state * $0).sum().item() }
        let sum = Tensor(logits).exp().sum().item()
        return Tensor(sum, dtype: .float64).log().item() - logits[0]
    }

    /// Two rows: tokens 0 to 4 and 5 to 7.
    private let rows: [[Int32]] = [[1, 7, 2, 8, 3, 9], [4, 10, 11, 5]]
    /// For each of the 8 tokens two items of a, then two of b.
    private let drawn: [Int32] = [
        4, 5, 9, 10, 4, 6, 10, 11, 5, 6, 11, 9, 6, 1, 10, 7, 4, 1, 8, 7,
        1, 2, 7, 8, 2, 3, 8, 9, 3, 6, 9, 7,
    ]

    @Test("mixed: a position's own sample is of all domains")
    func sampledMixed() throws {
        let model = try model(.mixed, .sampled)
        #expect(model.negatives == .perPosition(2))
        let batch = SequenceBatch.training(rows)
        let loss = model.loss(of: .sequences(batch, negatives: drawn), in: model.phases[0])
        let states = model.trainingStates(of: batch)[0]
        #expect(states.tokens == [0, 1, 2, 3, 4, 5, 6, 7])
        let expected = states.tokens.enumerated().map { place, token in
            let negatives = drawn[Int(token) * 4..<Int(token) * 4 + 4]
            return negativeLogarithm(
                states.states[place], [batch.targets[Int(token)]] + negatives, model)
        }
        #expect(abs(loss.total.item() - expected.reduce(0, +) / 8) < 1e-5)
        #expect(loss.parts.map(\.name) == ["all"])
    }

    @Test("per domain: an encoder sees its own events and its own domain's sample")
    func sampledPerDomain() throws {
        let model = try model(.perDomain, .sampled)
        let batch = SequenceBatch.training(rows)
        let loss = model.loss(of: .sequences(batch, negatives: drawn), in: model.phases[0])
        let states = model.trainingStates(of: batch)
        // Pairs of a: 1 → 2 → 3 and 4 → 5; of b: 7 → 8 → 9 and 10 → 11.
        #expect(states.map(\.tokens) == [[0, 2, 5], [1, 3, 6]])
        let targets: [[Int32]] = [[2, 3, 5], [8, 9, 11]]
        for domain in 0..<2 {
            let expected = states[domain].tokens.enumerated().map { place, token in
                let first = Int(token) * 4 + 2 * domain
                return negativeLogarithm(
                    states[domain].states[place],
                    [targets[domain][place]] + drawn[first..<first + 2], model)
            }
            let found = loss.parts[domain].value.item()
            #expect(abs(found - expected.reduce(0, +) / 3) < 1e-5)
        }
        let total = loss.parts.reduce(0) { $0 + $1.value.item() }
        #expect(abs(loss.total.item() - total) < 1e-6)
    }

    @Test(
        "one sample for the whole batch: of all domains, or of the encoder's own",
        arguments: SequenceScope.allCases)
    func shared(scope: SequenceScope) throws {
        let model = try model(scope, .shared)
        #expect(model.negatives == .perBatch(2))
        // Nothing of them is a target but 7, which the first row's first step has: there it counts once.
        let pool: [Int32] = [6, 1, 7, 7]
        let batch = SequenceBatch.training(rows)
        let loss = model.loss(of: .sequences(batch, negatives: pool), in: model.phases[0])
        var expected = 0.0
        for (encoder, states) in model.trainingStates(of: batch).enumerated() {
            let own = scope == .mixed ? pool[...] : pool[2 * encoder..<2 * encoder + 2]
            let losses = states.tokens.enumerated().map { place, token in
                let range = shape.domains[encoder].items
                let target =
                    scope == .mixed
                    ? batch.targets[Int(token)]
                    : batch.targets[Int(token)...].first { range.contains($0) } ?? 0
                return negativeLogarithm(
                    states.states[place], [target] + own.filter { $0 != target }, model)
            }
            expected += losses.reduce(0, +) / Double(losses.count)
        }
        #expect(abs(loss.total.item() - expected) < 1e-5)
    }

    @Test("the newest states are those of the last steps of training")
    func newest() throws {
        for scope in SequenceScope.allCases {
            let model = try model(scope, .full)
            let batch = SequenceBatch.training([[1, 7, 2, 3], [8, 4, 9, 5, 6]])
            let steps = model.trainingStates(of: batch)[0]
            let histories = SequenceBatch.histories([[1, 7, 2], [8, 4, 9, 5]])
            let newest = model.states(
                of: histories, in: [DomainID](repeating: DomainID(rawValue: 0), count: 2))
            // Tokens 2 and 6 are the last of their rows, and of domain a.
            for (row, token) in [Int32(2), 6].enumerated() {
                let place = try #require(steps.tokens.firstIndex(of: token))
                #expect(relativeError(newest[row], steps.states[place]) < 1e-6)
            }
        }
    }

    @Test("settings outside their ranges are refused by name")
    func ranges() {
        for (name, value) in [
            ("embeddingSize", 0), ("hiddenSize", 0), ("layers", 0), ("dropout", 1),
            ("maximumLength", 0), ("negatives", 0),
        ] {
            #expect(throws: ConfigurationError.self, "\(name)") {
                try GRU4RecConfiguration(overrides: [name: .int(value)])
            }
        }
        #expect(throws: ConfigurationError.self) {
            try SRGNNConfiguration(overrides: ["steps": 0])
        }
    }

    @Test("one encoder a domain reads the latest of each, one encoder those of all together")
    func windows() throws {
        #expect(try model(.mixed, .full).window == HistoryWindow(5))
        #expect(try model(.perDomain, .full).window == HistoryWindow(5, perDomain: true))
    }
}
