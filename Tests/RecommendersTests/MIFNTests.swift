import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Against a transcription of the published formulas in float64, not a run of the authors' code, which is TensorFlow 1 and
/// does not run as released; see tools/fixtures/README.md.
///
/// Errors are relative to the largest magnitude of the tensor in question.
@Suite struct MIFNTests {
    private static let tolerance = 1e-5
    private let shape = DataShape.domains(6, 7)

    private func model() throws -> MIFN {
        var settings = MIFNConfiguration()
        settings.embeddingSize = 6
        settings.dropout = 0
        settings.graphSteps = 3
        settings.values = 4
        return try MIFN(settings, shape: shape, random: .seeded(1))
    }

    /// The fixture's items: their categories and brands.
    private var data: TrainingData {
        let categories = ["x", "x|y", "", "y", "alone", "", "x", "", "y|x", "", "", "", ""]
        let brands = [nil, nil, "p", nil, nil, "rare", nil, "p", nil, "q", "q", nil, nil]
        let catalogs = shape.domains.map { domain in
            let own = Int(domain.firstItem) - 1..<Int(domain.firstItem) - 1 + domain.itemCount
            return Catalog(
                name: domain.name, firstItem: ItemID(rawValue: domain.firstItem),
                externalIDs: domain.items.map { "\($0)" }, categories: Array(categories[own]),
                brands: Array(brands[own]))
        }
        return TrainingData(catalogs: catalogs, sequences: .histories([]))
    }

    /// The model with the fixture's weights and knowledge.
    private func trained(_ fixture: [String: Tensor]) throws -> MIFN {
        let model = try model()
        model.prepare(with: data)
        var state: [String: Tensor] = [:]
        for (name, parameter) in model.parameters() {
            state[name] =
                parameter.isData ? parameter.value : try #require(fixture["param.\(name)"])
        }
        try model.load(state)
        return model
    }

    @Test("loss and the gradients of all parameters")
    func lossAndGradients() throws {
        let fixture = try Fixture.tensors("mifn/mifn")
        let model = try trained(fixture)
        let batch = SequenceBatch.training(fixture.rows("training"))
        let loss = model.loss(of: .sequences(batch, negatives: []), in: model.phases[0])
        #expect(try relativeError(loss.total, #require(fixture["loss"])) < Self.tolerance)
        let modes = loss.parts.filter { $0.name.hasPrefix("mode") }.map(\.value)
        #expect(modes.count == 2)
        #expect(try relativeError(modes[0] + modes[1], #require(fixture["modes"])) < Self.tolerance)
        loss.total.backward()
        try model.expectGradients(
            of: fixture, count: fixture.keys.filter { $0.hasPrefix("param.") }.count)
    }

    @Test("probabilities of all items, which sum to 1 where something can be copied")
    func scores() throws {
        let fixture = try Fixture.tensors("mifn/mifn")
        let model = try trained(fixture)
        model.train(false)
        let histories = SequenceBatch.histories(fixture.rows("evaluation"))
        for (index, name) in ["A", "B"].enumerated() {
            let scores = model.scores(of: histories, in: DomainID(rawValue: index))
            #expect(
                try relativeError(scores, #require(fixture["scores.\(name)"])) < Self.tolerance)
            let sums: [Float] = scores.sum(dimension: 1).elements()
            #expect(abs(sums[4] - 1) < 1e-5)
        }
    }

    @Test("the values that most items share are entities, with edges both ways")
    func knowledge() throws {
        let triples = try #require(try Fixture.tensors("mifn/mifn")["triples"])
        let expected = triples.elements(as: Int64.self).map(Int.init)
        let graph = KnowledgeGraph(items: 13, values: 4)
        graph.take(data, relations: [.category, .brand], limit: 200)
        let offsets: [Int32] = graph.offsets.value.elements()
        let neighbours: [Int32] = graph.neighbours.value.elements()
        let relations: [Int32] = graph.relations.value.elements()
        var found: Set<[Int]> = []
        for entity in 0..<17 {
            for edge in Int(offsets[entity])..<Int(offsets[entity + 1]) {
                let pair = [entity, Int(neighbours[edge])].sorted()
                found.insert(pair + [Int(relations[edge])])
            }
        }
        let all = stride(from: 0, to: expected.count, by: 3).map { Array(expected[$0..<$0 + 3]) }
        #expect(found == Set(all) && neighbours.count == 2 * all.count)
    }

    /// Values by hand: x (4 items) is entity 13, y (3) 14, p 15, q 16.
    @Test func subgraphs() {
        let graph = KnowledgeGraph(items: 13, values: 4)
        graph.take(data, relations: [.category, .brand], limit: 200)
        func around(_ items: [Int32], limit: Int = 200, hops: Int = 2) -> Subgraphs {
            graph.subgraphs(of: [items[...], []], relations: 2, limit: limit, hops: hops)
        }
        // Newest first; item 3 has brand p, which leads to item 8; 5's category is its own.
        let small = around([5, 3])
        #expect(small.entities == [2, 4, 15, 7] && small.offsets == [0, 4, 4])
        #expect(small.following.map { [$0.to, $0.from] } == [[1, 0]])
        #expect(small.related[0].isEmpty)
        #expect(small.related[1].map { [$0.to, $0.from] } == [[0, 2], [2, 0], [3, 2], [2, 3]])
        // Repeated pairs count once, and an item that follows itself has its own edge already.
        let repeated = around([5, 5, 3, 5, 3], hops: 0)
        #expect(repeated.following.map { [$0.to, $0.from] } == [[1, 0], [0, 1]])
        // Item 2 has both categories; both lead to item 9, so it comes first of the others.
        #expect(around([2], limit: 4).entities == [1, 13, 14, 8])
        #expect(around([2], hops: 1).entities == [1, 13, 14])
        #expect(around([1, 2, 3], limit: 2).entities == [2, 1])
    }

    /// Item 1 names 2, 9 of the other domain, one that is nowhere and itself; 9 names 1 too, 3 names 1.
    @Test func itemsBoughtTogether() {
        let bought = [["2", "9", "unknown", "1"], [], ["1"], [], [], [], [], [], ["1"]]
        let catalogs = shape.domains.map { domain in
            Catalog(
                name: domain.name, firstItem: ItemID(rawValue: domain.firstItem),
                externalIDs: domain.items.map { "\($0)" },
                alsoBought: domain.items.map { Int($0) <= bought.count ? bought[Int($0) - 1] : [] })
        }
        // Item 3 is the most frequent, then 9.
        let data = TrainingData(catalogs: catalogs, sequences: .histories([[3, 9, 3]]))
        func graph(limit: Int) -> KnowledgeGraph {
            let graph = KnowledgeGraph(items: 13, values: 4)
            graph.take(data, relations: [.brand, .alsoBought], limit: limit)
            return graph
        }
        func neighbours(_ graph: KnowledgeGraph, of item: Int) -> [Int32] {
            let offsets: [Int32] = graph.offsets.value.elements()
            let all: [Int32] = graph.neighbours.value.elements()
            return Array(all[Int(offsets[item - 1])..<Int(offsets[item])]).map { $0 + 1 }
        }
        let whole = graph(limit: 200)
        #expect(neighbours(whole, of: 1) == [3, 9, 2])
        #expect(neighbours(whole, of: 2) == [1] && neighbours(whole, of: 9) == [1])
        #expect(neighbours(graph(limit: 2), of: 1) == [3, 9])
        // The two sides of a pair each have one edge.
        let around = whole.subgraphs(of: [[1]], relations: 2, limit: 2, hops: 1)
        #expect(around.entities == [0, 1])
        #expect(around.related[0].isEmpty)
        #expect(around.related[1].map { [$0.to, $0.from] } == [[0, 1], [1, 0]])
    }

    /// The training loss (logarithms) and the scores (probabilities) are two ways to the same number: of an item that the
    /// graph holds, which can be copied, and of one that it does not, which cannot.
    @Test(
        arguments: [[2, 2], [2, 3], [1, 2, 1], [1, 2, 5], [8, 2, 6], [2, 8, 9]] as [[Int32]])
    func lossIsTheLogarithmOfTheScore(row: [Int32]) throws {
        var settings = MIFNConfiguration()
        (settings.embeddingSize, settings.dropout, settings.hops, settings.values) = (6, 0, 0, 4)
        let model = try MIFN(settings, shape: shape, random: .seeded(1))
        model.randomize(seed: 5)
        model.prepare(with: data)
        model.train(false)
        let history = Array(row.dropLast())
        let target = try #require(row.last)
        // Without the targets before it, which share its part of the loss.
        var batch = SequenceBatch.histories([history])
        let index = shape.domain(of: target)
        let elsewhere: Int32 = index == 0 ? 7 : 1
        batch.targets = history.dropLast().map { _ in elsewhere } + [target]
        let loss = model.loss(of: .sequences(batch, negatives: []), in: model.phases[0])
        let name = shape.domains[index].name
        let part = try #require(loss.parts.first { $0.name == name }).value.item()
        let scores: [Float] = model.scores(
            of: .histories([history]), in: DomainID(rawValue: index)
        ).elements()
        let probability = Double(scores[Int(target - shape.domains[index].firstItem)])
        #expect(abs(part + log(probability)) < 1e-4, "\(part) for \(probability)")
    }

    /// Without knowledge a graph has what the sequence has.
    @Test func runsWithoutKnowledge() throws {
        let model = try model()
        let bare = shape.domains.map { domain in
            Catalog(
                name: domain.name, firstItem: ItemID(rawValue: domain.firstItem),
                externalIDs: domain.items.map { "\($0)" })
        }
        model.prepare(with: TrainingData(catalogs: bare, sequences: .histories([])))
        model.train(false)
        let scores = model.scores(of: .histories([[1, 8, 2], [], [9]]), in: DomainID(rawValue: 0))
        #expect(scores.shape == [3, 6] && scores.isFinite)
        let loss = model.loss(
            of: .sequences(.training([[1, 8, 2, 9], [8, 9]]), negatives: []), in: model.phases[0])
        #expect(loss.total.isFinite)
    }

    @Test func relationsHaveNames() throws {
        let settings = try MIFNConfiguration(overrides: ["relations": ["also-bought", "brand"]])
        #expect(settings.relations == [.alsoBought, .brand])
    }

    @Test("settings out of range are refused") func refusals() {
        for overrides: JSONValue in [
            ["relations": []], ["relations": ["brand", "brand"]], ["graphSteps": 0],
            ["dropout": 1], ["hops": -1],
        ] {
            #expect(throws: ConfigurationError.self) {
                try MIFNConfiguration(overrides: overrides)
            }
        }
    }
}
