internal import Files
internal import Foundation
public import Interactions
public import Recommenders
public import Torch
internal import TorchNN

/// What it takes to recommend without the dataset: the model, its weights, and the catalogs.
public final class SavedModel {
    /// The part of it that is JSON.
    struct Description: Sealed {
        static let currentFormat = 3

        var formatVersion = Description.currentFormat
        var checksum = ""
        var model: String
        var parameters: JSONValue
        var shape: DataShape
        /// The events of its window.
        var maximumLength: Int
        var dataset: String
        var catalogs: [Catalog]
        /// Training events of each item, in the order of ids; what is recommended to people without a history.
        var popularity: [Int32]
        /// The checksum of the file with the weights: the two are written one after the other.
        var weights = ""
    }

    private(set) var description: Description
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

    /// Loads the model of a run; both of its files are checked as a whole before anything is made of them.
    public init(_ run: RunDirectory, device: Device = .cpu) throws {
        // The two files of the model are enough; without them the reason lies in the directory.
        if !FileManager.default.fileExists(atPath: run.model.path) { try run.requireFinished() }
        description = try Self.description(of: run)
        do {
            model = try Models.entry(named: description.model).build(
                description.parameters, description.shape,
                RandomSources(initializationSeed: 0, dropoutSeed: 0, device: device))
        } catch {
            throw RunError.unreadable(path: run.model.path, reason: "parameters: \(error)")
        }
        try Self.load(run, description, into: model)
        model.move(to: device)
        model.train(false)
        scoring = Self.scoring(of: model, description)
    }

    /// Reads the description of a run's model.
    static func description(of run: RunDirectory) throws(RunError) -> Description {
        try RunFile.read(sealed: Description.self, run.model) { $0.problem }
    }

    /// Reads the weights that belong to a description into a model that was built by it.
    static func load(
        _ run: RunDirectory, _ description: Description, into model: any Recommender
    ) throws {
        let tensors = try Safetensors.read(run.weights).tensors
        do {
            try model.load(tensors)
        } catch {
            throw RunError.unreadable(
                path: run.weights.path, reason: "not the weights of \(run.model.path): \(error)")
        }
        guard try RunFile.checksum(of: run.weights) == description.weights else {
            throw RunError.unreadable(
                path: run.weights.path,
                reason:
                    "not the weights of \(run.model.path): one of the two was changed, damaged or "
                    + "copied from another run")
        }
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

    /// Writes description and weights, the description last; weights that are not numbers are never written.
    func write(to run: RunDirectory) throws {
        if let name = model.notFiniteParameter {
            throw RunError.unwritable(
                path: run.weights.path, reason: "\(name) holds a number that is not finite")
        }
        try Safetensors.write(model.state(), to: run.weights)
        description.weights = try RunFile.checksum(of: run.weights)
        try RunFile.write(sealed: description, to: run.model)
    }

    /// The domains with their items.
    public var catalogs: [Catalog] { description.catalogs }

    /// The checksum of the dataset that the model was trained on.
    public var datasetChecksum: String { description.dataset }
}

extension SavedModel.Description {
    /// What contradicts itself in a description that was read, by its key; nil where nothing does.
    var problem: String? {
        let largest = Int(Int32.max) - 1
        guard SettingRange.count.contains(maximumLength) else {
            return "maximumLength: expected a number from 1, got \(maximumLength)"
        }
        guard (0...largest).contains(shape.userCount) else {
            return "shape.userCount: expected a number from 0, got \(shape.userCount)"
        }
        guard !shape.domains.isEmpty, catalogs.count == shape.domains.count else {
            return
                "catalogs: expected one for each of the \(shape.domains.count) domains of shape, "
                + "got \(catalogs.count)"
        }
        guard Set(catalogs.map(\.name)).count == catalogs.count else {
            return "catalogs: two have one name"
        }
        var next = 1
        for (place, (domain, catalog)) in zip(shape.domains, catalogs).enumerated() {
            let key = "shape.domains.\(place)"
            guard domain.name == catalog.name else {
                return "catalogs.\(place).name: expected \(domain.name), as in shape, got "
                    + catalog.name
            }
            guard Int(domain.firstItem) == next else {
                return "\(key).firstItem: expected \(next), got \(domain.firstItem)"
            }
            guard domain.itemCount == catalog.count else {
                return "\(key).itemCount: expected \(catalog.count), the items of its catalog, got "
                    + "\(domain.itemCount)"
            }
            guard Int(catalog.firstItem.rawValue) == next else {
                return "catalogs.\(place).firstItem: expected \(next), got "
                    + "\(catalog.firstItem.rawValue)"
            }
            next += catalog.count
        }
        guard next - 1 <= largest else { return "catalogs: more items than there can be" }
        guard popularity.count == next - 1 else {
            return "popularity: expected \(next - 1) numbers, one an item, got \(popularity.count)"
        }
        guard popularity.allSatisfy({ $0 >= 0 }) else {
            return "popularity: expected numbers from 0"
        }
        return nil
    }
}
