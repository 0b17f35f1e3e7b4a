import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Experiments

/// A model's two files are read whole and together, or not at all.
@Suite(.serialized) struct SavedModelTests {
    private static let folder: TemporaryFolder? = {
        // Statics are not released when the process ends.
        atexit {
            if let place = SavedModelTests.folder?.url {
                try? FileManager.default.removeItem(at: place)
            }
        }
        return try? TemporaryFolder()
    }()
    private static let trained = Result {
        let run = try #require(folder).run("run")
        try Trainer(
            ExperimentConfiguration(yaml: tinySASRec), dataset: cyclicDataset(), run: run
        ).train()
        return run
    }

    private func copy(_ name: String) throws -> RunDirectory {
        let run = try #require(Self.folder).run(name)
        try? FileManager.default.removeItem(at: run.url)
        try FileManager.default.copyItem(at: Self.trained.get().url, to: run.url)
        return run
    }

    /// Changes `model.json`; checks of its content come before its checksum, for they name the key.
    private func edit(
        _ run: RunDirectory, _ change: (inout [String: Any]) -> Void
    ) throws {
        let read = try JSONSerialization.jsonObject(with: Data(contentsOf: run.model))
        var value = try #require(read as? [String: Any])
        change(&value)
        var options = JSONSerialization.WritingOptions.prettyPrinted
        options.insert(.sortedKeys)
        let data = try JSONSerialization.data(withJSONObject: value, options: options)
        try data.write(to: run.model)
    }

    struct Edit: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let key: String
        let change: @Sendable (inout [String: Any]) -> Void

        init(
            _ name: String, _ key: String,
            _ change: @escaping @Sendable (inout [String: Any]) -> Void
        ) {
            testDescription = name
            self.key = key
            self.change = change
        }

        static func domain(_ name: String, _ place: Int, _ key: String, _ number: Int) -> Edit {
            Edit(name, key) { value in
                guard var shape = value["shape"] as? [String: Any],
                    var domains = shape["domains"] as? [[String: Any]]
                else { return }
                domains[place][key] = number
                shape["domains"] = domains
                value["shape"] = shape
            }
        }

        static func catalog(
            _ name: String, _ key: String,
            _ change: @escaping @Sendable (inout [[String: Any]]) -> Void
        ) -> Edit {
            Edit(name, key) { value in
                guard var catalogs = value["catalogs"] as? [[String: Any]] else { return }
                change(&catalogs)
                value["catalogs"] = catalogs
            }
        }
    }

    private static let edits: [Edit] = [
        Edit("another version", "format 7") { $0["formatVersion"] = 7 },
        Edit("no model", "model: missing") { $0["model"] = nil },
        Edit("no popularity", "popularity") { $0["popularity"] = [Int]() },
        Edit("popularity below 0", "popularity") { value in
            guard var counts = value["popularity"] as? [Int] else { return }
            counts[3] = -1
            value["popularity"] = counts
        },
        Edit("popularity beyond its type", "popularity.3") { value in
            guard var counts = value["popularity"] as? [Int] else { return }
            counts[3] = 3_000_000_000
            value["popularity"] = counts
        },
        .domain("3e9 items", 0, "itemCount", 3_000_000_000),
        .domain("2^62 items", 0, "itemCount", 1 << 62),
        .domain("an item less", 1, "itemCount", 14),
        .domain("first item -5", 0, "firstItem", -5),
        .domain("first item beyond", 1, "firstItem", 2_147_483_647),
        .catalog("the other way round", "catalogs.0.name") { $0.reverse() },
        .catalog("one lost", "catalogs") { $0.removeLast() },
        .catalog("no list", "catalogs") { $0 = [] },
        .catalog("first item", "firstItem") { $0[1]["firstItem"] = 90 },
        .catalog("first item beyond", "firstItem") { $0[1]["firstItem"] = 2_147_483_640 },
        .catalog("one id for all", "externalIDs") {
            $0[0]["externalIDs"] = [String](repeating: "x", count: 15)
        },
        .catalog("five items", "itemCount") {
            $0[0]["externalIDs"] = (0..<5).map { "\($0)" }
            $0[0]["titles"] = [String]()
        },
        // Nothing contradicts itself: the checksum remains.
        Edit("another dataset", "checksum") { $0["dataset"] = "xxh64:0000000000000000" },
        .catalog("another title", "checksum") {
            $0[0]["titles"] = (0..<15).map { "Another \($0)" }
        },
    ]

    @Test(arguments: edits)
    func aDescriptionThatDoesNotFitIsRefusedByItsKey(edit: Edit) throws {
        let run = try copy("edited")
        try self.edit(run, edit.change)
        let error = try #require(throws: RunError.self) { try SavedModel(run) }
        #expect(error.description.hasPrefix("\(run.model.path): "), "\(error)")
        #expect(error.description.contains(edit.key), "\(error)")
        #expect(!error.description.contains("Int") && !error.description.contains("\n"))
    }

    @Test func filesOfTwoRunsAreNoModel() throws {
        let run = try copy("mixed")
        let other = try #require(Self.folder).run("other")
        try Trainer(
            ExperimentConfiguration(yaml: tinySASRec, assignments: ["seed=9"]),
            dataset: cyclicDataset(), run: other
        ).train()
        try FileManager.default.removeItem(at: run.weights)
        try FileManager.default.copyItem(at: other.weights, to: run.weights)
        let error = try #require(throws: RunError.self) { try SavedModel(run) }
        #expect(error.description.contains(run.weights.path))
        #expect(error.description.contains("another run"))
    }

    @Test func weightsThatAreNoNumbersAreRefusedAndNotWritten() throws {
        let run = try copy("infinite")
        let saved = try SavedModel(run)
        let name = try #require(saved.model.state().keys.min())
        let tensor = try #require(saved.model.state()[name])
        tensor.copy(from: tensor * Double.infinity)
        let before = try Data(contentsOf: run.weights)
        let error = #expect(throws: RunError.self) { try saved.write(to: run) }
        #expect(error?.description.contains(name) == true)
        #expect(try Data(contentsOf: run.weights) == before)
        try Safetensors.write(saved.model.state(), to: run.weights)
        #expect(throws: RunError.self) { try SavedModel(run) }
    }

    @Test func otherVersionsAreNamed() throws {
        let run = try copy("later")
        let text = try String(contentsOf: run.manifest, encoding: .utf8)
        try Data(
            text.replacing(
                "\"formatVersion\" : \(RunManifest.currentFormat)", with: "\"formatVersion\" : 99"
            ).utf8
        )
        .write(to: run.manifest)
        for read in [
            { _ = try RunComparison([Self.trained.get(), run]) },
            { _ = try RunEvaluation(run).stored(part: nil, candidates: nil) },
        ] as [() throws -> Void] {
            let error = #expect(throws: RunError.self) { try read() }
            #expect(error?.description.contains("format 99") == true)
        }
    }
}
