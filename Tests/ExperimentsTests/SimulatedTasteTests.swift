import Experiments
import Foundation
import Interactions
import RankingMetrics
import Testing

/// Made-up people, of whom it is known what there is to find: models find it, and nothing else.
struct SimulatedTasteTests {
    /// People who are active in both domains, choose by taste rather than by popularity, and have few events.
    private func people(
        _ users: Int, items: Int, sharedTaste: Double, imageSignal: Double = 0
    ) -> SimulationOptions {
        var options = SimulationOptions(
            domains: ["food", "kitchen"].map {
                SimulationOptions.Domain(name: $0, items: items)
            })
        options.users = users
        options.eventsPerUser = 16
        options.overlap = 1
        options.sharedTaste = sharedTaste
        options.tasteStrength = 4
        options.popularitySkew = 0.3
        options.textWidth = 0
        options.imageWidth = imageSignal > 0 ? 16 : 0
        options.imageSignal = imageSignal
        options.missingImages = 0.1
        return options
    }

    private func train(_ text: String, _ dataset: Dataset, to run: RunDirectory) throws
        -> UserResults
    {
        let configuration = try ExperimentConfiguration(yaml: text).resolved()
        try Trainer(configuration, dataset: dataset, run: run).train()
        return try UserResults(contentsOf: run.users)
    }

    /// AUC of each case of two runs, tested against each other by domain.
    private func gains(_ first: UserResults, over second: UserResults) throws -> [PairedComparison]
    {
        let paired = PairedResults(first, second)
        return try ["food", "kitchen"].map { domain in
            func values(_ results: [UserResult]) -> [Double] {
                results.filter { $0.domain == domain }.compactMap {
                    RankingMetric.auc.value($0.outcome, tie: .expectation)
                }
            }
            return try #require(
                PairedBootstrap(seed: 0).compare(values(paired.first), values(paired.second)))
        }
    }

    private static func sequences(_ model: String, _ parameters: String) -> String {
        """
        model: \(model)
        parameters: {maximumLength: 20, \(parameters)}
        training: {epochs: 12, batchSize: 64, optimizer: {learningRate: 0.005}}
        evaluation: {metrics: [NDCG@10, AUC], selection: AUC}
        seed: 1
        """
    }

    private static let twin = sasrec("per-domain")
    private static func sasrec(_ scope: String) -> String {
        sequences(
            "sasrec",
            "embeddingSize: 16, layers: 1, heads: 1, innerSize: 32, hiddenDropout: 0.1, scope: \(scope)"
        )
    }

    private static let softmax = "softmax: shared, negatives: 150"
    private static func abxi(_ more: String = "") -> String {
        sequences(
            "abxi",
            "embeddingSize: 16, innerSize: 32, domainRank: 4, invariantRank: 4, dropout: 0.1, "
                + softmax + more)
    }

    @Test func crossDomainModelsGainWhatIsShared() throws {
        let folder = try TemporaryFolder()
        let place = folder.url.appendingPathComponent("people")
        try Simulator.run(people(1500, items: 300, sharedTaste: 1), to: place, threads: 1)
        let dataset = try Dataset.open(place)
        let twin = try train(Self.twin, dataset, to: folder.run("twin"))
        for (name, text) in [
            ("sasrec", Self.sasrec("mixed")), ("abxi", Self.abxi(", gca: {stages: [0]}")),
        ] {
            let results = try train(text, dataset, to: folder.run(name))
            for gain in try gains(results, over: twin) {
                #expect(gain.difference > 0 && gain.pValue < 0.05, "\(name): \(gain)")
            }
        }
    }

    /// Where the domains say nothing of each other, a gain would be knowledge that the protocol must not give.
    @Test func noModelGainsWhereNothingIsShared() throws {
        let folder = try TemporaryFolder()
        let place = folder.url.appendingPathComponent("people")
        try Simulator.run(people(600, items: 150, sharedTaste: 0), to: place, threads: 1)
        let dataset = try Dataset.open(place)
        let twin = try train(Self.twin, dataset, to: folder.run("twin"))
        for (name, text) in [
            ("sasrec", Self.sasrec("mixed")),
            ("gru4rec", Self.sequences("gru4rec", "embeddingSize: 16, hiddenSize: 16")),
            ("abxi", Self.abxi()),
            // The stand-in reads the future in training, and GCA reads whole threads.
            (
                "cdsrnp-style",
                Self.sequences(
                    "cdsrnp-style", "embeddingSize: 16, blocks: 1, \(Self.softmax)")
            ),
            (
                "sasrec with GCA",
                Self.sequences(
                    "sasrec",
                    "embeddingSize: 16, layers: 1, heads: 1, innerSize: 32, scope: per-domain, "
                        + "gca: {stages: [0, 1]}")
            ),
        ] {
            let results = try train(text, dataset, to: folder.run(name))
            for gain in try gains(results, over: twin) {
                #expect(gain.difference < 0 || gain.pValue > 0.05, "\(name): \(gain)")
            }
        }
    }

    /// Items have so few events that little is known of them but their images.
    @Test func imagesHelpWhereTheyShowWhatPeopleLike() throws {
        let folder = try TemporaryFolder()
        let place = folder.url.appendingPathComponent("people")
        try Simulator.run(
            people(400, items: 1200, sharedTaste: 1, imageSignal: 0.95), to: place, threads: 1)
        try attachShuffled(to: Dataset.open(place), in: folder)
        let dataset = try Dataset.open(place)
        func results(_ images: String) throws -> UserResults {
            // Without images their size does nothing, and is refused.
            let size = images.isEmpty ? "" : "imageSize: 16, "
            let text = Self.sequences(
                "ifcdsr",
                "embeddingSize: 16, \(size)blocks: 1, dropout: 0.1, images: \"\(images)\"")
            return try train(text, dataset, to: folder.run("images-\(images)"))
        }
        let without = try results("")
        for gain in try gains(results("image"), over: without) {
            #expect(gain.difference > 0.1 && gain.pValue < 0.001, "\(gain)")
        }
        for gain in try gains(results("shuffled"), over: without) {
            #expect(gain.difference < 0.05, "\(gain)")
            #expect(gain.difference < 0 || gain.pValue > 0.05, "\(gain)")
        }
    }

    /// The same images, each at another item of its domain.
    private func attachShuffled(to dataset: Dataset, in folder: TemporaryFolder) throws {
        for vectors in dataset.vectors where vectors.name == "image" {
            let catalog = dataset.catalogs[vectors.domain.rawValue]
            let items = Array(catalog.itemRange)
            var stream = RandomStream(seed: 3, name: "shuffled")
            let pictured = items.filter { vectors.hasVector(ItemID(rawValue: $0)) }
            let numbers = pictured.shuffled(using: &stream).flatMap {
                vectors.vector(of: ItemID(rawValue: $0))
            }
            let header =
                "{'descr': '<f4', 'fortran_order': False, 'shape': (\(pictured.count), "
                + "\(vectors.width)), }"
            let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
            var bytes = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, 118, 0])
            bytes += Data(padded.utf8) + numbers.withUnsafeBytes { Data($0) }
            let matrix = folder.url.appendingPathComponent("\(catalog.name).npy")
            let ids = folder.url.appendingPathComponent("\(catalog.name).txt")
            try bytes.write(to: matrix)
            let lines = pictured.map { catalog.externalID(of: ItemID(rawValue: $0)) + "\n" }
            try Data(lines.joined().utf8).write(to: ids)
            try VectorAttachment(
                name: "shuffled", domain: catalog.name, matrix: matrix, ids: ids
            ).attach(to: dataset)
        }
    }
}
