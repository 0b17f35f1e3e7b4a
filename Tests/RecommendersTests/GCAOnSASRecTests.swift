import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// GCA between the threads of a SASRec with one encoder a domain.
struct GCAOnSASRecTests {
    private let shape = DataShape.domains(6, 6)

    private func model(_ change: (inout SASRecConfiguration) -> Void) throws -> SASRec {
        var settings = SASRecConfiguration()
        settings.embeddingSize = 8
        settings.innerSize = 12
        settings.scope = .perDomain
        settings.initializerRange = 0.3
        settings.softmax = .full
        change(&settings)
        let model = try SASRec(settings, shape: shape, random: .seeded(1))
        model.train(false)
        return model
    }

    private func scores(_ model: SASRec, _ rows: [[Int32]]) -> [Float] {
        let domain = DomainID(rawValue: 0)
        return model.states(
            of: .histories(rows), in: [DomainID](repeating: domain, count: rows.count)
        ).linear(model.itemVectors(of: domain)).elements()
    }

    @Test("open gates hear of the other domain's events", arguments: 0..<3)
    func openGatesHear(stage: Int) throws {
        let host = try model { _ in }
        let open = try model { $0.gca.stages = [stage] }
        #expect(scores(host, [[1, 7, 2, 8]]) == scores(host, [[1, 9, 2, 10]]))
        #expect(scores(open, [[1, 7, 2, 8]]) != scores(open, [[1, 9, 2, 8]]))
        // So is what comes after the latest event of the domain.
        #expect(scores(open, [[1, 7, 2, 8]]) != scores(open, [[1, 7, 2, 10]]))
    }

    @Test("training hears of the other domain's latest event as scoring does", arguments: 0..<3)
    func latestEventIsHeardInTraining(stage: Int) throws {
        let open = try model { $0.gca.stages = [stage] }
        // Domain a predicts nothing in these rows: its only event is followed by none of its own.
        func states(_ first: Int32) throws -> [Float] {
            let all = open.trainingStates(of: .training([[first, 7, 8, 9]]))
            #expect(all.map(\.tokens) == [[], [1, 2]])
            return all[1].states.elements()
        }
        #expect(try states(1) != states(2))
        // The state that predicts the row's last target is the one that is scored.
        let scored: [Float] = open.states(
            of: .histories([[1, 7, 8]]), in: [DomainID(rawValue: 1)]
        ).elements()
        for (left, right) in zip(try states(1).suffix(scored.count), scored) {
            #expect(abs(left - right) < 1e-5)
        }
    }

    @Test("GCA needs encoders of domains that can be stopped")
    func refusals() {
        #expect(throws: ConfigurationError.self) {
            try SASRecConfiguration(overrides: ["gca": ["stages": [0]]])
        }
        #expect(throws: ConfigurationError.self) {
            try model { $0.gca.stages = [3] }
        }
        #expect(GRU4Rec.gcaStages.isEmpty && SASRec.gcaStages.count == 3)
    }

    /// Two modules a stage of 16 d² + 9 d numbers: attention 4 d² + 4 d, gate 12 d² + 5 d.
    @Test func parametersOfAStage() throws {
        let host = try model { _ in }
        let two = try model { $0.gca.stages = [0, 2] }
        #expect(two.parameterCount - host.parameterCount == 4 * (16 * 64 + 9 * 8))
    }
}
