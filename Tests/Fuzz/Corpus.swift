import Experiments
import Foundation
import Interactions

/// Small good files of every kind that is read, made once.
struct Corpus {
    let folder: URL

    /// A file; a star stands for what of its name is not known before it is there.
    func path(_ name: String) -> URL {
        let url = folder.appendingPathComponent(name)
        let parts = url.lastPathComponent.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return url }
        let parent = url.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
        let found = names.sorted().first { $0.hasPrefix(parts[0]) && $0.hasSuffix(parts[1]) }
        return parent.appendingPathComponent(found ?? url.lastPathComponent)
    }

    /// Names of files that no kind reads; a number or checksum in a name makes it no other one.
    func unread(by kinds: [Kind]) -> [String] {
        func plain(_ name: String) -> String {
            name.replacing(/[0-9a-f]{16}|[0-9]+/, with: "#")
        }
        // Reports are for people; the experiments are all of one kind.
        var known = Set(["report.html"] + Self.models.map { plain("\($0).yaml") })
        known.formUnion(kinds.map { plain(path($0.file).lastPathComponent) })
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap {
            $0 as? String
        }
        let names = (files ?? []).filter { !path($0).hasDirectoryPath }
            .map { plain(($0 as NSString).lastPathComponent) }
        return Set(names).subtracting(known).sorted()
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: path(name))
    }

    /// Makes all files; runs are trained for two epochs.
    func make() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var options = SimulationOptions(domains: [
            SimulationOptions.Domain(name: "a", items: 12),
            SimulationOptions.Domain(name: "b", items: 10),
        ])
        options.users = 24
        options.eventsPerUser = 10
        options.tasteSize = 4
        options.clusters = 3
        options.textWidth = 8
        options.imageWidth = 8
        options.ratings = true
        options.drift = 0.3
        try Simulator.run(options, to: path("data"), threads: 1)
        try makeImports()
        try Importer.run(
            sources: [ImportSource(events: path("log.csv"))],
            format: .delimited(
                DelimitedFormat(
                    time: .name("time"), domain: .name("domain"), behaviour: .name("what"))),
            to: path("logged"))
        try makeExperiments()
        let dataset = try Dataset.open(path("data"))
        for model in Self.models {
            let run = RunDirectory(path("run-\(model)"))
            let begun = path("begun-\(model)")
            try Trainer(
                ExperimentConfiguration(contentsOf: path("\(model).yaml")), dataset: dataset,
                run: run
            ) { event in
                guard case .epoch(let entry) = event, entry.epoch == 2 else { return }
                try? FileManager.default.copyItem(at: run.url, to: begun)
            }.train()
        }
    }

    /// A plain one, and those whose tensors hold data.
    static let models = ["sasrec", "c2dsr", "mifn", "cdsrnp-style"]

    private func makeExperiments() throws {
        let sizes = [
            "sasrec": "{embeddingSize: 4, layers: 1, heads: 1, innerSize: 4, maximumLength: 8}",
            "c2dsr": "{embeddingSize: 4, maximumLength: 8}", "mifn": "{embeddingSize: 4}",
            "cdsrnp-style": "{embeddingSize: 4, maximumLength: 8, supportUsers: 4}",
        ]
        for model in Self.models {
            try write(
                """
                model: \(model)
                parameters: \(sizes[model] ?? "{}")
                data: {split: {kind: leave-one-out}}
                training:
                  epochs: 3
                  batchSize: 16
                  optimizer: {kind: adam, learningRate: 0.01}
                  schedule: {kind: plateau, patience: 1}
                evaluation: {metrics: [HR@10, NDCG@10], selection: NDCG@10}
                seed: 3
                """, to: "\(model).yaml")
        }
        try write(
            """
            experiment: sasrec.yaml
            seeds: [1, 2]
            baseline: one
            runs:
              - name: one
              - name: two
                set: {parameters.layers: 2, training.epochs: 4}
            grid: {training.batchSize: [8, 16]}
            """, to: "sweep.yaml")
    }

    private func makeImports() throws {
        let events = (0..<60).map {
            (user: $0 % 12, item: $0 * 7 % 11, time: 1_000_000 + $0 * 86_400)
        }
        func lines(_ header: String?, _ line: ((user: Int, item: Int, time: Int)) -> String)
            -> String
        {
            ((header.map { [$0] } ?? []) + events.map(line)).joined(separator: "\n") + "\n"
        }
        try write(
            lines("user,item,time,rating,domain") {
                "u\($0.user),\"i,\($0.item)\",\($0.time),\($0.item % 5 + 1).5,\($0.item < 6 ? "a" : "b")"
            }, to: "events.csv")
        try write(
            lines("user\titem\ttime\tdomain") {
                "u\($0.user)\ti\($0.item)\t2014-07-\($0.time % 27 + 1)\t\($0.item < 6 ? "a" : "b")"
            }, to: "events.tsv")
        try write(
            (0..<11).map { #"{"id": "i,\#($0)", "title": "Number \#($0)", "price": \#($0).5}"# }
                .joined(separator: "\n") + "\n", to: "items.jsonl")
        try write(
            (["item,title,brand,price"] + (0..<11).map { "\"i,\($0)\",\"Number, \($0)\",B,\($0).5" })
                .joined(separator: "\n") + "\n", to: "items.csv")
        try write(
            lines("user_id:token\titem_id:token\trating:float\ttimestamp:float") {
                "\($0.user)\t\($0.item)\t\($0.item % 5 + 1)\t\($0.time)"
            }, to: "events.inter")
        try write(
            (["item_id:token\ttitle:token_seq\tclass:token_seq"]
                + (0..<11).map { "\($0)\tNumber \($0)\t\($0 < 6 ? "Drama" : "Horror")" })
                .joined(separator: "\n") + "\n", to: "events.item")
        try write(
            lines(nil) { "\($0.user),\($0.item),\($0.item % 5 + 1).0,\($0.time)" }, to: "amazon.csv"
        )
        try write(
            lines(nil) { "\($0.user + 1)::\($0.item + 1)::\($0.item % 5 + 1)::\($0.time)" },
            to: "ratings.dat")
        try write(
            (0..<11).map { "\($0 + 1)::Number \($0) (1999)::\($0 < 6 ? "Drama" : "Horror")" }
                .joined(separator: "\n") + "\n", to: "movies.dat")
        try write(
            lines("userId,movieId,rating,timestamp") {
                "\($0.user + 1),\($0.item + 1),\($0.item % 5).5,\($0.time)"
            }, to: "ratings.csv")
        try write(
            (["movieId,title,genres"]
                + (0..<11).map {
                    "\($0 + 1),\"Number, \($0) (1999)\",\($0 < 6 ? "Drama|War" : "Horror")"
                })
                .joined(separator: "\n") + "\n", to: "movies.csv")
        try write(
            lines("user,item,time,domain,what") {
                "u\($0.user),i\($0.item),\($0.time),\($0.item < 6 ? "a" : "b"),\($0.item < 3 ? "view" : "buy")"
            }, to: "log.csv")
        let byUser = Dictionary(grouping: events, by: \.user).sorted { $0.key < $1.key }
        try write(
            byUser.map { user, own in
                "\(user) " + own.map { "\($0.item)|\($0.time)" }.joined(separator: " ")
            }.joined(separator: "\n") + "\n", to: "sequences.txt")
        let map = (0..<11).map { "\"i\($0)\": [\($0), \($0 < 6 ? 0 : 1)]" }
        try write("{\(map.joined(separator: ", "))}\n", to: "map.json")
        let users = (0..<12).map { "\"person \($0)\": \($0)" }
        try write("{\(users.joined(separator: ", "))}\n", to: "users.json")
        try makeMatrix()
    }

    private func makeMatrix() throws {
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 3), }"
        header += String(repeating: " ", count: 64 - (10 + header.utf8.count + 1) % 64) + "\n"
        let length = UInt16(header.utf8.count)
        var bytes: [UInt8] =
            [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
        bytes += Array(header.utf8)
        for number in 0..<36 {
            withUnsafeBytes(of: Float(number) / 7) { bytes += Array($0) }
        }
        try Data(bytes).write(to: path("vectors.npy"))
        let catalog = try Dataset.open(path("data")).catalogs[0]
        try write(catalog.externalIDs.map { $0 + "\n" }.joined(), to: "vectors.txt")
    }
}
