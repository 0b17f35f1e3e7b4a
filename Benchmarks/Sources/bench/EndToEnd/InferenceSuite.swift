import Experiments
import Foundation
import Interactions
import Recommenders
import Torch
import TorchNN

/// What a trained ABXI does: evaluation of 1,000 cases, and single requests for recommendations.
enum InferenceSuite {
    private static let settings = ABXIConfiguration()

    static func benchmarks(short: Effort, long: Effort, scratch: URL) throws -> [Benchmark] {
        let saved = try trained(in: scratch)
        let dataset = try FoodKitchen.dataset(users: 1000)
        let split = try Split(.leaveOneOut, dataset: dataset, seed: 0)
        return [
            evaluation(.full, saved, split, long), evaluation(.sampled(999), saved, split, long),
            try recommendation(saved, dataset, short),
        ]
    }

    /// A model loaded from a run directory; one step of training is enough to measure it.
    private static func trained(in scratch: URL) throws -> SavedModel {
        var experiment = ExperimentConfiguration()
        experiment.model = "abxi"
        experiment.training.epochs = 1
        let run = RunDirectory(scratch.appendingPathComponent("run"))
        try Trainer(experiment, dataset: FoodKitchen.dataset(users: 64), run: run).train()
        return try SavedModel(run)
    }

    private static func evaluation(
        _ candidates: Candidates, _ saved: SavedModel, _ split: Split, _ effort: Effort
    ) -> Benchmark {
        var configuration = EvaluationConfiguration()
        configuration.candidates = candidates
        let cases = split.cases(.test)
        let counter = ABXIFlops(settings, domains: FoodKitchen.itemRanges)
        let flops = cases.reduce(0.0) { sum, evaluationCase in
            let domain = evaluationCase.domain.rawValue
            let number =
                switch candidates {
                case .full: FoodKitchen.itemRanges[domain].count
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
            _ = try Evaluator(configuration, split: split, maximumLength: 50, seed: 7)
                .evaluate(saved.model, on: .test)
        }
    }

    private static func recommendation(
        _ saved: SavedModel, _ dataset: Dataset, _ effort: Effort
    ) throws -> Benchmark {
        let catalog = saved.catalogs[1]
        let counter = ABXIFlops(settings, domains: FoodKitchen.itemRanges)
        let users = (0..<Int32(dataset.userCount)).map(UserID.init(rawValue:))
        let flops = users.reduce(0.0) { sum, user in
            sum
                + counter.inference(
                    dataset.events(of: user).map { dataset.items[$0] }, domain: 1,
                    candidates: catalog.count)
        }
        // The domain's item vectors and every weight that is no item's.
        let tableRows = FoodKitchen.itemCount + 1 - catalog.count
        let weights = saved.model.parameterCount - tableRows * settings.embeddingSize
        var next = 0
        return Benchmark(
            "recommend 10 of \(catalog.count)",
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
