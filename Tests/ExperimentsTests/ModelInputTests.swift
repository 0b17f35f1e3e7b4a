import Foundation
import Interactions
import RankingMetrics
import Recommenders
import Testing
import Torch
import TorchNN

@testable import Experiments

/// Writes down what it is asked.
private final class Recorder: Module, ItemScorer, RatingPredictor {
    typealias Configuration = PopularityConfiguration
    private let shape: DataShape
    var window = HistoryWindow(2)
    private(set) var items: [[Int32]] = []
    private(set) var cold: [Int32: Bool] = [:]

    init(_ configuration: PopularityConfiguration, shape: DataShape, random: RandomSources) {
        self.shape = shape
    }

    var phases: [TrainingPhase] { [] }

    func scores(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        items += (0..<histories.rows).map { Array(histories.items[histories.tokens(ofRow: $0)]) }
        return .zeros([histories.rows, shape.domains[domain.rawValue].itemCount])
    }

    func ratings(of queries: RatingQueries) -> Tensor {
        for (user, isCold) in zip(queries.users, queries.isCold) { cold[user] = isCold }
        return .zeros([queries.users.count])
    }
}

/// What evaluation and training give to models, and what they make of the answers.
struct ModelInputTests {
    private static let domains: [(name: String, items: Int)] = [("a", 4), ("b", 4)]

    private func recorder(_ dataset: Dataset) -> Recorder {
        Recorder(
            PopularityConfiguration(), shape: DataShape(dataset),
            random: RandomSources(initializationSeed: 0, dropoutSeed: 0))
    }

    /// What leave-one-out makes of people's last events.
    private func evaluate(
        _ model: Recorder, on dataset: Dataset, task: EvaluationTask = .ranking
    ) throws -> EvaluationResult {
        var settings = EvaluationConfiguration()
        settings.task = task
        settings.selection = task == .rating ? "MAE" : "MRR"
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        return try Evaluator(settings, split: split, seed: 0)
            .evaluate(model, on: .test)
    }

    @Test func aModelOfDomainsApartGetsTheLatestOfEach() throws {
        let dataset = try dataset(of: [[1, 2, 3, 5, 6, 7, 8]], domains: Self.domains)
        let mixed = recorder(dataset)
        _ = try evaluate(mixed, on: dataset)
        #expect(mixed.items == [[6, 7]])
        let apart = recorder(dataset)
        apart.window = HistoryWindow(2, perDomain: true)
        _ = try evaluate(apart, on: dataset)
        #expect(apart.items == [[2, 3, 6, 7]])
    }

    /// The last event of the first is in a domain that is new to them; the others know it.
    @Test func aPredictorOfRatingsHearsWhoIsCold() throws {
        let dataset = try dataset(
            of: [[1, 2, 3, 5], [1, 5, 2, 3], [1, 2, 3, 4]], domains: Self.domains,
            rating: { _, _ in 3 })
        let model = recorder(dataset)
        let result = try evaluate(model, on: dataset, task: .rating)
        #expect(model.cold == [0: true, 1: false, 2: false])
        #expect(result.domains["b"]?["MAE"] == 3)
    }

    /// The second alone knows the domain of their case and another.
    @Test func peopleWithEventsElsewhereAreReportedApart() throws {
        let dataset = try dataset(
            of: [[1, 2, 3, 5], [1, 5, 2, 3], [1, 2, 3, 4]], domains: Self.domains)
        let groups = try evaluate(recorder(dataset), on: dataset).groups
        #expect(groups["overlapping"]?.keys.sorted() == ["a"])
        #expect(groups["overlapping"]?["a"]?["cases"] == 1)
        #expect(groups["warm"]?["a"]?["cases"] == 2 && groups["cold"]?["b"]?["cases"] == 1)
    }

    @Test func domainsWithCasesWeighTheSame() {
        let result = EvaluationResult(
            split: "validation", candidates: "full", cases: 4,
            domains: [
                "a": ["MRR": 0.25, "cases": 3], "b": ["MRR": 0.75, "cases": 1],
                "c": ["cases": 0],
            ])
        #expect(result.mean("MRR") == 0.5)
        #expect(result.mean("AUC") == nil)
    }

    /// The factors of a domain stay as they are, bit for bit, while those of the other and the bridge are trained.
    @Test func aPhaseMovesItsOwnWeightsAlone() throws {
        let folder = try TemporaryFolder()
        let run = folder.run("run")
        let experiment = try ExperimentConfiguration(
            yaml: """
                model: emcdr
                parameters: {source: books, target: films, sourceEpochs: 1, targetEpochs: 1, bridgeEpochs: 1}
                training: {batchSize: 32, optimizer: {kind: adam, learningRate: 0.01}}
                evaluation: {task: rating, selection: MAE}
                """)
        var after: [String: [String: Tensor]] = [:]
        try Trainer(experiment, dataset: cyclicDataset(), run: run) { event in
            guard case .epoch(let entry) = event else { return }
            after[entry.phase] = try? CheckpointStore(run: run).load()?.weights
        }.train()
        let phases = ["source", "target", "bridge"]
        let weights = try phases.map { try #require(after[$0]) }
        for place in 1..<phases.count {
            let moved = weights[place].filter { name, value in
                weights[place - 1][name]?.elements(as: Float.self)
                    != value.elements(as: Float.self)
            }
            #expect(!moved.isEmpty)
            #expect(moved.keys.allSatisfy { $0.hasPrefix("\(phases[place]).") }, "\(moved.keys)")
        }
    }
}
