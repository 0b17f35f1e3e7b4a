import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Where a row is longer than a model reads, its negatives are those that were drawn for the tokens that are left.
struct CutSequenceTests {
    /// The models that draw negatives for each token of mixed rows; models of several softmaxes in that one.
    private static let cases: [(model: RankerCase, changes: [String: String])] =
        RankerCase.all.compactMap { model in
            guard model.overfit != nil, !model.overrides.contains("per-domain") else { return nil }
            let own = ["abxi", "c2dsr", "llm4cdsr", "tri-cdr"].contains(model.name)
            guard own || model.perturbations["softmax"] != nil, model.name != "ifcdsr" else {
                return nil
            }
            let sampled = own ? [:] : ["softmax": #""sampled""#, "negatives": "2"]
            return (model, sampled.merging(["maximumLength": "4"]) { $1 })
        }

    private let whole = SequenceBatch.training([
        [1, 7, 8, 2, 3, 9, 10, 4], [5, 11, 6, 12, 1, 7], [2, 8],
    ])

    @Test("every model with a setting for it is looked at")
    func modelsAreCovered() {
        #expect(
            Set(Self.cases.map(\.model.name)) == [
                "sasrec", "gru4rec", "sr-gnn", "abxi", "c2dsr", "pi-net", "psjnet", "llm4cdsr",
                "cdsrnp-style", "tri-cdr",
            ])
    }

    @Test("a batch that is cut costs what the cut batch does", arguments: CutSequenceTests.cases)
    func negativesFollowTheirTokens(model: RankerCase, changes: [String: String]) throws {
        let built = try model.build(changing: changes)
        built.model.randomize(seed: 3)
        built.model.train(false)
        let phase = built.model.phases[0]
        guard case .sequences(.perPosition(let count)) = phase.examples else {
            Issue.record("\(model.name) draws no negatives for positions")
            return
        }
        func drawn(_ seed: UInt64) -> [Int32] {
            var stream = RandomStream(seed: seed, name: "cut")
            return (0..<whole.tokens).flatMap { _ in
                built.shape.domains.flatMap { domain in
                    (0..<count).map { _ in
                        domain.firstItem + Int32(stream.uniform(below: domain.itemCount))
                    }
                }
            }
        }
        func loss(_ batch: SequenceBatch, _ negatives: [Int32]) -> Double {
            built.model.loss(of: .sequences(batch, negatives: negatives), in: phase).total.item()
        }
        let all = drawn(1)
        // Seven, five and one inputs: the first three of the first row are cut off, and one of the second.
        let kept = [3, 4, 5, 6, 8, 9, 10, 11, 12]
        let width = all.count / whole.tokens
        let cut = SequenceBatch.training([[2, 3, 9, 10, 4], [11, 6, 12, 1, 7], [2, 8]])
        let left = kept.flatMap { all[$0 * width..<($0 + 1) * width] }
        #expect(abs(loss(whole, all) - loss(cut, left)) < 1e-5)
        #expect(abs(loss(whole, drawn(2)) - loss(whole, all)) > 1e-4)
    }
}
