import Experiments
import Foundation
import Interactions
import Recommenders
import Torch
import TorchNN

/// What a trained ABXI does: evaluation, and single requests for recommendations.
enum InferenceSuite {
    private static let settings = ABXIConfiguration()

    /// Quick runs evaluate 1,000 made-up cases instead of all of Food–Kitchen's.
    static func benchmarks(
        short: Effort, long: Effort, isQuick: Bool, data: BenchData, scratch: URL
    ) throws -> [[Benchmark]] {
        let pair = SyntheticSequences.foodKitchen
        let saved = try trained(pair, in: scratch.appendingPathComponent("run"))
        let dataset =
            isQuick ? try pair.dataset(users: 1000) : try Dataset.open(data.foodKitchen)
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        return [
            [
                evaluation(.full, saved, split, long),
                evaluation(.sampled(999), saved, split, long),
            ],
            [try recommendation(short, in: scratch.appendingPathComponent("wide"))],
        ]
    }

    /// A model loaded from a run directory; one step of training is enough to measure it.
    private static func trained(_ data: SyntheticSequences, in folder: URL) throws -> SavedModel {
        var experiment = ExperimentConfiguration()
        experiment.model = "abxi"
        experiment.training.epochs = 1
        let run = RunDirectory(folder)
        try Trainer(experiment, dataset: data.dataset(users: 64), run: run).train()
        return try SavedModel(run)
    }

    private static func evaluation(
        _ candidates: Candidates, _ saved: SavedModel, _ split: Split, _ effort: Effort
    ) -> Benchmark {
        var configuration = EvaluationConfiguration()
        configuration.candidates = candidates
        let cases = split.cases(.test)
        let counter = ABXIFlops(settings, domains: SyntheticSequences.foodKitchen.itemRanges)
        let flops = cases.reduce(0.0) { sum, evaluationCase in
            let domain = evaluationCase.domain.rawValue
            let number =
                switch candidates {
                case .full: SyntheticSequences.foodKitchen.itemRanges[domain].count
                case .sampled(let count): count + 1
                }
            let history = split.history(of: evaluationCase).map { split.dataset.items[Int($0)] }
            return sum + counter.inference(history, domain: domain, candidates: number)
        }
        return Benchmark(
            "evaluation \(candidates)",
            Work(flops: flops, bytes: float32Bytes(saved.model.parameterCount)),
            handling: cases.count, "cases", effort: effort
        ) {
            // A new evaluator each time: it keeps the candidates that it has drawn.
            _ = try Evaluator(configuration, split: split, seed: 7)
                .evaluate(saved.model, on: .test)
        }
    }

    /// Requests for the domain with nearly all items.
    private static func recommendation(_ effort: Effort, in folder: URL) throws -> Benchmark {
        let data = SyntheticSequences.wideCatalog
        let saved = try trained(data, in: folder)
        let dataset = try data.dataset(users: data.userCount)
        let catalog = saved.catalogs[0]
        let counter = ABXIFlops(settings, domains: data.itemRanges)
        let users = (0..<Int32(dataset.userCount)).map(UserID.init(rawValue:))
        let flops = users.reduce(0.0) { sum, user in
            sum
                + counter.inference(
                    dataset.events(of: user).map { dataset.items[$0] }, domain: 0,
                    candidates: catalog.count)
        }
        // The domain's item vectors and every weight that is no item's.
        let tableRows = data.itemCount + 1 - catalog.count
        let weights = saved.model.parameterCount - tableRows * settings.embeddingSize
        var next = 0
        return Benchmark(
            RowName.recommend,
            Work(flops: flops / Double(users.count), bytes: float32Bytes(weights)), handling: 1,
            "requests", effort: effort
        ) {
            let answer = try saved.recommend(
                user: users[next % users.count], of: dataset, in: catalog.name, count: 10)
            precondition(answer.items.count == 10 && !answer.isFallback, "recommend: no answer")
            next += 1
        }
    }
}
