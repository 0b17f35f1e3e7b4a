import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What every model that learns from sequences must not do: know the future.
struct TrainingLeakTests {
    private static let stepped = RankerCase.all.filter { $0.overfit != nil }

    /// Settings to look at: the model's own, and GCA at every stage where it attaches.
    private static let looked: [(model: RankerCase, changes: [String: String])] = stepped.flatMap {
        model in
        let stages = model.name == "c2dsr" ? "[0, 1]" : "[0, 1, 2]"
        return [(model, [:])]
            + (model.overrides.contains("gca") ? [(model, ["gca.stages": stages])] : [])
    }

    /// Six tokens, the longest row that fits, with domains mixed and a repeated item: of two domains, and of three.
    private static let rows: [[Int32]] = [[1, 7, 2, 8, 1, 9, 3], [1, 5, 9, 2, 6, 1, 10]]

    /// The states of a row's training, by encoder and token.
    private func states(_ model: any SteppedInTraining, _ row: [Int32]) -> [[Int32: [Float]]] {
        model.trainingStates(of: .training([row])).map { states in
            let width = states.states.size(1)
            let numbers: [Float] = states.states.elements()
            return Dictionary(
                uniqueKeysWithValues: states.tokens.enumerated().map { place, token in
                    (token, Array(numbers[place * width..<(place + 1) * width]))
                })
        }
    }

    @Test("every registered model that learns from sequences is looked at")
    func registryIsCovered() throws {
        let names = try RankerCase.namesOfSequenceLearners()
        #expect(!names.isEmpty && names == Set(Self.stepped.map(\.name)))
        for name in names {
            let model = try Models.entry(named: name).build(
                [:], RankerCase.shape, .seeded(1))
            #expect(model is any SteppedInTraining, "\(name)")
        }
    }

    @Test(
        "an item changes no training state before it, and the state at it",
        arguments: TrainingLeakTests.looked, TrainingLeakTests.rows)
    func futureIsUnseen(
        looked: (model: RankerCase, changes: [String: String]), row: [Int32]
    ) throws {
        let shape = row[1] == 7 ? RankerCase.shape : RankerCase.threeDomains
        let built = try looked.model.build(changing: looked.changes, shape: shape)
        built.model.randomize(seed: 7)
        built.model.train(false)
        let stepped = try #require(built.model as? any SteppedInTraining)
        let before = states(stepped, row)
        var compared = 0
        for position in 1..<row.count {
            var changed = row
            changed[position] = shape.other(changed[position])
            let after = states(stepped, changed)
            #expect(after.count == before.count)
            for (own, others) in zip(before, after) {
                #expect(own.keys.sorted() == others.keys.sorted())
                for (token, state) in own {
                    let moved = largestDistance(state, try #require(others[token]))
                    if token < position {
                        compared += 1
                        #expect(moved < 1e-6, "position \(position) moves \(token) by \(moved)")
                    } else if token == position {
                        #expect(moved > 1e-4, "position \(position) does not count")
                    }
                }
            }
        }
        #expect(compared >= 10)
    }
}
