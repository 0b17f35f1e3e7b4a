import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Short training on made-up data of which it is known what can be found.
///
/// SASRec with an encoder of each domain hears of other domains through GCA alone, so that the host by itself is at chance.
struct GCAFindsTests {
    private static let items = 8
    private static let shape = DataShape.domains(items, items, users: 240)

    /// Two to five pairs of any item of either domain and what a permutation makes of it in the other.
    ///
    /// Rows of several lengths train what the longest are asked, for the host counts places from a row's beginning.
    private static let rows: [[Int32]] = {
        var stream = RandomStream(seed: 21, name: "function")
        let answers = (0..<2).map { _ in (0..<items).map(Int32.init).shuffled(using: &stream) }
        return (0..<240).map { _ in
            (0..<2 + stream.uniform(below: 4)).flatMap { _ -> [Int32] in
                let domain = stream.uniform(below: 2)
                let first = stream.uniform(below: items)
                let starts = shape.domains.map(\.firstItem)
                return [
                    starts[domain] + Int32(first), starts[1 - domain] + answers[domain][first],
                ]
            }
        }
    }()

    /// The share of rows whose last event is scored highest after training on what came before it.
    private static func hits(stages: [Int]) throws -> Double {
        var settings = try RankerCase.object(
            """
            {"embeddingSize": 16, "layers": 1, "heads": 1, "innerSize": 32, "hiddenDropout": 0,
             "attentionDropout": 0, "maximumLength": 12, "scope": "per-domain"}
            """)
        if !stages.isEmpty { settings["gca"] = ["stages": stages] }
        let (built, _) = try Models.entry(named: "sasrec").build(settings, shape, .seeded(1))
        let model = try #require(built as? any GCAHostCase.Host)
        let seen = rows.map { Array($0.dropLast()) }
        let optimizer = Optimizer(OptimizerConfiguration(), module: model)
        for _ in 0..<30 {
            for first in stride(from: 0, to: seen.count, by: 40) {
                let batch = SequenceBatch.training(Array(seen[first..<first + 40]))
                model.loss(of: .sequences(batch, negatives: []), in: model.phases[0])
                    .total.backward()
                optimizer.step(learningRate: 0.01)
                optimizer.clearGradients()
            }
        }
        model.train(false)
        let host = GCAHostCase.Built(name: "sasrec", model: model, shape: shape)
        let states = host.scoringStates(
            seen, domains: rows.map { host.domain(of: $0[$0.count - 1]) })
        let vectors = shape.domains.indices.map { model.itemVectors(of: DomainID(rawValue: $0)) }
        let found = try zip(rows, states).count { row, state in
            let target = row[row.count - 1]
            let domain = host.domain(of: target)
            let scores: [Float] = Tensor(state, shape: [1, state.count])
                .linear(vectors[domain]).elements()
            let place = Int(target - shape.domains[domain].firstItem)
            return try scores[place] == #require(scores.max())
        }
        return Double(found) / Double(rows.count)
    }

    private static let alone = Result { try hits(stages: []) }

    /// Chance is 1/8.
    @Test(
        "what follows from the newest event of the other domain is found by GCA at each stage",
        arguments: 0..<3)
    func newestEventIsUsed(stage: Int) throws {
        let alone = try Self.alone.get()
        let found = try Self.hits(stages: [stage])
        #expect(alone < 0.25 && found > 0.5 && found > alone + 0.2, "\(found), alone \(alone)")
    }
}
