import Foundation

extension Workspace {
    /// Writes `events.csv` and `titles.csv`: 24 people, each with six books and six films, taken in turns.
    ///
    /// Person p's k-th book is b((p + k) mod 12), and the films are the same: everybody walks along a ring, so
    /// that the next item follows from the one before.
    func writeTinyEvents() throws {
        var lines = ["user,item,time,domain"]
        for person in 0..<24 {
            for step in 0..<6 {
                let item = (person + step) % 12
                lines.append("u\(person),b\(item),\(1000 + 2 * step),book")
                lines.append("u\(person),f\(item),\(1001 + 2 * step),film")
            }
        }
        try write(lines.joined(separator: "\n") + "\n", to: "events.csv")
        let titles = (0..<12).flatMap { ["b\($0),\"Book, \($0)\"", "f\($0),Film \($0)"] }
        try write((["item,title"] + titles).joined(separator: "\n") + "\n", to: "titles.csv")
    }

    /// Puts the tiny events, their dataset `data` and the runs of all models into the workspace.
    ///
    /// They are made once; each test has a copy.
    func importTiny() throws {
        for name in ["events.csv", "titles.csv", "data"] { try copy(name) }
    }

    private func copy(_ name: String, as other: String? = nil) throws {
        try FileManager.default.copyItem(
            at: try Template.shared.get().path(name), to: path(other ?? name))
    }

    /// The workspace that the others copy from.
    private enum Template {
        static let place = FileManager.default.temporaryDirectory
            .appendingPathComponent("isthmus-tests-\(UUID().uuidString)")

        static let shared = Result {
            let workspace = try Workspace(at: place)
            // Statics are not released when the process ends.
            atexit { try? FileManager.default.removeItem(at: Template.place) }
            try workspace.makeTiny()
            return workspace
        }
    }

    private func makeTiny() throws {
        try writeTinyEvents()
        try succeed(
            "import", "csv", "events.csv", "--items", "titles.csv",
            "--columns", "user=user,item=item,time=time,domain=domain", "--domains", "book,film",
            "--output", "data")
        for model in TinyModel.allCases { try train(model, to: "run-\(model.rawValue)") }
    }

    /// Writes an experiment that trains in a moment, and returns its name.
    @discardableResult
    func writeExperiment(_ model: TinyModel, epochs: Int = 2) throws -> String {
        let name = "\(model.rawValue).yaml"
        try write(
            """
            model: \(model.rawValue)
            parameters: \(model.parameters)
            training: {epochs: \(epochs), batchSize: 8, optimizer: {learningRate: 0.01}}
            evaluation: {metrics: [HR@5, HR@10, NDCG@10, MRR, AUC], selection: NDCG@10}
            """, to: name)
        return name
    }

    /// Puts the dataset, the model's experiment and a run of it into the workspace.
    func trainTiny(_ model: TinyModel, to run: String = "run") throws {
        if !exists("data") { try importTiny() }
        try writeExperiment(model)
        try copy("run-\(model.rawValue)", as: run)
    }

    /// Trains a model on the workspace's dataset.
    func train(_ model: TinyModel, to run: String) throws {
        try succeed(
            "train", try writeExperiment(model), "--data", "data", "--output", run,
            "--threads", "1")
    }
}

/// Models in a size for tests.
enum TinyModel: String, CaseIterable {
    case popularity
    case sasrec
    case abxi

    /// The settings as YAML.
    var parameters: String {
        switch self {
        case .popularity: "{}"
        case .sasrec:
            "{embeddingSize: 8, innerSize: 8, heads: 2, layers: 1, maximumLength: 12}"
        case .abxi:
            "{embeddingSize: 8, innerSize: 8, heads: 2, domainRank: 2, invariantRank: 2, "
                + "maximumLength: 12, negatives: 4, gca: {stages: [0]}}"
        }
    }
}
