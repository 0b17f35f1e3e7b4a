import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What every model that learns from sequences must not do, asked of its loss alone: know the future.
///
/// What a step's term is worth shows in what another target there changes, for all other terms stay as they are. An
/// input after the step must not change it. It is the loss itself that is looked at, with all that only training has,
/// where ``TrainingLeakTests`` looks at states.
struct LossLeakTests {
    /// Models whose loss is not such a sum, each with the reason.
    private static let others = [
        "ifcdsr": "it pairs a domain's events anew, of which a target is the last",
        "cdsrnp-style": "it reads the rows that it predicts to their ends by design",
    ]

    private static let looked: [(model: RankerCase, changes: [String: String])] =
        RankerCase.all.flatMap { model -> [(RankerCase, [String: String])] in
            guard model.overfit != nil, !model.overrides.contains("per-domain"),
                others[model.name] == nil
            else { return [] }
            // Graphs at the latest step, at some and at all.
            let graphs = ["1", "6"].map { ["graphSteps": $0] }
            return [(model, [:])] + (model.name == "mifn" ? graphs.map { (model, $0) } : [])
        }

    @Test("every registered model that learns from sequences is looked at, or there is a reason")
    func registryIsCovered() throws {
        let names = Set(Self.looked.map(\.model.name))
        #expect(names.isDisjoint(with: Self.others.keys))
        #expect(try names.union(Self.others.keys) == RankerCase.namesOfSequenceLearners())
    }

    @Test("no step's loss changes with what comes after it", arguments: LossLeakTests.looked)
    func termsKnowNothingLater(model: RankerCase, changes: [String: String]) throws {
        let built = try model.build(changing: changes)
        built.model.randomize(seed: 7)
        built.model.train(false)
        let phase = built.model.phases[0]
        let row: [Int32] = [1, 7, 2, 8, 1, 9, 3]
        func loss(_ inputs: [Int32], _ targets: [Int32]) -> Double {
            var batch = SequenceBatch.histories([inputs])
            batch.targets = targets
            var negatives: [Int32] = []
            if case .perPosition(let count, _) = built.model.negatives {
                for token in inputs.indices {
                    for domain in RankerCase.shape.domains {
                        negatives += RankerCase.shape.after(Int32(token), in: domain, count)
                    }
                }
            }
            return built.model.loss(of: .sequences(batch, negatives: negatives), in: phase)
                .total.item()
        }
        let inputs = Array(row.dropLast())
        let targets = Array(row.dropFirst())
        /// What another target after a token changes.
        func term(_ token: Int, _ inputs: [Int32]) -> Double {
            var changed = targets
            changed[token] = RankerCase.shape.other(changed[token])
            return loss(inputs, targets) - loss(inputs, changed)
        }
        var (compared, heard) = (0, 0)
        for token in inputs.indices {
            let before = term(token, inputs)
            // Some models predict nothing before a domain's first event.
            guard abs(before) > 1e-4 else { continue }
            for position in token..<inputs.count {
                var changed = inputs
                changed[position] = RankerCase.shape.other(changed[position])
                let moved = abs(term(token, changed) - before)
                if position == token {
                    heard += moved > 1e-4 ? 1 : 0
                } else {
                    compared += 1
                    #expect(moved < 2e-5, "position \(position) moves \(token) by \(moved)")
                }
            }
        }
        #expect(compared >= 6 && heard >= 3, "\(compared) and \(heard)")
    }
}
