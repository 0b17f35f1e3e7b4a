import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Against a transcription of the published formulas in float64, not a run of the authors' code, which is TensorFlow 1;
/// see tools/fixtures/README.md.
///
/// Errors are relative to the largest magnitude of the tensor in question.
@Suite struct PiNetParityTests {
    private static let tolerance = 1e-5
    private static let names = ["pi-net", "psjnet"]
    private let shape = DataShape.domains(6, 7)

    private func model(_ name: String) throws -> any ItemRanker & SteppedInTraining {
        let settings: JSONValue = [
            "embeddingSize": 5, "hiddenSize": 6, "members": 3, "dropout": 0,
        ]
        let model = try Models.entry(named: name).build(settings, shape, .seeded(1))
        return try #require(model as? any ItemRanker & SteppedInTraining)
    }

    private func weights(_ fixture: [String: Tensor]) -> [String: Tensor] {
        let named = fixture.filter { $0.key.hasPrefix("param.") }
        return Dictionary(
            uniqueKeysWithValues: named.map { (String($0.key.dropFirst(6)), $0.value) })
    }

    @Test("loss and the gradients of all parameters", arguments: PiNetParityTests.names)
    func lossAndGradients(name: String) throws {
        let fixture = try Fixture.tensors("pinet/\(name)")
        let model = try model(name)
        try model.load(weights(fixture))
        let batch = SequenceBatch.training(fixture.rows("training"))
        let loss = model.loss(of: .sequences(batch, negatives: []), in: model.phases[0])
        #expect(try relativeError(loss.total, #require(fixture["loss"])) < Self.tolerance)
        loss.total.backward()
        try model.expectGradients(of: fixture, count: (name == "pi-net" ? 36 : 32))
    }

    private func expectScores(
        _ model: any ItemRanker, _ fixture: [String: Tensor], _ prefix: String
    ) throws {
        model.train(false)
        let histories = SequenceBatch.histories(fixture.rows("evaluation"))
        for (index, name) in ["A", "B"].enumerated() {
            let domain = DomainID(rawValue: index)
            let states = model.states(
                of: histories, in: [DomainID](repeating: domain, count: histories.rows))
            let scores = states.linear(model.itemVectors(of: domain))
            let expected = try #require(fixture["\(prefix)scores.\(name)"])
            #expect(relativeError(scores, expected) < Self.tolerance)
        }
    }

    @Test("scores of all items", arguments: PiNetParityTests.names)
    func scores(name: String) throws {
        let fixture = try Fixture.tensors("pinet/\(name)")
        let model = try model(name)
        try model.load(weights(fixture))
        try expectScores(model, fixture, "")
    }

    @Test("with the gate's map of the members in the candidate, what the released code computes")
    func releasedFunction() throws {
        let fixture = try Fixture.tensors("pinet/pi-net")
        let model = try model("pi-net")
        var weights = weights(fixture)
        for name in ["A", "B"] {
            weights["filter_\(name).candidate.V_s"] = weights["filter_\(name).gate.V_f"]
        }
        try model.load(weights)
        try expectScores(model, fixture, "released.")
    }
}

struct DomainTimelineTests {
    /// Items 1 to 6, 7 to 9 and 10 to 12 are three domains.
    private let shape = DataShape.domains(6, 3, 3)

    @Test func knowsWhatIsNewest() {
        let timeline = DomainTimeline(.histories([[1, 7, 2, 10], [], [8, 8, 3]]), shape: shape)
        #expect(timeline.threads.map(\.items) == [[1, 2, 3], [7, 8, 8], [10]])
        #expect(timeline.threads.map(\.tokens) == [[0, 2, 6], [1, 4, 5], [3]])
        #expect(timeline.threads.map(\.offsets) == [[0, 2, 2, 3], [0, 1, 1, 3], [0, 1, 1, 1]])
        #expect(timeline.newest[0] == [0, 0, 1, 1, -1, -1, 2])
        #expect(timeline.newest[1] == [-1, 0, 0, 0, 1, 2, 2])
        // Events of all threads in turn: 1, 2, 3 are 0 to 2, then 7, 8, 8 are 3 to 5, and 10 is 6.
        #expect(timeline.events == [0, 3, 1, 6, 4, 5, 2])
        #expect(timeline.newestElsewhere[0] == [-1, 3, 3, 6, 4, 5, 5])
        #expect(timeline.newestElsewhere[1] == [0, 0, 1, 6, -1, -1, 2])
        #expect(timeline.countsElsewhere[0] == [0, 1, 1, 2, 1, 2, 2])
    }

    @Test func stepsOfADomain() {
        let batch = SequenceBatch.training([[1, 7, 2, 10], [8, 8, 3]])
        #expect(PredictedSteps.training(batch, of: 1..<7).tokens == [1, 4])
        #expect(PredictedSteps.training(batch, of: 1..<7).offsets == [0, 1, 2])
        #expect(PredictedSteps.training(batch, of: 7..<10).tokens == [0, 3])
        let newest = PredictedSteps.newest(.histories([[1, 7], [], [3]]))
        #expect(newest.tokens == [1, -1, 2] && newest.offsets == [0, 1, 2, 3])
        #expect(newest.at([5, 6, 7]) == [6, -1, 7])
    }
}

struct SplitJoinTests {
    private static let names = ["pi-net", "psjnet"]

    private func model(
        _ name: String, shape: DataShape, _ settings: JSONValue = [:]
    ) throws -> any ItemRanker & SteppedInTraining {
        let base: JSONValue = ["embeddingSize": 4, "hiddenSize": 6, "dropout": 0]
        let model = try Models.entry(named: name).build(
            base.merging(settings), shape, .seeded(1))
        model.randomize(seed: 5)
        return try #require(model as? any ItemRanker & SteppedInTraining)
    }

    @Test("π-Net is PSJNet-I") func piNetIsPSJNetI() throws {
        let shape = DataShape.domains(6, 6)
        let rows: [[Int32]] = [[1, 7, 8, 2, 3, 9], [10, 5, 11, 6]]
        let variants: [(name: String, settings: JSONValue)] = [
            ("pi-net", [:]), ("psjnet", ["variant": "I"]),
        ]
        let losses = try variants.map { name, settings in
            let model = try model(name, shape: shape, settings)
            return model.loss(
                of: .sequences(.training(rows), negatives: []), in: model.phases[0]
            ).total
        }
        #expect(identical(losses[0], losses[1]))
    }

    /// With three domains a domain hears of both others, and a training state is what scoring makes of the prefix.
    @Test(arguments: SplitJoinTests.names)
    func prefixesAreScoredAlike(name: String) throws {
        let shape = DataShape.domains(4, 4, 4)
        let model = try model(name, shape: shape)
        let row: [Int32] = [9, 1, 5, 10, 2, 6, 1, 12]
        let states = model.trainingStates(of: .training([row]))
        #expect(states.count == 3)
        for (index, own) in states.enumerated() {
            #expect(own.tokens == [0, 1, 2, 3, 4, 5, 6])
            let prefixes = (1..<row.count).map { Array(row.prefix($0)) }
            let scored = model.states(
                of: .histories(prefixes),
                in: [DomainID](repeating: DomainID(rawValue: index), count: prefixes.count))
            #expect(relativeError(scored[0..<7].narrowed(1, 0..<12), own.states) < 1e-6)
        }
    }

    /// A domain alone and an account without events: what was never heard is zero.
    @Test(arguments: SplitJoinTests.names)
    func nothingHeardIsZero(name: String) throws {
        let model = try model(name, shape: .domains(6, 6))
        let states = model.states(
            of: .histories([[1, 2, 3], [], [7]]), in: [0, 1, 0].map { DomainID(rawValue: $0) })
        func part(_ row: Int, _ range: Range<Int>) -> Double {
            states[row..<row + 1].narrowed(1, range).magnitude().maximum().item()
        }
        #expect(part(0, 0..<6) == 0 && part(0, 6..<12) > 0)
        #expect(part(1, 0..<12) == 0)
        #expect(part(2, 0..<6) > 0 && part(2, 6..<12) == 0)
    }

    @Test("gates of fresh nets are open by a bias of 1") func freshBiases() throws {
        let model = try Models.entry(named: "pi-net").build(
            ["hiddenSize": 2], .domains(6, 6), .seeded(1))
        let biases = try #require(model.state()["transfer_A.bias_ih_l0"])
        #expect(biases.elements() as [Float] == [1, 1, 1, 1, 0, 0])
    }

    @Test("settings out of range are refused, and so is one domain") func refusals() {
        #expect(throws: ConfigurationError.self) {
            try PiNetConfiguration(overrides: ["members": 0])
        }
        #expect(throws: ConfigurationError.self) {
            try PSJNetConfiguration(overrides: ["dropout": 1])
        }
        #expect(throws: ConfigurationError.self) {
            try PiNet(PiNetConfiguration(), shape: .domains(6), random: .seeded(1))
        }
    }
}
