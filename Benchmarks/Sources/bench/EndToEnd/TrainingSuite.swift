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
        let settings = try ABXIConfiguration(overrides: configuration.parameters)
        let dataset = try Dataset.open(data.foodKitchen)
        let counter = ABXIFlops(settings, domains: dataset.catalogs.map(\.itemRange))
        return try TrainingSteps(configuration, dataset: dataset, flops: counter.training)
    }

    /// SASRec on MovieLens-1M with RecBole's settings.
    func sasRec() throws -> TrainingSteps {
        let file = experiments.appendingPathComponent("sasrec-movielens-1m.yaml")
        let configuration = try ExperimentConfiguration(contentsOf: file)
        let settings = try SASRecConfiguration(overrides: configuration.parameters)
        let dataset = try Dataset.open(data.movieLens)
        let counter = SASRecFlops(settings, items: dataset.itemCount)
        return try TrainingSteps(configuration, dataset: dataset, flops: counter.training)
    }

    /// A model of the leaderboard on Food–Kitchen, width 64; its floor is the products that it does.
    func ofLeaderboard(_ model: String, _ assignments: [String]) throws -> TrainingSteps {
        let configuration = try ExperimentConfiguration(
            contentsOf: experiments.appendingPathComponent("leaderboard/common.yaml"),
            assignments: ["model=\(model)"] + assignments.map { "parameters.\($0)" })
        return try TrainingSteps(configuration, dataset: Dataset.open(data.foodKitchen))
    }

    /// The sequential models, with the settings of the leaderboard that decide their cost.
    private static let leaderboard: [(name: String, model: String, settings: [String])] = {
        let sampled = ["softmax=shared", "negatives=1024"]
        let gca = ["gca.stages=[0]"]
        return [
            ("SASRec", "sasrec", sampled),
            ("SASRec + GCA", "sasrec", ["scope=per-domain"] + sampled + gca),
            ("GRU4Rec", "gru4rec", sampled),
            ("SR-GNN", "sr-gnn", sampled), ("π-Net", "pi-net", ["hiddenSize=64"] + sampled),
            ("PSJNet", "psjnet", ["hiddenSize=64"] + sampled), ("MIFN", "mifn", []),
            ("C2DSR", "c2dsr", []), ("C2DSR + GCA", "c2dsr", gca), ("Tri-CDR", "tri-cdr", []),
            ("CDSRNP-style", "cdsrnp-style", sampled),
            ("CDSRNP-style + GCA", "cdsrnp-style", sampled + gca),
            ("LLM4CDSR", "llm4cdsr", ["jointSize=256"]),
            ("LLM4CDSR + GCA", "llm4cdsr", ["jointSize=256"] + gca),
            ("IFCDSR without images", "ifcdsr", ["images=''"] + sampled),
            ("ABXI of width 64", "abxi", ["innerSize=170", "invariantRank=16"] + sampled),
        ]
    }()

    func benchmarks(_ effort: Effort) throws -> [[Benchmark]] {
        let published = [
            [
                try abxi().benchmark(RowName.abxiStep, effort: effort),
                try abxi(gcaStages: [1]).benchmark(RowName.gcaStep, effort: effort),
            ],
            [try sasRec().benchmark(RowName.sasRecStep, effort: effort)],
        ]
        let leaderboard = try Self.leaderboard.map { row in
            try ofLeaderboard(row.model, row.settings)
                .benchmark("\(row.name) training step", effort: effort)
        }
        return published + leaderboard.map { [$0] }
    }
}
