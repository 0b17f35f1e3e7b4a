import Foundation
import Interactions
import RankingMetrics
import Recommenders
import Testing
import Torch
import TorchNN

@testable import Experiments

/// Scores every item of a domain by a fixed table, the same for everybody.
private final class FixedScores: Module, ItemRanker {
    typealias Configuration = PopularityConfiguration
    private let shape: DataShape
    var scores: [Float]

    init(_ configuration: PopularityConfiguration, shape: DataShape, random: RandomSources) {
        self.shape = shape
        scores = [Float](repeating: 0, count: shape.itemCount + 1)
    }

    var phases: [TrainingPhase] { [] }
    func loss(of batch: TrainingBatch, in phase: TrainingPhase) -> Loss { Loss(Tensor(0)) }
    func states(of histories: SequenceBatch, in domains: [DomainID]) -> Tensor {
        .ones([histories.rows, 1])
    }
    func itemVectors(of domain: DomainID) -> Tensor {
        let items = shape.domains[domain.rawValue].items
        return Tensor(items.map { scores[Int($0)] }, shape: [items.count, 1])
    }
}

/// Scores that differ by person and are no inner products; they often tie.
private final class PersonalScores: Module, ItemScorer {
    typealias Configuration = PopularityConfiguration
    private let shape: DataShape

    init(_ configuration: PopularityConfiguration, shape: DataShape, random: RandomSources) {
        self.shape = shape
    }

    var phases: [TrainingPhase] { [] }
    func loss(of batch: TrainingBatch, in phase: TrainingPhase) -> Loss { Loss(Tensor(0)) }

    static func score(_ user: UserID, _ item: Int32) -> Float {
        Float((user.rawValue * 13 + item * 7) % 11) / 11
    }

    func scores(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        let items = shape.domains[domain.rawValue].items
        return Tensor(
            histories.users.flatMap { user in items.map { Self.score(user, $0) } },
            shape: [histories.rows, items.count])
    }
}

struct EvaluatorTests {
    @Test func scoresThatAreNoInnerProductsRankAsLoopsOverItemsDo() throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let model = PersonalScores(
            PopularityConfiguration(), shape: DataShape(dataset),
            random: RandomSources(initializationSeed: 0, dropoutSeed: 0))
        var results: [UserResult] = []
        _ = try Evaluator(
            settings(.full, .none), split: split, maximumLength: 50, seed: 0
        ).evaluate(model, on: .test) { results.append($0) }
        #expect(results.count == dataset.userCount)
        for (outcome, testCase) in zip(results, split.cases(.test)) {
            let target = PersonalScores.score(testCase.user, testCase.item.rawValue)
            let rivals = dataset.itemRange(of: testCase.domain).filter {
                $0 != testCase.item.rawValue
                    && PersonalScores.score(testCase.user, $0) >= target
            }
            #expect(outcome.rank == Double(1 + rivals.count))
        }
    }

    private func model(_ dataset: Dataset) -> FixedScores {
        FixedScores(
            PopularityConfiguration(), shape: DataShape(dataset),
            random: RandomSources(initializationSeed: 0, dropoutSeed: 0))
    }

    private func settings(
        _ candidates: Candidates, _ exclusion: Exclusion, _ ties: TieRule = .pessimistic
    ) -> EvaluationConfiguration {
        var settings = EvaluationConfiguration()
        settings.candidates = candidates
        settings.exclusion = exclusion
        settings.ties = ties
        settings.batchSize = 7
        return settings
    }

    /// Every rank by loops over items, for each exclusion and tie rule, with scores that often tie.
    @Test(arguments: Exclusion.allCases, TieRule.allCases)
    func fullRanksEqualLoopsOverItems(exclusion: Exclusion, ties: TieRule) throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let model = model(dataset)
        var stream = RandomStream(seed: 1, name: "scores")
        model.scores = model.scores.map { _ in Float(stream.uniform(below: 6)) }
        var results: [UserResult] = []
        _ = try Evaluator(
            settings(.full, exclusion, ties), split: split, maximumLength: 50, seed: 0
        ).evaluate(model, on: .test) { results.append($0) }

        for (outcome, testCase) in zip(results, split.cases(.test)) {
            let own = dataset.events(of: testCase.user).map { dataset.items[$0] }
            let excluded: Set<Int32> =
                switch exclusion {
                case .none: []
                case .history: Set(own.dropLast())
                case .everything: Set(own)
                }
            let rivals = dataset.itemRange(of: testCase.domain).filter {
                $0 != testCase.item.rawValue && !excluded.contains($0)
            }
            let target = model.scores[Int(testCase.item.rawValue)]
            let above = rivals.filter { model.scores[Int($0)] > target }.count
            let alike = rivals.filter { model.scores[Int($0)] == target }.count
            let expected: Double =
                switch ties {
                case .optimistic: Double(1 + above)
                case .pessimistic: Double(1 + above + alike)
                case .average: Double(1 + above) + Double(alike) / 2
                }
            #expect(outcome.rank == expected)
            #expect(outcome.candidates == rivals.count)
        }
        #expect(results.count == 40)
    }

    @Test func sampledCandidatesStayTheSameAndAreBounded() throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let model = model(dataset)
        model.scores = model.scores.indices.map(Float.init)
        let evaluator = Evaluator(
            settings(.sampled(3), .history), split: split, maximumLength: 50, seed: 4)
        let first = try evaluator.evaluate(model, on: .validation)
        #expect(try evaluator.evaluate(model, on: .validation) == first)
        var ranks: [Double] = []
        let again = Evaluator(
            settings(.sampled(3), .history), split: split, maximumLength: 50, seed: 4)
        #expect(try again.evaluate(model, on: .validation) { ranks.append($0.rank) } == first)
        #expect(ranks.allSatisfy { (1...4).contains($0) })
        #expect(first.candidates == "sampled:3")
    }

    @Test func testCasesAreAlsoRankedAmongFurtherCandidates() throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let model = model(dataset)
        model.scores = model.scores.indices.map { Float(($0 * 7) % 11) }
        func result(_ candidates: Candidates, also: [Candidates], _ part: Part) throws
            -> EvaluationResult
        {
            var settings = settings(candidates, .history)
            settings.also = also
            return try Evaluator(settings, split: split, maximumLength: 50, seed: 4)
                .evaluate(model, on: part)
        }
        let both = try result(.full, also: [.sampled(3)], .test)
        let full = try result(.full, also: [], .test)
        let sampled = try result(.sampled(3), also: [], .test)
        #expect(both.candidates == "full" && both.cases == full.cases)
        for (name, values) in full.domains {
            let found = try #require(both.domains[name])
            #expect(found.count == 2 * values.count - 1)
            for (metric, value) in values {
                #expect(found[metric] == value)
                if metric != "cases" {
                    #expect(found["\(metric) sampled:3"] == sampled.domains[name]?[metric])
                }
            }
        }
        #expect(full.domains != sampled.domains)
        #expect(
            try result(.full, also: [.sampled(3)], .validation)
                == result(.full, also: [], .validation))
    }

    /// Three cases in one domain of four items with scores 4, 3, 2, 1 and no exclusion: the targets are the
    /// second, the first and the fourth item, so the ranks are 2, 1 and 4.
    @Test func metricsAreThoseWorkedOutByHand() throws {
        let catalog = Catalog(
            name: "all", firstItem: ItemID(rawValue: 1), externalIDs: ["a", "b", "c", "d"])
        let targets: [Int32] = [2, 1, 4]
        let events = targets.enumerated().flatMap { user, target in
            [1, 3, target].enumerated().map { time, item in
                Event(
                    user: UserID(rawValue: Int32(user)), item: ItemID(rawValue: item),
                    time: Int64(time))
            }
        }
        let dataset = try Dataset(catalogs: [catalog], users: ["x", "y", "z"], events: events)
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let model = model(dataset)
        model.scores = [0, 4, 3, 2, 1]
        var settings = settings(.full, .none)
        settings.metrics = [.hitRate(at: 1), .ndcg(at: 2), .mrr, .auc]
        settings.selection = "MRR"
        let values = try #require(
            try Evaluator(settings, split: split, maximumLength: 50, seed: 0)
                .evaluate(model, on: .test).domains["all"])
        #expect(values["cases"] == 3)
        #expect(abs((values["HR@1"] ?? 0) - 1.0 / 3) < 1e-12)
        // 1/log2(3) for rank 2, 1 for rank 1, nothing for rank 4.
        #expect(abs((values["NDCG@2"] ?? 0) - (0.6309297535714575 + 1) / 3) < 1e-12)
        #expect(abs((values["MRR"] ?? 0) - (0.5 + 1 + 0.25) / 3) < 1e-12)
        // Of three rivals each: two below, three below, none below.
        #expect(abs((values["AUC"] ?? 0) - (2.0 / 3 + 1 + 0) / 3) < 1e-12)
    }

    @Test func scoresThatAreNoNumbersAreAnError() throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let model = model(dataset)
        model.scores[2] = .nan
        #expect(throws: EvaluationError.notFinite(domain: "books")) {
            try Evaluator(
                settings(.full, .history), split: split, maximumLength: 50, seed: 0
            ).evaluate(model, on: .test)
        }
    }

    @Test func aModelThatOnlyRanksPredictsNoRatings() throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        var settings = EvaluationConfiguration()
        settings.task = .rating
        settings.selection = "MAE"
        #expect(throws: EvaluationError.unsupported(task: "rating prediction")) {
            try Evaluator(settings, split: split, maximumLength: 50, seed: 0)
                .evaluate(model(dataset), on: .test)
        }
    }

    /// A person who is new in a domain is to the single-domain twin as to the count, also where ties count for targets.
    @Test func coldCasesOfTheTwinAreRankedByPopularity() throws {
        let catalogs = ["a", "b"].enumerated().map { index, name in
            Catalog(
                name: name, firstItem: ItemID(rawValue: Int32(index * 4 + 1)),
                externalIDs: (0..<4).map { "\(name)\($0)" })
        }
        // The last event of the last two people is their first in b; one is b's most popular item, one its least.
        let rows: [[Int32]] = [
            [5, 6, 5, 6, 5], [5, 6, 7, 5, 6], [7, 5, 6, 5, 8], [1, 2, 3, 4, 5], [1, 2, 3, 4, 8],
        ]
        let events = rows.enumerated().flatMap { user, items in
            items.enumerated().map { time, item in
                Event(
                    user: UserID(rawValue: Int32(user)), item: ItemID(rawValue: item),
                    time: Int64(time))
            }
        }
        let dataset = try Dataset(
            catalogs: catalogs, users: rows.indices.map { "u\($0)" }, events: events)
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        var settings = settings(.full, .none)
        settings.ties = .optimistic
        func ranks(_ name: String, _ parameters: [String: Any]) throws -> [String: Double] {
            let built = try Models.entry(named: name).build(
                parameters, DataShape(dataset),
                RandomSources(initializationSeed: 0, dropoutSeed: 0)
            ).model
            (built as? any ClosedFormRecommender)?.fit(to: ExampleBatches.everything(split))
            var found: [String: Double] = [:]
            _ = try Evaluator(settings, split: split, maximumLength: 50, seed: 0)
                .evaluate(built, on: .test) { found[$0.user] = $0.rank }
            return found
        }
        let twin = try ranks("sasrec", ["scope": "per-domain", "embeddingSize": 8, "heads": 2])
        let count = try ranks("popularity", [:])
        #expect(twin["u3"] == 1 && twin["u3"] == count["u3"])
        #expect(twin["u4"] == 4 && twin["u4"] == count["u4"])
    }

    @Test func peopleWithFewEventsInTheDomainAreReportedApart() throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        var settings = settings(.full, .history)
        settings.fewEvents = 6
        let result = try Evaluator(settings, split: split, maximumLength: 50, seed: 0)
            .evaluate(model(dataset), on: .test)
        // The last event of each person is the case; those of its domain before it, that for validation too, count.
        var few: [String: Int] = [:]
        for user in 0..<dataset.userCount {
            let events = dataset.events(of: UserID(rawValue: Int32(user)))
            let domains = events.map { dataset.domain(of: ItemID(rawValue: dataset.items[$0])) }
            let last = try #require(domains.last)
            let own = domains.dropLast().filter { $0 == last }.count
            if own <= 6 { few[dataset.catalog(of: last).name, default: 0] += 1 }
        }
        for (name, values) in result.domains {
            let found = Int(result.groups["few"]?[name]?["cases"] ?? 0)
            #expect(found == few[name])
            #expect(found > 0 && found < Int(values["cases"] ?? 0))
            let many = Int(result.groups["many"]?[name]?["cases"] ?? 0)
            #expect(found + many == Int(result.groups["warm"]?[name]?["cases"] ?? 0))
        }
    }

    @Test func coldCasesAreReportedApart() throws {
        let dataset = try cyclicDataset()
        let split = try Split(
            .coldUsers(target: "films", share: 0.5, validationShare: 0.2), dataset: dataset,
            seed: 1)
        let result = try Evaluator(
            settings(.full, .history), split: split, maximumLength: 50, seed: 0
        ).evaluate(model(dataset), on: .test)
        #expect(Set(result.domains.keys) == ["films"])
        #expect(result.groups["cold"]?["films"]?["cases"] == Double(result.cases))
        #expect(result.groups["warm"] == nil)
    }
}
