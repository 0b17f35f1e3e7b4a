import Experiments
import Foundation
import RankingMetrics
import Recommenders
import TorchNN

/// A registered model that ranks from histories, tiny, as it is trained on made-up data.
struct SequentialCase: Sendable, CustomStringConvertible {
    /// The name in the registry, and what distinguishes the case.
    let name: String
    /// The name in the registry.
    let model: String
    /// Settings over the tiny ones, as `--set` takes them.
    var assignments: [String] = []
    /// Whether an item is predicted from its own domain's events alone.
    var isSingleDomain = false
    /// At how many stages gated cross-attention is attached.
    var gcaStages = 0

    var description: String { name }

    /// Every model of the registry that ranks from histories, a later one too.
    ///
    /// Where a model has a scope it is there twice, once as the single-domain twin.
    static let all: [SequentialCase] = Models.all.keys.sorted().flatMap { name in
        guard (try? ranksFromHistories(name)) == true, let entry = Models.all[name] else {
            return [SequentialCase]()
        }
        guard entry.defaults()[["scope"]] != nil else {
            return [SequentialCase(name: name, model: name)]
        }
        return [
            SequentialCase(name: name, model: name, assignments: ["parameters.scope=mixed"]),
            SequentialCase(
                name: "\(name), per domain", model: name,
                assignments: ["parameters.scope=per-domain"], isSingleDomain: true),
        ]
    }

    /// Every host of gated cross-attention, with a module at each stage in turn, and at all of them.
    ///
    /// A host with a scope hears of other domains through GCA alone.
    static let withGCA: [SequentialCase] = all.flatMap { host -> [SequentialCase] in
        let hasScope = Models.all[host.model]?.defaults()[["scope"]] != nil
        guard host.isSingleDomain || !hasScope,
            let built = (try? smallest(host.model)) as? any GCAHost
        else { return [] }
        let stages = Array(type(of: built).gcaStages.indices)
        guard !stages.isEmpty else { return [] }
        return (stages.map { [$0] } + [stages]).map { stages in
            // With one layer what follows the first is what follows the last.
            SequentialCase(
                name: "\(host.model), GCA \(stages)", model: host.model,
                assignments: host.assignments + ["parameters.gca.stages=\(stages)"]
                    + (hasScope ? ["parameters.layers=2"] : []),
                gcaStages: stages.count)
        }
    }

    /// Models that cannot know what follows from the other domain, each with the reason.
    static let blind = [
        "popularity": "it does not read the history",
        "gru4rec, per domain": "each encoder reads its own domain",
        "sasrec, per domain": "each encoder reads its own domain",
        "sr-gnn, per domain": "each encoder reads its own domain",
    ]

    /// Settings that make any model tiny, where it has them.
    private static let tiny = [
        "embeddingSize": "16", "hiddenSize": "16", "innerSize": "32", "blocks": "1", "layers": "1",
        "heads": "1", "dropout": "0.1", "hiddenDropout": "0.1", "attentionDropout": "0.1",
        "softmax": "full", "members": "2", "images": "\"\"",
        "domainRank": "4",
        "invariantRank": "4", "latentSize": "4", "supportUsers": "8", "hashSize": "64",
        "jointSize": "32", "attentionSize": "16", "attentionInnerSize": "8",
        "pretrainingEpochs": "2", "entities": "20", "values": "2",
    ]

    /// Whether a model of the registry ranks from histories.
    static func ranksFromHistories(_ name: String) throws -> Bool {
        (try smallest(name) as? any Ranker)?.needsKnownUser == false
    }

    /// A model of the registry for six items.
    private static func smallest(_ name: String) throws -> any Recommender {
        let shape = DataShape(
            domains: [("left", 1), ("right", 4)].map {
                DataShape.Domain(name: $0, firstItem: $1, itemCount: 3)
            }, userCount: 1)
        let random = RandomSources(initializationSeed: 1, dropoutSeed: 1)
        return try Models.entry(named: name).build([:], shape, random)
    }

    /// The experiment on made-up data; the model reads as many of the latest events as `window` says.
    func experiment(
        epochs: Int, evaluateEvery: Int = 8, window: Int = 20
    ) throws -> ExperimentConfiguration {
        let defaults = try Models.entry(named: model).defaults()
        let sizes = Self.tiny.merging(["maximumLength": "\(window)"]) { $1 }
        let small = sizes.filter { defaults[[$0.key]] != nil }
            .map { "parameters.\($0.key)=\($0.value)" }
        return try ExperimentConfiguration(
            yaml: """
                model: \(model)
                training:
                  epochs: \(epochs)
                  batchSize: 24
                  evaluateEvery: \(evaluateEvery)
                  optimizer: {learningRate: 0.01}
                evaluation: {exclusion: none, metrics: [HR@1], selection: HR@1}
                seed: 4
                """,
            assignments: small.sorted() + assignments)
    }

    /// Trains and tests it as `isthmus train` does; for each test case whether its item came first.
    func hits(
        on data: MadeUpData, epochs: Int, evaluateEvery: Int = 8, window: Int = 20
    ) throws -> [Bool] {
        let folder = try TemporaryFolder()
        let run = folder.run("run")
        try Trainer(
            experiment(epochs: epochs, evaluateEvery: evaluateEvery, window: window),
            dataset: data.dataset(), run: run
        ).train()
        return try UserResults(contentsOf: run.users).rows.map {
            $0.outcome.greater + $0.outcome.equal == 0
        }
    }
}
