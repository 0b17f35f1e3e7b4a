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
        experiments + models + checkpoints + results + datasets + vectors + imports
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
            let tensors = ["weights", "optimizer"].flatMap { part -> [Kind] in
                let file = "\(state)/\(part).safetensors"
                return [
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
            Kind(name: name, form: form, file: "run-c2dsr/\(name)", read: compare)
        }
    }

    // MARK: Datasets

    private static var datasets: [Kind] {
        func describe(_ corpus: Corpus) throws {
            let dataset = try Dataset.open(corpus.path("data"))
            _ = DatasetReport(dataset).description
            _ = try Split(.leaveOneOut, dataset: dataset, seed: 1).trainingData
        }
        let names = [
            "offsets.bin", "items.bin", "times.bin", "ratings.bin", "users.bin",
            "user-offsets.bin", "user-order.bin", "catalog-0.jsonl",
        ]
        let columns = names.flatMap { name -> [Kind] in
            let form = name.hasSuffix("jsonl") ? Form.text : .bytes
            let file = "data/\(name)"
            return [
                Kind(name: name, form: form, file: file, read: describe),
                Kind(
                    name: "\(name) with checksum", form: form, file: file, restored: "data",
                    reseal: { try Resealing.dataset($0.path("data")) }, read: describe),
            ]
        }
        return columns + [
            Kind(name: "dataset.json", form: .json, file: "data/dataset.json", read: describe),
            Kind(
                name: "dataset.json with checksum", form: .json, file: "data/dataset.json",
                reseal: { try Resealing.dataset($0.path("data")) }, read: describe),
        ]
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
        _ name: String, _ form: Form, of source: (events: String, items: String?),
        _ format: ImportFormat, _ options: ImportOptions = ImportOptions()
    ) -> Kind {
        Kind(name: "import \(name)", form: form, file: name) { corpus in
            var options = options
            options.replace = true
            try Importer.run(
                sources: [
                    ImportSource(
                        events: corpus.path(source.events), items: source.items.map(corpus.path))
                ], format: format, options: options, to: corpus.path("imported"))
        }
    }

    private static var imports: [Kind] {
        let csv = ImportFormat.delimited(
            DelimitedFormat(
                time: .name("time"), rating: .name("rating"), domain: .name("domain")))
        let tsv = ImportFormat.delimited(
            DelimitedFormat(delimiter: "\t", time: .name("time"), domain: .name("domain")))
        var skipping = ImportOptions()
        skipping.onBadLine = .skip(limit: 10)
        return [
            imports("events.csv", .text, of: ("events.csv", nil), csv),
            imports("events.csv", .text, of: ("events.csv", "items.csv"), csv, skipping),
            imports("items.csv", .text, of: ("events.csv", "items.csv"), csv),
            imports("items.jsonl", .text, of: ("events.csv", "items.jsonl"), csv),
            imports("events.tsv", .text, of: ("events.tsv", nil), tsv),
            imports("events.inter", .text, of: ("events.inter", "events.item"), .recBole),
            imports("events.item", .text, of: ("events.inter", "events.item"), .recBole),
            imports("amazon.csv", .text, of: ("amazon.csv", nil), .amazonRatings),
            imports("ratings.dat", .text, of: ("ratings.dat", "movies.dat"), .movieLens),
            imports("movies.dat", .text, of: ("ratings.dat", "movies.dat"), .movieLens),
            imports("sequences.txt", .text, of: ("sequences.txt", "map.json"), .sequences),
            imports("map.json", .json, of: ("sequences.txt", "map.json"), .sequences),
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
