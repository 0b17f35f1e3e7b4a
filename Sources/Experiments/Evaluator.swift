internal import Foundation
public import Interactions
public import RankingMetrics
public import Recommenders
internal import Torch
internal import TorchNN

/// An evaluation could not be carried out.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
    /// The model cannot do what the task asks for.
    case unsupported(task: String)
    /// Scores are not numbers.
    case notFinite(domain: String)
    /// There is nothing to evaluate.
    case noCases(part: String, reason: String)
    /// No event that trains has a rating.
    case noRatings

    /// One line.
    public var description: String {
        switch self {
        case .unsupported(let task): "this model does not do \(task)"
        case .notFinite(let domain):
            "scores in \(domain) are infinite or not numbers, so nothing can be ranked; the model "
                + "has diverged: lower training.optimizer.learningRate or set training.clipNorm"
        case .noCases(let part, let reason):
            "the split has no \(part) case, because \(reason); change data.split"
        case .noRatings:
            "no event that trains has a rating; take a dataset with ratings, or another data.split"
        }
    }
}

extension EvaluationTask {
    /// Whether a model does it.
    func suits(_ model: any Recommender) -> Bool {
        switch self {
        case .ranking: model is any Ranker
        case .rating: model is any RatingPredictor
        }
    }
}

/// Ranks held-out items, or predicts held-out ratings, under one protocol.
///
/// Memory is bounded by a batch of cases times the items of a domain, never users × items.
public final class Evaluator {
    private let configuration: EvaluationConfiguration
    private let split: Split
    private let seed: UInt64
    private var drawn: [Part: DrawnCandidates] = [:]
    /// What stands in where a model knows nothing: counted when it is needed, once for all validations.
    private lazy var popularity = split.trainingEventsOfItems

    /// Plans evaluations of one split.
    public init(_ configuration: EvaluationConfiguration, split: Split, seed: UInt64) {
        self.configuration = configuration.resolved
        self.split = split
        self.seed = seed
    }

    /// Evaluates a model on a part of the split; each case's outcome goes to `each` in order.
    public func evaluate(
        _ model: any Recommender, on part: Part, each: (UserResult) throws -> Void = { _ in }
    ) throws -> EvaluationResult {
        let cases = split.cases(part)
        try requireCases(part)
        model.train(false)
        let diagnosing = model as? any Diagnosing
        diagnosing?.resetDiagnostics()
        var result = try withoutGradients {
            switch configuration.task {
            case .ranking:
                guard let ranker = model as? any Ranker else {
                    throw EvaluationError.unsupported(task: "ranking")
                }
                return try rank(ranker, cases, part, each)
            case .rating:
                guard let predictor = model as? any RatingPredictor else {
                    throw EvaluationError.unsupported(task: "rating prediction")
                }
                return try predict(predictor, cases, part)
            }
        }
        result.diagnostics = diagnosing?.diagnostics() ?? [:]
        if part == .test {
            for candidates in configuration.also {
                result.add(try evaluate(model, among: candidates), named: candidates.description)
            }
        }
        return result
    }

    /// Test cases ranked among other candidates.
    private func evaluate(
        _ model: any Recommender, among candidates: Candidates
    ) throws -> EvaluationResult {
        try Evaluator(configuration.among(candidates), split: split, seed: seed)
            .evaluate(model, on: .test)
    }

    /// Throws where a case of validation or test has fewer items to compete with than the protocol draws.
    ///
    /// A run checks it before it trains, for the test comes hours later.
    func requireCandidates() throws {
        guard configuration.task == .ranking else { return }
        let sampler = NegativeSampler(dataset: split.dataset)
        for (part, all) in [
            (.validation, [configuration.candidates]),
            (.test, [configuration.candidates] + configuration.also),
        ] as [(Part, [Candidates])] {
            // What has enough for most has enough for all.
            let most = all.compactMap { candidates -> Int? in
                if case .sampled(let number) = candidates { number } else { nil }
            }.max()
            guard let most else { continue }
            try TooFewItems.named({ "sampled:\($0)" }, in: split.dataset) {
                () throws(NegativeSamplerError) in
                try sampler.require(most, for: split.cases(part), excluding: excluded)
            }
        }
    }

    /// Throws where validation would find nothing to choose the best epoch by.
    func requireValidation() throws(EvaluationError) { try requireCases(.validation) }

    private func requireCases(_ part: Part) throws(EvaluationError) {
        if let reason = split.reasonForNoCase(part) {
            throw .noCases(part: part.rawValue, reason: reason)
        }
    }

    /// What the split does to the test's figures, a line each; known before anything is trained.
    var warnings: [String] {
        let dataset = split.dataset
        return split.heldOut(.test).warnings(
            part: Part.test.rawValue, repeats: split.repeats,
            exclusion: configuration.task == .ranking ? configuration.exclusion : nil)
            + dataset.manifest.notes.filter { $0.code == "no-shared-users" }.map(\.text)
    }

    // MARK: Ranking

    private func rank(
        _ model: any Ranker, _ cases: [EvaluationCase], _ part: Part,
        _ each: (UserResult) throws -> Void
    ) throws -> EvaluationResult {
        let dataset = split.dataset
        var pool: DrawnCandidates?
        if case .sampled(let number) = configuration.candidates {
            pool = try sampledCandidates(part, number, cases)
        }
        var outcomes = [Outcome?](repeating: nil, count: cases.count)
        var byPopularity = [Int](repeating: 0, count: dataset.catalogs.count)
        var scoring = Scoring(model) { domain in
            dataset.itemRange(of: domain).map { Float(self.popularity[Int($0) - 1]) }
        }
        for domain in dataset.domains {
            let own = cases.indices.filter { cases[$0].domain == domain }
            let rows = rowsAtOnce(of: model, items: dataset.itemRange(of: domain).count)
            for start in stride(from: 0, to: own.count, by: rows) {
                let places = Array(own[start..<min(start + rows, own.count)])
                let batch = places.map { cases[$0] }
                let histories = SequenceExamples.histories(
                    batch, split: split, window: model.window)
                let scores = scoring(histories, in: domain)
                byPopularity[domain.rawValue] += scores.byPopularity.count { $0 }
                let ranked = try count(scores, batch, places, pool)
                for (place, outcome) in zip(places, ranked) { outcomes[place] = outcome }
            }
        }
        var result = try summarize(cases, outcomes.compactMap { $0 }, part, each)
        for domain in dataset.domains where byPopularity[domain.rawValue] > 0 {
            result.byPopularity[dataset.catalog(of: domain).name] = byPopularity[domain.rawValue]
        }
        return result
    }

    /// The cases of a batch; fewer than asked for where every item of a domain gets a score at once.
    private func rowsAtOnce(of model: any Ranker, items: Int) -> Int {
        guard model is any ItemScorer else { return configuration.batchSize }
        return max(1, min(configuration.batchSize, 1024, (1 << 28) / max(1, items)))
    }

    /// How a target scored, and a checksum of what it competed with.
    private typealias Outcome = (ranked: RankedCase, candidateSet: UInt64)

    /// How many candidates of each case of one domain score above and like its target.
    private func count(
        _ scores: Scores, _ cases: [EvaluationCase], _ places: [Int], _ pool: DrawnCandidates?
    ) throws -> [Outcome] {
        let domain = cases[0].domain
        let items = split.dataset.itemRange(of: domain)
        let targets = cases.map { $0.item.rawValue - items.lowerBound }
        do throws(TorchError) {
            if let pool {
                let chosen = places.flatMap { pool[$0] }
                let counts = try scores.ranks(of: targets, candidates: chosen)
                return places.indices.map {
                    (
                        RankedCase(
                            greater: Int(counts.greater[$0]), equal: Int(counts.equal[$0]),
                            candidates: pool.number), pool.checksums[places[$0]]
                    )
                }
            }
            var removed = ItemSelection()
            for evaluationCase in cases {
                removed.append(
                    excluded(evaluationCase).lazy.filter { items.contains($0) }
                        .map { $0 - items.lowerBound })
            }
            let counts = try scores.ranks(of: targets, excluding: removed)
            return cases.indices.map {
                (
                    RankedCase(
                        greater: Int(counts.greater[$0]), equal: Int(counts.equal[$0]),
                        candidates: items.count - 1 - removed[$0].count),
                    DrawnCandidates.checksum(removed[$0])
                )
            }
        } catch {
            throw EvaluationError.notFinite(domain: split.dataset.catalog(of: domain).name)
        }
    }

    /// The items that do not compete with a case's target, some perhaps twice; never the target itself.
    ///
    /// A target that the person had before competes with all that the person had, as in `recommend --include-seen`:
    /// were it the only one of them among the candidates, that alone would give it away.
    private func excluded(_ evaluationCase: EvaluationCase) -> [Int32] {
        let items = split.dataset.items
        let target = evaluationCase.item.rawValue
        func history() -> [Int32] { split.history(of: evaluationCase).map { items[Int($0)] } }
        switch configuration.exclusion {
        case .none: return []
        case .history: return evaluationCase.isRepeat ? [] : history()
        case .seen: return history().filter { $0 != target }
        case .everything:
            let all = split.dataset.events(of: evaluationCase.user).map { items[$0] }
                .filter { $0 != target }
            guard evaluationCase.isRepeat else { return all }
            let seen = Set(history())
            return all.filter { !seen.contains($0) }
        }
    }

    /// The candidates of all cases of a part as places in their domains, drawn once.
    private func sampledCandidates(
        _ part: Part, _ number: Int, _ cases: [EvaluationCase]
    ) throws -> DrawnCandidates {
        if let known = drawn[part] { return known }
        var stream = RandomStream(seed: seed, name: "candidates.\(part.rawValue)")
        // More candidates than items are refused below, for want of items.
        if number <= split.dataset.itemCount {
            Engine.requireMemory(
                bytes: 4 * Double(number) * Double(cases.count), for: "sampled candidates")
        }
        var fresh = try TooFewItems.named({ "sampled:\($0)" }, in: split.dataset) {
            () throws(NegativeSamplerError) in
            try NegativeSampler(dataset: split.dataset).candidates(
                for: cases, count: number, excluding: excluded, stream: &stream)
        }
        for (place, evaluationCase) in cases.enumerated() {
            let first = split.dataset.itemRange(of: evaluationCase.domain).lowerBound
            for index in place * number..<(place + 1) * number { fresh[index] -= first }
        }
        let candidates = DrawnCandidates(fresh, number: number)
        drawn[part] = candidates
        return candidates
    }

    private func summarize(
        _ cases: [EvaluationCase], _ outcomes: [Outcome], _ part: Part,
        _ each: (UserResult) throws -> Void
    ) throws -> EvaluationResult {
        let dataset = split.dataset
        var sums = MetricAccumulator(metrics: configuration.metrics, tie: configuration.ties)
        var checksums = ResultChecksums.Accumulator()
        var certain = CertainHits(configuration.metrics)
        for (evaluationCase, outcome) in zip(cases, outcomes) {
            let groups = groups(of: evaluationCase)
            let domain = dataset.catalog(of: evaluationCase.domain).name
            sums.add(outcome.ranked, domain: domain, groups: groups)
            certain.add(outcome.ranked, domain: domain)
            let result = UserResult(
                user: dataset.users.externalID(of: evaluationCase.user),
                position: position(of: evaluationCase),
                item: dataset.externalID(of: evaluationCase.item), domain: domain,
                groups: groups, outcome: outcome.ranked, candidateSet: outcome.candidateSet)
            checksums.add(result)
            try each(result)
        }
        var result = EvaluationResult(
            split: part.rawValue, candidates: configuration.candidates.description,
            ties: configuration.ties, exclusion: configuration.exclusion, cases: cases.count)
        describe(&result, part)
        result.checksums = checksums.checksums
        result.certainHits = certain.counts
        for row in sums.summary().rows {
            guard let domain = row.domain else { continue }
            var values: EvaluationResult.Values = ["cases": Double(row.cases)]
            for (metric, value) in row.values { values[metric.description] = value }
            if row.group == .all {
                result.domains[domain] = values
            } else {
                result.groups[row.group.rawValue, default: [:]][domain] = values
            }
        }
        return result
    }

    /// What of a result follows from the split: the domains, also those without cases, and what was held out.
    private func describe(_ result: inout EvaluationResult, _ part: Part) {
        for catalog in split.dataset.catalogs { result.domains[catalog.name] = ["cases": 0] }
        result.heldOut = split.heldOut(part)
        result.repeats = split.repeats
        result.timeTies = split.ties
    }

    /// The place of a case's event among the person's.
    private func position(of evaluationCase: EvaluationCase) -> Int {
        evaluationCase.event - split.dataset.events(of: evaluationCase.user).lowerBound
    }

    private func groups(of evaluationCase: EvaluationCase) -> Set<UserGroup> {
        guard !evaluationCase.isColdInDomain else { return [.cold, .new] }
        let isFew = evaluationCase.eventsInDomain <= configuration.fewEvents
        let groups: Set<UserGroup> = [
            .warm, isFew ? .few : .many, evaluationCase.isRepeat ? .repeated : .new,
        ]
        return evaluationCase.isOverlapping ? groups.union([.overlapping]) : groups
    }

    // MARK: Ratings

    private func predict(
        _ model: any RatingPredictor, _ cases: [EvaluationCase], _ part: Part
    ) throws -> EvaluationResult {
        let dataset = split.dataset
        guard let ratings = dataset.ratings else { throw EvaluationError.noRatings }
        var truth: [Int: [Double]] = [:]
        var predicted: [Int: [Double]] = [:]
        var unrated = 0
        var checksum = RatedCasesChecksum()
        for start in stride(from: 0, to: cases.count, by: 65_536) {
            let batch = cases[start..<min(start + 65_536, cases.count)]
            let values: [Float] = model.ratings(
                of: RatingQueries(
                    users: batch.map(\.user.rawValue), items: batch.map(\.item.rawValue),
                    isCold: batch.map(\.isColdInDomain))
            ).elements()
            for (evaluationCase, value) in zip(batch, values) {
                checksum.add(
                    user: dataset.users.externalID(of: evaluationCase.user),
                    position: position(of: evaluationCase),
                    item: dataset.externalID(of: evaluationCase.item),
                    rating: ratings[evaluationCase.event])
                let rating = Double(ratings[evaluationCase.event])
                guard !rating.isNaN else {
                    unrated += 1
                    continue
                }
                guard value.isFinite else {
                    throw EvaluationError.notFinite(
                        domain: dataset.catalog(of: evaluationCase.domain).name)
                }
                truth[evaluationCase.domain.rawValue, default: []].append(rating)
                predicted[evaluationCase.domain.rawValue, default: []].append(Double(value))
            }
        }
        guard unrated < cases.count else {
            throw EvaluationError.noCases(
                part: part.rawValue, reason: "no event that is held out has a rating")
        }
        var result = EvaluationResult(
            split: part.rawValue, candidates: "ratings", cases: cases.count)
        describe(&result, part)
        result.unrated = unrated
        result.ratedCases = checksum.text
        for (domain, ratings) in truth {
            let guesses = predicted[domain] ?? []
            result.domains[dataset.catalogs[domain].name] = [
                "MAE": RatingMetric.mae(ratings: ratings, predictions: guesses) ?? .nan,
                "RMSE": RatingMetric.rmse(ratings: ratings, predictions: guesses) ?? .nan,
                "cases": Double(ratings.count),
            ]
        }
        return result
    }
}
