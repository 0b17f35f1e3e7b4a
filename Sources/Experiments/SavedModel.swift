internal import Foundation
public import Interactions
public import Recommenders
public import Torch
internal import TorchNN

/// What it takes to recommend without the dataset: the model, its weights, and the catalogs.
public final class SavedModel {
    /// The part of it that is JSON.
    struct Description: Codable {
        var formatVersion = 1
        var model: String
        var parameters: JSONValue
        var shape: DataShape
        var maximumLength: Int
        var dataset: String
        var catalogs: [Catalog]
        /// Training events of each item, in the order of ids; what is recommended to people without a history.
        var popularity: [Int32]
    }

    let description: Description
    /// The model in evaluation state.
    public let model: any Recommender
    /// Scores histories; requests do not change the weights.
    var scoring: Scoring?

    init(description: Description, model: any Recommender) {
        self.description = description
        self.model = model
        model.train(false)
        scoring = Self.scoring(of: model, description)
    }

    /// Loads the model of a run.
    public init(_ run: RunDirectory, device: Device = .cpu) throws {
        // The two files of the model are enough; without them the reason lies in the directory.
        if !FileManager.default.fileExists(atPath: run.model.path) { try run.requireFinished() }
        description = try AtomicFile.read(Description.self, json: run.model)
        guard description.formatVersion == 1 else {
            throw RunError.unreadable(
                path: run.model.path,
                reason: "format \(description.formatVersion); this version reads 1")
        }
        model = try Models.entry(named: description.model).build(
            description.parameters.any as? [String: Any] ?? [:], description.shape,
            RandomSources(initializationSeed: 0, dropoutSeed: 0, device: device)
        ).model
        do {
            try model.load(Safetensors.read(run.weights).tensors)
        } catch let error as ModuleError {
            throw RunError.unreadable(path: run.weights.path, reason: error.description)
        }
        model.move(to: device)
        model.train(false)
        scoring = Self.scoring(of: model, description)
    }

    private static func scoring(
        of model: any Recommender, _ description: Description
    ) -> Scoring? {
        (model as? any Ranker).map { ranker in
            Scoring(ranker) { domain in
                let items = description.shape.domains[domain.rawValue].items
                return items.map { Float(description.popularity[Int($0) - 1]) }
            }
        }
    }

    /// Writes description and weights, the description last.
    func write(to run: RunDirectory) throws {
        try Safetensors.write(model.state(), to: run.weights)
        try AtomicFile.write(json: description, to: run.model)
    }

    /// The domains with their items.
    public var catalogs: [Catalog] { description.catalogs }

    /// The checksum of the dataset that the model was trained on.
    public var datasetChecksum: String { description.dataset }
}
