import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What every model that ranks from histories must do.
struct ItemRankerTests {
    @Test("the suite has every registered model that ranks from histories alone")
    func registryIsCovered() throws {
        var names: [String] = []
        for (name, entry) in Models.all {
            let model = try entry.build([:], RankerCase.shape, .seeded(1))
            guard let ranker = model as? any Ranker, !ranker.needsKnownUser else { continue }
            names.append(name)
        }
        #expect(!names.isEmpty && Set(names) == Set(RankerCase.all.map(\.name)))
    }

    @Test("parameters have the names and shapes of the golden list", arguments: RankerCase.all)
    func goldenParameters(model: RankerCase) throws {
        #expect(try model.build().parameterList == model.parameters)
    }

    @Test(
        "a score for each row and item; of one state a row and one vector an item",
        arguments: RankerCase.all)
    func shapes(model: RankerCase) throws {
        let built = try model.build()
        let domains = [0, 1, 1, 0].map { DomainID(rawValue: $0) }
        #expect(built.scores().shape == [8, 6])
        guard let ranker = built.model as? any ItemRanker else { return }
        let batch = SequenceBatch.histories(
            RankerCase.histories.map {
                ranker.window.latest(of: $0, domain: RankerCase.shape.domain)
            })
        let states = ranker.states(of: batch, in: domains)
        #expect(states.shape.count == 2 && states.size(0) == 4)
        #expect(states.isFinite)
        for domain in domains {
            #expect(ranker.itemVectors(of: domain).shape == [6, states.size(1)])
        }
    }

    @Test("steps on one batch learn it by heart", arguments: RankerCase.all)
    func overfits(model: RankerCase) throws {
        guard let goal = model.overfit else {
            #expect(try !model.build().model.phases.contains(where: \.hasSteps))
            return
        }
        let built = try model.build(seed: 11)
        let optimizer = Optimizer(OptimizerConfiguration(), module: built.model)
        let first = try built.loss().total.item()
        for _ in 0..<goal.steps {
            optimizer.clearGradients()
            try built.loss().total.backward()
            optimizer.step(learningRate: goal.learningRate)
        }
        built.model.train(false)
        let last = try built.loss().total.item()
        #expect(last < goal.loss && goal.loss < first / 4, "from \(first) to \(last)")
    }

    @Test(
        "a fresh model with the stored state scores the same, bit for bit",
        arguments: RankerCase.all)
    func saveAndLoad(model: RankerCase) throws {
        let trained = try model.build(seed: 2)
        trained.model.randomize(seed: 3)
        trained.model.train(false)
        let fresh = try model.build(seed: 4)
        fresh.model.train(false)
        #expect(!identical(fresh.scores(), trained.scores()))
        try fresh.model.load(trained.model.state())
        #expect(identical(fresh.scores(), trained.scores()))
    }

    @Test(
        "evaluation repeats itself; training does from the same dropout seed",
        arguments: RankerCase.all)
    func determinism(model: RankerCase) throws {
        let built = try model.build()
        built.model.train(false)
        #expect(identical(built.scores(), built.scores()))
        guard model.overfit != nil else { return }
        let quiet = try built.loss().total
        #expect(try identical(built.loss().total, quiet))
        built.model.train()
        built.random.dropout.reseed(5)
        let first = try built.loss().total
        #expect(try identical(built.loss().total, first) != model.usesChance)
        built.random.dropout.reseed(5)
        #expect(try identical(built.loss().total, first))
        #expect(identical(first, quiet) != model.usesChance)
    }

    @Test("every setting changes the parameters, the loss or the scores", arguments: RankerCase.all)
    func noDeadSettings(model: RankerCase) throws {
        let base = try model.build()
        #expect(paths(base.resolved) == model.perturbations.keys.sorted())
        for (path, value) in model.perturbations {
            let beside = model.prerequisites[path] ?? [:]
            let one = try model.build(changing: beside)
            let other = try model.build(changing: beside.merging([path: value]) { $1 })
            guard one.parameterList == other.parameterList,
                one.model.parameterCount == other.model.parameterCount
            else { continue }
            guard one.model.negatives == other.model.negatives else { continue }
            if model.overfit != nil, try !identical(other.loss().total, one.loss().total) {
                continue
            }
            one.model.train(false)
            other.model.train(false)
            #expect(
                !identical(other.scores(), one.scores()), "\(path) = \(value) changes nothing")
        }
    }

    /// Code for two domains could take the second for all others.
    @Test(
        "with three domains an event in any counts in any other, where one came later",
        arguments: RankerCase.all.filter { $0.overfit != nil })
    func threeDomains(model: RankerCase) throws {
        let built = try model.build(shape: RankerCase.threeDomains)
        let loss = try built.loss().total
        #expect(loss.isFinite)
        loss.backward()
        built.model.randomize(seed: 4)
        built.model.train(false)
        let history: [Int32] = [1, 5, 9, 6, 2, 10]
        for domain in 0..<3 {
            let scores = built.scores(of: [history], in: domain)
            #expect(scores.shape == [1, 4] && scores.isFinite)
            for position in 0..<3 where model.crosses || position == domain {
                var other = history
                other[position] += 2
                let changed = built.scores(of: [other], in: domain)
                #expect(
                    relativeError(changed, scores) > 1e-5,
                    "domain \(domain) does not hear of domain \(position)")
            }
        }
    }
}
