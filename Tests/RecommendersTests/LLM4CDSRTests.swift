import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Against the authors' code at commit 676cd16 on fixed weights, in the settings that equal the released code; see
/// Fixtures/manifest.json.
///
/// Errors are relative to the largest magnitude of the tensor in question.
@Suite struct LLM4CDSRTests {
    private static let tolerance = 1e-5

    private func model(
        _ shape: DataShape = .domains(9, 8),
        _ change: (inout LLM4CDSRConfiguration) -> Void = { _ in }
    ) throws -> LLM4CDSR {
        var settings = LLM4CDSRConfiguration()
        settings.embeddingSize = 8
        settings.heads = 2
        settings.dropout = 0
        settings.maximumLength = 12
        settings.hashSize = 16
        settings.jointSize = 10
        change(&settings)
        return try LLM4CDSR(settings, shape: shape, random: .seeded(1))
    }

    private func released() throws -> LLM4CDSR {
        let model = try model {
            $0.itemWeight = 0.3
            $0.itemTemperature = 0.8
            $0.userWeight = 0.7
            $0.userTemperature = 1.5
            $0.causal = false
            $0.sharedNegatives = false
            $0.attendsPadding = true
        }
        try model.load(Fixture.tensors("llm4cdsr/parameters"))
        // The fixture contrasts each row's newest items, as evaluation does.
        model.train(false)
        return model
    }

    /// For each token and domain the negative of the domain's thread and of the mixed one.
    private func negatives(_ fixture: [String: Tensor]) throws -> [Int32] {
        let (own, mixed) = try (
            #require(fixture["negatives.own"]).elements(as: Int64.self).map(Int32.init),
            #require(fixture["negatives.mixed"]).elements(as: Int64.self).map(Int32.init)
        )
        // Neither is ever asked for in another domain than its own.
        return zip(own, mixed).flatMap { own, mixed in [own, mixed, own, mixed] }
    }

    @Test("loss and the gradients of all parameters equal the released code's")
    func lossAndGradients() throws {
        let fixture = try Fixture.tensors("llm4cdsr/train")
        let model = try released()
        let loss = model.loss(
            of: .sequences(
                .training(fixture.rows("sequences")), negatives: try negatives(fixture)),
            in: model.phases[0])
        #expect(loss.parts.map(\.name) == ["a", "b", "items", "users"])
        #expect(try relativeError(loss.total, #require(fixture["loss"])) < Self.tolerance)
        loss.total.backward()
        try model.expectGradients(of: fixture, count: 89)
    }

    @Test("scores of all items equal the released code's")
    func scores() throws {
        let fixture = try Fixture.tensors("llm4cdsr/evaluate")
        let model = try released()
        let histories = SequenceBatch.histories(fixture.rows("sequences"))
        for (index, name) in ["scores_a", "scores_b"].enumerated() {
            let domain = DomainID(rawValue: index)
            let states = model.states(
                of: histories, in: [DomainID](repeating: domain, count: histories.rows))
            let scores = states.linear(model.itemVectors(of: domain))
            #expect(try relativeError(scores, #require(fixture[name])) < Self.tolerance)
        }
    }

    /// Worked out by hand for views (1, 0) and (1, 0): logits and targets' logits are both [[1, 0], [0, 0]]; with
    /// p = e / (1 + e) the entropies are .582203 and .693147 one way, .885643 and .532990 the other.
    @Test func contrastOfTwoViews() {
        let view = Tensor([1, 0] as [Float], shape: [2, 1])
        #expect(abs(softContrast(view, view, temperature: 1).item() - 0.6734958) < 1e-6)
    }

    /// The released training reads what it is to predict; with the mask nothing of it reaches a state.
    @Test(arguments: [true, false])
    func releasedTrainingKnowsTheFuture(causal: Bool) throws {
        let model = try model(RankerCase.shape) {
            $0.causal = causal
            $0.text = "image"
        }
        try model.prepare(with: RankerCase.data(imageSize: 12))
        model.randomize(seed: 4)
        model.train(false)
        func states(_ row: [Int32]) -> [[Float]] {
            model.trainingStates(of: .training([row])).map { $0.states.elements() }
        }
        let before = states([1, 7, 2, 8, 3, 9])
        // Only the newest input differs; the states of the first steps come first.
        let after = states([1, 7, 2, 8, 4, 9])
        let moved = zip(before, after).map { own, other in
            zip(own.prefix(16), other.prefix(16)).map { abs($0 - $1) }.max() ?? 0
        }
        #expect(moved.count == 2)
        for distance in moved { #expect(causal ? distance < 1e-6 : distance > 1e-4) }
    }

    /// A step's negative replaces the target in both threads: a negative that is the target makes both logits equal, so
    /// that the two terms of a step are softplus(x) and softplus(−x), whose difference is x.
    @Test func threadsShareTheNegative() throws {
        let model = try model {
            $0.itemWeight = 0
            $0.userWeight = 0
        }
        model.randomize(seed: 5)
        model.train(false)
        let batch = SequenceBatch.training([[1, 2]])
        // The tables are data, which is not randomised: fill the local one through the state.
        var state = model.state()
        state["item_embA.weight"] = Generator(seed: 6).normal([10, 8])
        state["item_emb_llm.weight"] = Generator(seed: 7).normal([18, 10])
        try model.load(state)
        let loss = model.loss(of: .sequences(batch, negatives: [2, 10]), in: model.phases[0])
        let states = model.states(of: .histories([[1]]), in: [DomainID(rawValue: 0)])
        let logit = (states * model.itemVectors(of: DomainID(rawValue: 0))[1..<2]).sum()
        let expected = (logit.logSigmoid() + (logit * -1).logSigmoid()).item() * -1
        #expect(abs(loss.total.item() - expected) < 1e-5 * max(1, abs(expected)))
    }

    /// Training contrasts drawn items of a person's domains, evaluation the newest.
    @Test func contrastedItemsAreDrawnInTraining() throws {
        var settings = LLM4CDSRConfiguration()
        (settings.embeddingSize, settings.dropout, settings.userWeight) = (8, 0, 0)
        (settings.hashSize, settings.jointSize) = (16, 10)
        let random = RandomSources.seeded(1)
        let model = try LLM4CDSR(settings, shape: RankerCase.shape, random: random)
        model.randomize(seed: 5)
        try model.prepare(with: RankerCase.data(imageSize: 1))
        func contrasts(isTraining: Bool, _ rows: [[Int32]]) -> [Double] {
            model.train(isTraining)
            let batch = SequenceBatch.training(rows)
            return (1...6 as ClosedRange<UInt64>).map { seed in
                random.dropout.reseed(seed)
                let loss = model.loss(
                    of: .sequences(
                        batch, negatives: batch.targets.flatMap { _ in [6, 12] as [Int32] }),
                    in: model.phases[0])
                return loss.parts.first { $0.name == "items" }?.value.item() ?? 0
            }
        }
        let rows: [[Int32]] = [[1, 7, 2, 8, 3, 9, 4], [5, 10, 6, 11, 1, 12, 2]]
        #expect(Set(contrasts(isTraining: true, rows)).count > 2)
        let newest = Set(contrasts(isTraining: false, rows))
        #expect(newest.count == 1)
        // The newest inputs of the two domains are all that it reads.
        #expect(Set(contrasts(isTraining: false, [[3, 9, 4], [1, 12, 2]])) == newest)
    }

    /// Nobody has an event of domain b.
    @Test func oneDomainAloneIsLearned() throws {
        let rows: [[Int32]] = [[1, 2, 3], [4, 5]]
        let model = try model(RankerCase.shape) { $0.gca.stages = [0, 1, 2] }
        try model.prepare(with: RankerCase.data(imageSize: 1))
        let loss = model.loss(
            of: .sequences(.training(rows), negatives: [6, 7, 6, 7, 6, 7]), in: model.phases[0])
        #expect(loss.parts.map(\.name) == ["a", "users"])
        loss.total.backward()
        model.train(false)
        let domain = DomainID(rawValue: 1)
        let states = model.states(of: .histories(rows + [[]]), in: [domain, domain, domain])
        #expect(states.isFinite && states.shape == [3, 16])
        // No state of the domain's thread, and nothing at all for a row without events.
        #expect(states.narrowed(1, 0..<8).magnitude().maximum().item() == 0)
        #expect(states[2..<3].magnitude().maximum().item() == 0)
    }

    @Test func tablesArePrincipalComponentsOfTheTexts() throws {
        let data = RankerCase.data(imageSize: 12)
        let model = try model(RankerCase.shape) { $0.text = "image" }
        try model.prepare(with: data)
        let texts = try ItemTexts(named: "image", hashSize: 1, of: data).vectors
        let state = model.state()
        let joint = try #require(state["item_emb_llm.weight"])
        #expect(identical(joint[1..<13], texts.principalComponents(10)))
        let own = try #require(state["item_embB.weight"])
        #expect(identical(own[1..<7], texts[6..<12].principalComponents(8)))
        #expect(joint[0..<1].magnitude().maximum().item() == 0)
        #expect(own[0..<1].magnitude().maximum().item() == 0)
        let frozen = model.parameters().filter(\.parameter.isData).map(\.name)
        #expect(frozen == ["item_emb_llm.weight", "item_embA.weight", "item_embB.weight"])
    }

    @Test func trainedTablesStartFromTheirComponents() throws {
        let data = RankerCase.data(imageSize: 12)
        let frozen = try model(RankerCase.shape)
        let trained = try model(RankerCase.shape) { $0.trainsItems = true }
        try frozen.prepare(with: data)
        try trained.prepare(with: data)
        for name in ["item_embA.weight", "item_embB.weight"] {
            #expect(
                try identical(
                    #require(frozen.state()[name]), #require(trained.state()[name])))
        }
        #expect(trained.parameterCount == frozen.parameterCount + 2 * 7 * 8)
    }

    @Test func refusesTextsThatAreTooNarrow() throws {
        let model = try model(RankerCase.shape) { $0.text = "image" }
        let error = #expect(throws: ConfigurationError.self) {
            try model.prepare(with: RankerCase.data(imageSize: 9))
        }
        #expect(
            error?.description
                == "jointSize: expected at most 9, the width of the texts, got 10")
    }
}
