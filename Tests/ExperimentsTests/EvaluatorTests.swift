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
    func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
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
            settings(.full, .none), split: split, seed: 0
        ).evaluate(model, on: .test) { results.append($0) }
        #expect(results.count == dataset.userCount)
        for (outcome, testCase) in zip(results, split.cases(.test)) {
            let target = PersonalScores.score(testCase.user, testCase.item.rawValue)
            let rivals = dataset.itemRange(of: testCase.domain)
                .filter { $0 != testCase.item.rawValue }
                .map { PersonalScores.score(testCase.user, $0) }
            #expect(
                outcome.outcome
                    == RankedCase(
                        greater: rivals.count { $0 > target }, equal: rivals.count { $0 == target },
                        candidates: rivals.count))
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

    /// A person's rivals by the definition of an exclusion: what was had competes with a target that was had.
    private func rivals(
        of testCase: EvaluationCase, _ exclusion: Exclusion, in split: Split
    ) -> [Int32] {
        let dataset = split.dataset
        let target = testCase.item.rawValue
        let had = Set(split.history(of: testCase).map { dataset.items[Int($0)] })
        let ever = Set(dataset.events(of: testCase.user).map { dataset.items[$0] })
        let excluded: Set<Int32> =
            switch exclusion {
            case .none: []
            case .history: had.contains(target) ? [] : had
            case .seen: had
            case .everything: had.contains(target) ? ever.subtracting(had) : ever
            }
        return dataset.itemRange(of: testCase.domain).filter {
            $0 != target && !excluded.contains($0)
        }
    }

    /// A log in which people come back to items: walks with steps back.
    private func returningDataset() throws -> Dataset {
        let cyclic = try cyclicDataset()
        var stream = RandomStream(seed: 5, name: "returning")
        let events = (0..<cyclic.eventCount).map { place in
            var event = cyclic.event(at: place)
            let own = cyclic.events(of: event.user)
            if stream.uniform(below: 4) == 0 {
                let before = own.lowerBound + stream.uniform(below: place - own.lowerBound + 1)
                event.item = ItemID(rawValue: cyclic.items[before])
            }
            return event
        }
        return try Dataset(
            catalogs: cyclic.catalogs, users: (0..<cyclic.userCount).map { "user-\($0)" },
            events: events)
    }

    /// The metrics of the full and the sampled path against loops over items and over every order of the tied ones, for
    /// each exclusion and rule, with scores that often tie and targets that repeat.
    @Test(arguments: Exclusion.allCases, TieRule.allCases)
    func metricsEqualLoopsOverItemsAndOrders(exclusion: Exclusion, ties: TieRule) throws {
        let dataset = try returningDataset()
        let split = try Split(.ratio(train: 0.6, validation: 0.1), dataset: dataset, seed: 0)
        let model = model(dataset)
        var stream = RandomStream(seed: 1, name: "scores")
        model.scores = model.scores.map { _ in Float(stream.uniform(below: 6)) }
        #expect(split.cases(.test).contains { $0.isRepeat })
        for candidates in [Candidates.full, .sampled(2)] {
            var results: [UserResult] = []
            let measured = try Evaluator(
                settings(candidates, exclusion, ties), split: split, seed: 0
            ).evaluate(model, on: .test) { results.append($0) }
            var hits = 0.0
            for (result, testCase) in zip(results, split.cases(.test)) {
                let outcome = result.outcome
                let rivals = rivals(of: testCase, exclusion, in: split)
                let target = model.scores[Int(testCase.item.rawValue)]
                let above = rivals.count { model.scores[Int($0)] > target }
                let alike = rivals.count { model.scores[Int($0)] == target }
                if candidates == .full {
                    #expect(
                        outcome
                            == RankedCase(greater: above, equal: alike, candidates: rivals.count))
                } else {
                    #expect(outcome.candidates == 2)
                    #expect(outcome.greater <= above && outcome.equal <= alike)
                }
                #expect(result.groups.contains(.repeated) == testCase.isRepeat)
                // The share of the orders of the tied, the target among them, that put it among the best five.
                let places = (0...outcome.equal).map { outcome.greater + $0 + 1 }
                let best = places.count { $0 <= 5 }
                switch ties {
                case .optimistic: hits += places[0] <= 5 ? 1 : 0
                case .pessimistic: hits += places[outcome.equal] <= 5 ? 1 : 0
                case .expectation: hits += Double(best) / Double(places.count)
                }
            }
            #expect(results.count == split.cases(.test).count && results.count > 100)
            #expect(measured.ties == ties && measured.exclusion == exclusion)
            let reported = measured.domains.values.reduce(0) {
                $0 + ($1["HR@5"] ?? 0) * ($1["cases"] ?? 0)
            }
            #expect(abs(reported - hits) < 1e-9)
            #expect(measured.checksums == ResultChecksums(results))
        }
    }

    /// The same model on the same cases: equal checksums unless people or candidates are drawn with another seed.
    @Test func checksumsTellOtherCandidatesAndOtherPeople() throws {
        let dataset = try cyclicDataset()
        let model = model(dataset)
        func checksums(_ rule: SplitRule, _ candidates: Candidates, _ seed: UInt64) throws
            -> ResultChecksums
        {
            let split = try Split(rule, dataset: dataset, seed: seed)
            return try #require(
                try Evaluator(
                    settings(candidates, .history), split: split, seed: seed
                ).evaluate(model, on: .test).checksums)
        }
        #expect(
            try checksums(.leaveOneOut, .full, 1) == checksums(.leaveOneOut, .full, 2))
        let one = try checksums(.leaveOneOut, .sampled(3), 1)
        let two = try checksums(.leaveOneOut, .sampled(3), 2)
        #expect(one.cases == two.cases && one.candidates != two.candidates)
        let cold = SplitRule.coldUsers(target: "films", share: 0.4, validationShare: 0.2)
        #expect(try checksums(cold, .full, 1).cases != checksums(cold, .full, 2).cases)
    }

    /// A domain without a case is there with none; a hit that no model can miss is counted.
    @Test func emptyDomainsAndCertainHitsAreSaid() throws {
        // Three people end in the domain of one item, one in the larger one.
        let dataset = try dataset(
            of: [[1, 2, 10], [2, 3, 10], [3, 11, 10], [4, 5, 6]],
            domains: [("many", 9), ("one", 1), ("idle", 2)])
        var settings = settings(.full, .history)
        settings.metrics = [.hitRate(at: 5), .ndcg(at: 7), .mrr, .auc]
        settings.also = [.sampled(1)]
        settings.selection = "MRR"
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        #expect(throws: TooFewItems.self) {
            try Evaluator(settings, split: split, seed: 0)
                .evaluate(model(dataset), on: .test)
        }
        settings.also = []
        let result = try Evaluator(settings, split: split, seed: 0)
            .evaluate(model(dataset), on: .test)
        #expect(result.domains["idle"] == ["cases": 0])
        let one = try #require(result.domains["one"])
        #expect(one["cases"] == 3 && one["HR@5"] == 1 && one["AUC"] == nil)
        // Nine items but the target and two that were had: six rivals.
        #expect(result.certainHits == ["one": ["1": 3, "5": 3, "7": 3], "many": ["7": 1]])
        #expect(
            result.warnings.contains(
                "one: 3 of 3 cases have no competitor, so every model hits; AUC leaves them out"))
        #expect(result.warnings.contains { $0.hasPrefix("many: 1 of 1 cases have fewer than 7") })
        let table = try JSONDecoder().decode(
            EvaluationResult.self, from: JSONEncoder().encode(result))
        #expect(table == result)
    }

    @Test func sampledCandidatesStayTheSameAndAreBounded() throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let model = model(dataset)
        model.scores = model.scores.indices.map(Float.init)
        let evaluator = Evaluator(
            settings(.sampled(3), .history), split: split, seed: 4)
        let first = try evaluator.evaluate(model, on: .validation)
        #expect(try evaluator.evaluate(model, on: .validation) == first)
        var ranks: [Double] = []
        let again = Evaluator(
            settings(.sampled(3), .history), split: split, seed: 4)
        #expect(
            try again.evaluate(model, on: .validation) { ranks.append($0.outcome.rank) } == first)
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
            return try Evaluator(settings, split: split, seed: 4)
                .evaluate(model, on: part)
        }
        let both = try result(.full, also: [.sampled(3)], .test)
        let full = try result(.full, also: [], .test)
        let sampled = try result(.sampled(3), also: [], .test)
        #expect(both.candidates == "full" && both.cases == full.cases)
        for (name, values) in full.domains {
            let found = try #require(both.domains[name])
            #expect(both.certainHits[name]?["5 sampled:3"] == Int(values["cases"] ?? 0))
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
        let dataset = try dataset(of: [[1, 3, 2], [1, 3, 1], [1, 3, 4]], domains: [("all", 4)])
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        let model = model(dataset)
        model.scores = [0, 4, 3, 2, 1]
        var settings = settings(.full, .none)
        settings.metrics = [.hitRate(at: 1), .ndcg(at: 2), .mrr, .auc]
        settings.selection = "MRR"
        let values = try #require(
            try Evaluator(settings, split: split, seed: 0)
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
                settings(.full, .history), split: split, seed: 0
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
            try Evaluator(settings, split: split, seed: 0)
                .evaluate(model(dataset), on: .test)
        }
    }

    /// A person who is new in a domain is to the single-domain twin as to the count, also where ties count for targets.
    @Test func coldCasesOfTheTwinAreRankedByPopularity() throws {
        // The last event of the last two people is their first in b; one is b's most popular item, one its least.
        let dataset = try dataset(
            of: [
                [5, 6, 5, 6, 5], [5, 6, 7, 5, 6], [7, 5, 6, 5, 8], [1, 2, 3, 4, 5],
                [1, 2, 3, 4, 8],
            ], domains: [("a", 4), ("b", 4)])
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        var settings = settings(.full, .none)
        settings.ties = .optimistic
        func outcomes(_ name: String, _ parameters: JSONValue) throws -> [String: RankedCase] {
            let built = try Models.entry(named: name).build(
                parameters, DataShape(dataset),
                RandomSources(initializationSeed: 0, dropoutSeed: 0))
            for phase in built.phases {
                if case .fit(let body) = phase.work { body(ExampleBatches.everything(split)) }
            }
            var found: [String: RankedCase] = [:]
            _ = try Evaluator(settings, split: split, seed: 0)
                .evaluate(built, on: .test) { found[$0.user] = $0.outcome }
            return found
        }
        let twin = try outcomes("sasrec", ["scope": "per-domain", "embeddingSize": 8, "heads": 2])
        let count = try outcomes("popularity", [:])
        // Nothing ties with them: in training b's items have 4, 3, 2 and 0 events.
        let expected = [
            "u3": RankedCase(greater: 0, equal: 0, candidates: 3),
            "u4": RankedCase(greater: 3, equal: 0, candidates: 3),
        ]
        for (user, outcome) in expected {
            #expect(twin[user] == outcome && count[user] == outcome)
        }
        #expect(twin.count == 5 && count.count == 5)
    }

    @Test func peopleWithFewEventsInTheDomainAreReportedApart() throws {
        let dataset = try cyclicDataset()
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        var settings = settings(.full, .history)
        settings.fewEvents = 6
        let result = try Evaluator(settings, split: split, seed: 0)
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
            settings(.full, .history), split: split, seed: 0
        ).evaluate(model(dataset), on: .test)
        // Half of those who have both domains have no films in training; a fifth of these validate.
        let films = DomainID(rawValue: 1)
        let people = (0..<dataset.userCount).count { user in
            Set(
                dataset.events(of: UserID(rawValue: Int32(user)))
                    .map { dataset.domain(of: ItemID(rawValue: dataset.items[$0])) }
            ).count == 2
        }
        let cold = (Double(people) * 0.5).rounded()
        let tested = Set(split.cases(.test).map(\.user))
        #expect(tested.count == Int(cold - (cold * 0.2).rounded()) && tested.count > 10)
        for user in tested {
            let known = split.trainingEvents(of: user)
                .map { dataset.domain(of: ItemID(rawValue: dataset.items[Int($0)])) }
            #expect(!known.isEmpty && !known.contains(films))
        }
        #expect(result.cases == split.cases(.test).count && result.cases >= tested.count)
        #expect(result.domains["books"] == ["cases": 0])
        let all = try #require(result.domains["films"])
        #expect(all["cases"] == Double(result.cases))
        #expect(result.groups["cold"]?["films"] == all)
        #expect(result.groups["warm"] == nil)
    }
}
