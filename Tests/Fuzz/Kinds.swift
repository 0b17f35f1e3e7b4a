import Experiments
import Foundation
import Interactions
import RankingMetrics

/// A kind of file: what is changed, what belongs to it and is put back, how it is read.
struct Kind {
    let name: String
    let form: Form
    /// The file that is changed, in the corpus.
    let file: String
    /// The directory that a reading may write to, which is put back before each.
    var restored: String?
    /// Makes the change whole again, so that checksums do not keep it from what they protect.
    var reseal: ((Corpus) throws -> Void)?
    let read: (Corpus) throws -> Void

    static func all() -> [Kind] {
        experiments + models + checkpoints + results + datasets + truth + vectors + imports
    }

    // MARK: Settings

    private static var experiments: [Kind] {
        [
            Kind(name: "experiment.yaml", form: .text, file: "sasrec.yaml") {
                _ = try ExperimentConfiguration(contentsOf: $0.path("sasrec.yaml"))
            },
            Kind(name: "sweep.yaml", form: .text, file: "sweep.yaml") {
                _ = try SweepFile(contentsOf: $0.path("sweep.yaml"))
            },
        ]
    }

    // MARK: Models

    private static func recommend(_ corpus: Corpus, _ run: String) throws {
        let model = try SavedModel(RunDirectory(corpus.path(run)))
        for domain in model.catalogs.prefix(3) {
            let item = domain.externalIDs[0]
            _ = try model.recommend(
                history: [HistoryItem(domain: domain.name, item: item)], in: domain.name, count: 5)
        }
    }

    private static var models: [Kind] {
        Corpus.models.flatMap { model -> [Kind] in
            let run = "run-\(model)"
            return [
                Kind(name: "model.json (\(model))", form: .json, file: "\(run)/model.json") {
                    try recommend($0, run)
                },
                Kind(
                    name: "model.json with its checksum (\(model))", form: .json,
                    file: "\(run)/model.json",
                    reseal: { try Resealing.seal($0.path("\(run)/model.json")) }
                ) { try recommend($0, run) },
                Kind(
                    name: "model.safetensors (\(model))", form: .safetensors,
                    file: "\(run)/model.safetensors"
                ) { try recommend($0, run) },
                Kind(
                    name: "model.safetensors with its checksum (\(model))", form: .safetensors,
                    file: "\(run)/model.safetensors", restored: run,
                    reseal: {
                        try Resealing.name(
                            $0.path("\(run)/model.safetensors"), in: $0.path("\(run)/model.json"))
                    }
                ) { try recommend($0, run) },
            ]
        }
    }

    // MARK: Checkpoints

    private static var checkpoints: [Kind] {
        ["sasrec", "cdsrnp-style"].flatMap { model -> [Kind] in
            let run = "begun-\(model)"
            let state = "\(run)/checkpoint/epoch-2"
            func resume(_ corpus: Corpus) throws {
                try Trainer(
                    ExperimentConfiguration(contentsOf: corpus.path("\(model).yaml")),
                    dataset: Dataset.open(corpus.path("data"), verifying: false),
                    run: RunDirectory(corpus.path(run))
                ).checkResuming()
            }
            func kind(
                _ name: String, _ form: Form, _ file: String,
                _ reseal: ((Corpus) throws -> Void)? = nil
            ) -> Kind {
                Kind(
                    name: "\(name) (\(model))", form: form, file: file, restored: run,
                    reseal: reseal,
                    read: resume)
            }
            let files = [
                "weights": "\(state)/weights.safetensors",
                "optimizer": "\(state)/optimizer.safetensors",
                "best weights": "\(run)/checkpoint/best-*.safetensors",
            ]
            let tensors = files.sorted { $0.key < $1.key }.flatMap { part, file -> [Kind] in
                [
                    kind("checkpoint \(part)", .safetensors, file),
                    kind("checkpoint \(part) with checksum", .safetensors, file) {
                        try Resealing.name($0.path(file), in: $0.path("\(state)/state.json"))
                    },
                ]
            }
            return tensors + [
                kind("checkpoint state", .json, "\(state)/state.json"),
                kind("checkpoint state with checksum", .json, "\(state)/state.json") {
                    try Resealing.seal($0.path("\(state)/state.json"))
                },
                kind("history.jsonl", .text, "\(run)/history.jsonl"),
                kind("manifest.json of a begun run", .json, "\(run)/manifest.json"),
                kind("experiment.yaml of a begun run", .text, "\(run)/experiment.yaml"),
            ]
        }
    }

    // MARK: Results

    private static var results: [Kind] {
        func compare(_ corpus: Corpus) throws {
            let run = RunDirectory(corpus.path("run-c2dsr"))
            _ = try RunEvaluation(run).stored(part: nil, candidates: nil)
            _ = try RunComparison([RunDirectory(corpus.path("run-sasrec")), run])
        }
        let forms: [(String, Form)] = [
            ("metrics.json", .json), ("manifest.json", .json), ("users.csv", .text),
            ("experiment.yaml", .text),
        ]
        return forms.map { name, form in
            Kind(name: "\(name) of a run", form: form, file: "run-c2dsr/\(name)", read: compare)
        }
    }

    // MARK: Datasets

    private static var datasets: [Kind] {
        func kinds(_ name: String, of folder: String) -> [Kind] {
            let form =
                name.hasSuffix("jsonl") ? Form.text : name.hasSuffix("json") ? .json : .bytes
            func describe(_ corpus: Corpus) throws {
                let dataset = try Dataset.open(corpus.path(folder))
                _ = DatasetReport(dataset).description
                _ = try Split(.leaveOneOut, dataset: dataset, seed: 1).trainingData
            }
            return [
                Kind(name: name, form: form, file: "\(folder)/\(name)", read: describe),
                Kind(
                    name: "\(name) with checksum", form: form, file: "\(folder)/\(name)",
                    restored: folder, reseal: { try Resealing.dataset($0.path(folder)) },
                    read: describe),
            ]
        }
        let names = [
            "offsets.bin", "items.bin", "times.bin", "ratings.bin", "users.bin",
            "user-offsets.bin", "user-order.bin", "catalog-0.jsonl", "dataset.json",
            "vectors-0-text-*.f32", "vectors-0-text-*.u8", "vectors-0-image-*.f32",
            "vectors-0-image-*.u8",
        ]
        return names.flatMap { kinds($0, of: "data") } + kinds("behaviours.bin", of: "logged")
    }

    private static var truth: [Kind] {
        func open(_ corpus: Corpus) throws {
            let truth = try SimulationTruth.open(corpus.path("data"))
            let domain = DomainID(rawValue: 0)
            _ = truth.affinity(of: UserID(rawValue: 0), to: ItemID(rawValue: 1), in: domain, at: 1)
            _ = truth.cluster(of: ItemID(rawValue: 1))
        }
        let names = [
            "truth.json", "user-tastes.f32", "user-tastes-last.f32", "item-vectors.f32",
            "item-clusters.i32",
        ]
        return names.map { name in
            Kind(
                name: name, form: name.hasSuffix("json") ? .json : .bytes,
                file: "data/truth/\(name)", read: open)
        }
    }

    private static var vectors: [Kind] {
        func attach(_ corpus: Corpus) throws {
            try VectorAttachment(
                name: "new", domain: "a", matrix: corpus.path("vectors.npy"),
                ids: corpus.path("vectors.txt"), replace: true
            ).attach(to: Dataset.open(corpus.path("data"), verifying: false))
        }
        return [("vectors.npy", Form.bytes), ("vectors.txt", .text)].map { name, form in
            Kind(name: name, form: form, file: name, restored: "data", read: attach)
        }
    }

    // MARK: Imports

    private static func imports(
        _ file: String, called name: String? = nil, as form: Form = .text, events: String? = nil,
        items: String? = nil, users: String? = nil, _ format: ImportFormat,
        _ options: ImportOptions = ImportOptions()
    ) -> Kind {
        Kind(name: "import \(name ?? file)", form: form, file: file) { corpus in
            var options = options
            options.replace = true
            try Importer.run(
                sources: [
                    ImportSource(
                        events: corpus.path(events ?? file), items: items.map(corpus.path),
                        users: users.map(corpus.path))
                ], format: format, options: options, to: corpus.path("imported"))
        }
    }

    private static var imports: [Kind] {
        let csv = ImportFormat.delimited(
            DelimitedFormat(
                time: .name("time"), rating: .name("rating"), domain: .name("domain")))
        let tsv = ImportFormat.delimited(
            DelimitedFormat(delimiter: "\t", time: .name("time"), domain: .name("domain")))
        let log = ImportFormat.delimited(
            DelimitedFormat(
                time: .name("time"), domain: .name("domain"), behaviour: .name("what")))
        var skipping = ImportOptions()
        skipping.onBadLine = .skip(limit: 10)
        return [
            imports("events.csv", csv),
            imports(
                "events.csv", called: "events.csv, bad lines skipped", items: "items.csv", csv,
                skipping),
            imports("items.csv", events: "events.csv", items: "items.csv", csv),
            imports("items.jsonl", events: "events.csv", items: "items.jsonl", csv),
            imports("events.tsv", tsv),
            imports("log.csv", log),
            imports("events.inter", items: "events.item", .recBole),
            imports("events.item", events: "events.inter", items: "events.item", .recBole),
            imports("amazon.csv", .amazonRatings),
            imports("ratings.dat", items: "movies.dat", .movieLens),
            imports("movies.dat", events: "ratings.dat", items: "movies.dat", .movieLens),
            imports("ratings.csv", items: "movies.csv", .movieLens),
            imports("movies.csv", events: "ratings.csv", items: "movies.csv", .movieLens),
            imports("sequences.txt", items: "map.json", .sequences),
            imports("map.json", as: .json, events: "sequences.txt", items: "map.json", .sequences),
            imports(
                "users.json", as: .json, events: "sequences.txt", items: "map.json",
                users: "users.json", .sequences),
        ]
    }
}

/// Puts right the checksums that protect what was changed: what is behind them must hold by itself.
enum Resealing {
    private static func sum(_ data: Data) -> String {
        var sum = Checksum()
        data.withUnsafeBytes { sum.update($0) }
        return sum.text
    }

    /// A file that says its own checksum.
    static func seal(_ url: URL) throws {
        var data = try Data(contentsOf: url)
        guard let mark = data.range(of: Data("\"checksum\" : \"xxh64:".utf8)),
            mark.upperBound + 16 <= data.count
        else { return }
        let digits = mark.upperBound..<mark.upperBound + 16
        data.replaceSubrange(digits, with: Data("0000000000000000".utf8))
        data.replaceSubrange(digits, with: Data(sum(data).utf8.suffix(16)))
        try data.write(to: url)
    }

    /// A file whose checksum stands in a sealed one.
    static func name(_ url: URL, in sealed: URL) throws {
        let text = try String(contentsOf: sealed, encoding: .utf8)
        let name = url.lastPathComponent
        let key = name == "model.safetensors" ? "weights" : name
        guard let place = text.range(of: "\"\(key)\" : \"xxh64:") else { return }
        var changed = text
        let end = text.index(place.upperBound, offsetBy: 16)
        changed.replaceSubrange(
            place.upperBound..<end, with: sum(try Data(contentsOf: url)).suffix(16))
        try Data(changed.utf8).write(to: sealed)
        try seal(sealed)
    }

    /// The sizes and checksums of a dataset's files.
    static func dataset(_ directory: URL) throws {
        let url = directory.appendingPathComponent("dataset.json")
        guard
            var manifest = try? JSONDecoder().decode(
                DatasetManifest.self, from: Data(contentsOf: url))
        else { return }
        for place in manifest.files.indices {
            let file = directory.appendingPathComponent(manifest.files[place].name)
            guard let data = try? Data(contentsOf: file) else { continue }
            manifest.files[place].bytes = data.count
            manifest.files[place].checksum = sum(data)
        }
        manifest.checksum = manifest.totalChecksum
        try JSONEncoder().encode(manifest).write(to: url)
    }
}
