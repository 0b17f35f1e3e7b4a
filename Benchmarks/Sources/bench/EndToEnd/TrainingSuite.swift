import Experiments
import Foundation
import Interactions
import Recommenders

/// Training steps with the settings of the experiments that come with the package.
struct TrainingSuite {
    /// The folder of the experiments.
    let experiments: URL
    let data: BenchData

    /// ABXI on Food–Kitchen with its authors' settings.
    func abxi(gcaStages: [Int] = []) throws -> TrainingSteps {
        let file = experiments.appendingPathComponent("abxi-food-kitchen-authors.yaml")
        let configuration = try ExperimentConfiguration(
            contentsOf: file, assignments: ["parameters.gca.stages=\(gcaStages)"])
        let settings = try ABXIConfiguration(overrides: configuration.parameterDictionary)
        let dataset = try Dataset.open(data.foodKitchen)
        let counter = ABXIFlops(settings, domains: dataset.catalogs.map(\.itemRange))
        return try TrainingSteps(configuration, dataset: dataset, flops: counter.training)
    }

    /// SASRec on MovieLens-1M with RecBole's settings.
    func sasRec() throws -> TrainingSteps {
        let file = experiments.appendingPathComponent("sasrec-movielens-1m.yaml")
        let configuration = try ExperimentConfiguration(contentsOf: file)
        let settings = try SASRecConfiguration(overrides: configuration.parameterDictionary)
        let dataset = try Dataset.open(data.movieLens)
        let counter = SASRecFlops(settings, items: dataset.itemCount)
        return try TrainingSteps(configuration, dataset: dataset, flops: counter.training)
    }

    /// GRU4Rec on Food–Kitchen, one encoder over the mixed sequence.
    func gru4Rec() throws -> TrainingSteps {
        let configuration = try onFoodKitchen("gru4rec-movielens.yaml")
        let settings = try GRU4RecConfiguration(overrides: configuration.parameterDictionary)
        let dataset = try Dataset.open(data.foodKitchen)
        let counter = GRU4RecFlops(settings: settings, items: dataset.itemCount)
        return try TrainingSteps(configuration, dataset: dataset, flops: counter.training)
    }

    /// SR-GNN on Food–Kitchen, one encoder over the mixed sequence.
    func srGNN() throws -> TrainingSteps {
        let configuration = try onFoodKitchen("sr-gnn-movielens.yaml")
        let settings = try SRGNNConfiguration(overrides: configuration.parameterDictionary)
        let dataset = try Dataset.open(data.foodKitchen)
        let counter = SRGNNFlops(settings: settings, items: dataset.itemCount)
        return try TrainingSteps(configuration, dataset: dataset, flops: counter.training)
    }

    /// Food–Kitchen's sequences are shorter than MovieLens': 256 of them make a batch.
    private func onFoodKitchen(_ experiment: String) throws -> ExperimentConfiguration {
        try ExperimentConfiguration(
            contentsOf: experiments.appendingPathComponent(experiment),
            assignments: ["training.batchSize=256"])
    }

    func benchmarks(_ effort: Effort) throws -> [[Benchmark]] {
        [
            [
                try abxi().benchmark(RowName.abxiStep, effort: effort),
                try abxi(gcaStages: [1]).benchmark(RowName.gcaStep, effort: effort),
            ],
            [try sasRec().benchmark(RowName.sasRecStep, effort: effort)],
            [try gru4Rec().benchmark("GRU4Rec training step", effort: effort)],
            [try srGNN().benchmark("SR-GNN training step", effort: effort)],
        ]
    }
}
