import Experiments
import Foundation
import Interactions
import Recommenders
import Testing

/// Every key of training, evaluation and data changes what a run writes, or is refused, whatever the model and task.
@Suite struct SettingEffectTests {
    /// One run: a model as it is trained, and what its other settings are compared with.
    struct Base: Sendable, CustomTestStringConvertible {
        let name: String
        let settings: [String]
        /// The keys that are looked at; nil for all.
        var keys: Set<String>?

        var testDescription: String { name }
    }

    private static let common = [
        "training.epochs=3", "training.batchSize=16", "training.patience=2",
        "training.optimizer.learningRate=0.05", "evaluation.candidates=sampled:9",
        "evaluation.metrics=[HR@3, NDCG@10, MRR]",
    ]
    private static let small = [
        "parameters.embeddingSize=4", "parameters.layers=1", "parameters.innerSize=4",
        "parameters.heads=1", "parameters.hiddenDropout=0.1", "parameters.attentionDropout=0.1",
    ]
    private static let rating = ["evaluation.task=rating", "training.batchSize=64"]

    private static let bases = [
        Base(
            name: "sasrec", settings: common + small + ["model=sasrec", "parameters.negatives=128"]),
        Base(
            name: "abxi",
            settings: common + [
                "model=abxi", "parameters.embeddingSize=4", "parameters.innerSize=4",
                "parameters.domainRank=2", "parameters.invariantRank=2", "parameters.negatives=4",
            ],
            // Of the others the model knows nothing; the first base has them.
            keys: [
                "training.batchSize", "training.optimizer.rowSparse",
                "training.clearsGradientsEachEpoch", "evaluation.preset", "evaluation.batchSize",
            ]),
        Base(
            name: "biased-mf, ranking",
            settings: common + ["model=biased-mf", "parameters.width=3"]),
        Base(
            name: "biased-mf, ratings",
            settings: rating + ["model=biased-mf", "parameters.width=3", "training.epochs=3"]),
        Base(
            name: "emcdr, ratings",
            settings: rating + [
                "model=emcdr", "parameters.width=3", "parameters.sourceEpochs=2",
                "parameters.targetEpochs=2", "parameters.bridgeEpochs=2",
            ]),
        Base(name: "mean-rating", settings: ["model=mean-rating", "evaluation.task=rating"]),
        Base(
            name: "popularity",
            settings: [
                "model=popularity", "evaluation.candidates=sampled:9",
                "evaluation.metrics=[HR@3, NDCG@10, MRR]",
            ]),
    ]

    /// For each key another value, and what must stand beside it to count, where it does not alone.
    private static let changes: [String: [[String]]] = [
        "training.epochs": [["5"]], "training.batchSize": [["7"]],
        "training.optimizer.kind": [["sgd"], ["adam", "training.optimizer.weightDecay=0.1"]],
        "training.optimizer.learningRate": [["0.01"]], "training.optimizer.weightDecay": [["0.5"]],
        "training.optimizer.beta1": [["0.5"]], "training.optimizer.beta2": [["0.5"]],
        "training.optimizer.epsilon": [["0.01"]],
        "training.optimizer.momentum": [["0.5"], ["0.5", "training.optimizer.kind=sgd"]],
        "training.optimizer.rowSparse": [["true"]],
        "training.schedule.kind": [["exponential"], ["cosine"]],
        "training.schedule.warmupEpochs": [["2"]],
        "training.schedule.warmupStart": [["0.5"], ["0.5", "training.schedule.warmupEpochs=2"]],
        "training.schedule.factor": [["0.5"], ["0.5", "training.schedule.kind=exponential"]],
        "training.schedule.patience": [["0"]],
        "training.schedule.minimum": [["0.001"], ["0.001", "training.schedule.kind=cosine"]],
        "training.clipNorm": [["0.01"]], "training.patience": [["1", "training.epochs=9"]],
        "training.evaluateEvery": [["2"]], "training.clearsGradientsEachEpoch": [["true"]],
        "evaluation.preset": [["abxi"]], "evaluation.candidates": [["sampled:5"]],
        "evaluation.also": [["[full]"]], "evaluation.exclusion": [["none"]],
        "evaluation.ties": [["optimistic"]], "evaluation.metrics": [["[HR@1, NDCG@10]"]],
        // In three epochs the metrics agree on the best one.
        "evaluation.selection": [["HR@3", "training.epochs=30", "training.patience=30"]],
        "evaluation.fewEvents": [["1"]],
        "evaluation.batchSize": [["3"]],
        "data.split": [["{kind: ratio, train: 0.6, validation: 0.2}"]],
        "data.ties": [["drop"]], "data.repeats": [["drop"]],
    ]

    /// Memory is all that follows from it.
    private static let withoutTrace: Set<String> = ["evaluation.batchSize"]

    /// Events of which some share their time, some repeat an item of the person, and none is of a domain's last item.
    private static func dataset() throws -> Dataset {
        let (users, items) = (24, 30)
        let catalogs = ["books", "films"].enumerated().map { index, name in
            Catalog(
                name: name, firstItem: ItemID(rawValue: Int32(index * items + 1)),
                externalIDs: (0..<items).map { "\(name)-\($0)" },
                titles: (0..<items).map { "The \(name) number \($0)" })
        }
        var stream = RandomStream(seed: 7, name: "settings")
        var events: [Event] = []
        for user in 0..<users {
            var places = (0..<2).map { _ in stream.uniform(below: items - 1) }
            for step in 0..<9 + stream.uniform(below: 5) {
                let domain = step == 0 ? 0 : stream.uniform(below: 2)
                // Some come back to where they were, so that held-out items are among those that were had.
                places[domain] += user.isMultiple(of: 3) && step % 4 == 3 ? -1 : 1 + domain
                places[domain] = (places[domain] + items - 1) % (items - 1)
                let time = user.isMultiple(of: 4) ? step / 2 : step
                events.append(
                    Event(
                        user: UserID(rawValue: Int32(user)),
                        item: ItemID(rawValue: Int32(domain * items + places[domain] + 1)),
                        time: Int64(time) * Dataset.ticksPerSecond,
                        rating: Float(1 + (user + places[domain]) % 5)))
            }
        }
        return try Dataset(
            catalogs: catalogs, users: (0..<users).map { "user-\($0)" }, events: events)
    }

    /// What a run leaves behind that its settings can change, or the refusal.
    private enum Outcome: Equatable {
        case run(weights: Data, metrics: String, users: Data, epochs: [HistoryEntry])
        case refusal(String)
    }

    private func outcome(_ settings: [String], _ folder: TemporaryFolder) throws -> Outcome {
        let run = folder.run(UUID().uuidString)
        do {
            let configuration = try ExperimentConfiguration(yaml: "", assignments: settings)
            _ = try Trainer(
                configuration, dataset: Self.dataset(), run: run
            ).train()
        } catch {
            return .refusal("\(error)")
        }
        // But for the time that they took.
        let epochs = try run.historyEntries().map { entry in
            var entry = entry
            (entry.seconds, entry.validationSeconds, entry.examplesPerSecond) = (0, 0, 0)
            return entry
        }
        return .run(
            weights: try Data(contentsOf: run.weights),
            metrics: String(decoding: try Data(contentsOf: run.metrics), as: UTF8.self),
            users: (try? Data(contentsOf: run.users)) ?? Data(), epochs: epochs)
    }

    /// The keys to look at, in order.
    private func keys(of configuration: ExperimentConfiguration, _ base: Base) -> [String] {
        ["training", "evaluation", "data"]
            .flatMap { configuration.json[[$0]]?.keys(under: $0) ?? [] }
            .filter { base.keys?.contains($0) ?? true }
    }

    /// What a base gives each time, so that another outcome is another setting's.
    private func repeated(_ base: Base, _ folder: TemporaryFolder) throws -> Outcome {
        let plain = try outcome(base.settings, folder)
        guard case .run = plain else { throw Refused(outcome: "\(plain)") }
        #expect(try outcome(base.settings, folder) == plain)
        return plain
    }

    private struct Refused: Error {
        let outcome: String
    }

    @Test(arguments: bases)
    func noKeyIsSilentlyIdle(base: Base) throws {
        let folder = try TemporaryFolder()
        let configuration = try ExperimentConfiguration(yaml: "", assignments: base.settings)
        let isStepped = configuration.model != "popularity" && configuration.model != "mean-rating"
        let keys = keys(of: configuration, base)
        #expect(keys.count == base.keys?.count ?? Self.changes.count + 1)
        let plain = try repeated(base, folder)
        for key in keys where key != "evaluation.task" {
            let changes = try #require(Self.changes[key], "no other value for \(key)")
            for change in changes {
                let beside = base.settings + change.dropFirst()
                var one = change.count == 1 ? plain : try outcome(beside, folder)
                var other = try outcome(beside + ["\(key)=\(change[0])"], folder)
                // What is refused itself cannot make the key count.
                if case .refusal = one {
                    one = plain
                    other = try outcome(base.settings + ["\(key)=\(change[0])"], folder)
                }
                switch other {
                case .refusal(let reason):
                    #expect(reason.contains(key), "\(key)=\(change[0]): \(reason)")
                case .run:
                    // What is allowed for models of all kinds is said.
                    let notes = try ExperimentConfiguration(
                        yaml: "", assignments: beside + ["\(key)=\(change[0])"]
                    ).notes
                    let isSaid = notes.contains { $0.contains(key) }
                    #expect(
                        (other != one) != (isSaid || Self.withoutTrace.contains(key)),
                        "\(base.name): \(key)=\(change[0]) changes nothing and nobody says so")
                    #expect(!isSaid || !isStepped || key == "evaluation.selection")
                }
            }
        }
    }

    /// What a model says to be read and drawn is what training reads and draws, by either name.
    @Test(arguments: [
        "parameters.negativePoolQuirk=true", "parameters.maximumLength=3", "data.maximumLength=3",
    ])
    func whatAModelAsksForIsGiven(change: String) throws {
        let folder = try TemporaryFolder()
        let base = Self.bases[1]
        let other = try outcome(base.settings + [change], folder)
        guard case .run = other else { throw Refused(outcome: "\(other)") }
        #expect(try other != repeated(base, folder), "\(change) changes nothing")
    }

    /// Settings of models that rank no histories; those that do are compared by loss and scores.
    @Test(arguments: [
        (
            2,
            [
                "width=4", "scope=per-domain", "biases=false", "initialDeviation=0.3",
                "regularization=0.1", "clearsUnseen=false",
            ]
        ),
        (
            4,
            [
                "source=films", "target=books", "width=4", "biases=false", "initialDeviation=0.3",
                "regularization=0.1", "clearsUnseen=false", "bridge=mlp", "bridgeRegularization=1",
                "mapsWarmUsers=true", "sourceEpochs=1", "targetEpochs=1", "bridgeEpochs=1",
            ]
        ),
        (5, ["by=domain", "shrinkage=50"]),
    ])
    func parametersOfRatingModels(base: Int, changes: [String]) throws {
        let folder = try TemporaryFolder()
        let base = Self.bases[base]
        let configuration = try ExperimentConfiguration(yaml: "", assignments: base.settings)
        let known = try configuration.resolved().parameters.keys(under: "")
        #expect(Set(known) == Set(changes.map { String($0.prefix { $0 != "=" }) }))
        let plain = try repeated(base, folder)
        for change in changes {
            let other = try outcome(base.settings + ["parameters.\(change)"], folder)
            #expect(other != plain, "\(base.name): parameters.\(change) changes nothing")
        }
    }

    /// Training goes on after the first step of each with the weights of a number, or says what is wrong with it.
    @Test(arguments: bases)
    func extremesAreRefusedOrRun(base: Base) throws {
        let folder = try TemporaryFolder()
        let configuration = try ExperimentConfiguration(yaml: "", assignments: base.settings)
        // Where it counts; the others would be refused for it.
        let short =
            base.settings
            + (Self.common.allSatisfy(base.settings.contains) ? ["training.epochs=1"] : [])
        var (refused, worked, looked) = (0, 0, 0)
        for key in keys(of: configuration, base) {
            let value = configuration.json[key.split(separator: ".").map(String.init)]
            let extremes: [String]
            switch value {
            case .int, .null:
                extremes = [
                    "\(Int.max)", "2147483648", "1000000000", "0", "-1", "99999999999999999999",
                ]
            case .double: extremes = [".nan", ".inf", "-1", "1.0e+308", "1e308", "0"]
            default: continue
            }
            looked += 1
            for extreme in extremes {
                guard
                    case .refusal(let reason) = try outcome(
                        short + ["\(key)=\(extreme)"], folder)
                else {
                    worked += 1
                    continue
                }
                refused += 1
                #expect(!reason.contains("Decoding") && !reason.contains("expected Int"))
                #expect(
                    reason.contains(key) || reason.contains("not a number")
                        || reason.contains("not numbers"), "\(key): \(reason)")
            }
        }
        #expect(
            refused > 2 * looked && worked > 0 && looked > 1,
            "\(refused) refused, \(worked) worked of \(looked)")
    }
}

extension JSONValue {
    /// The paths of what are no objects; a split is one value.
    fileprivate func keys(under path: String) -> [String] {
        guard case .object(let values) = self, path != "data.split" else { return [path] }
        return values.sorted { $0.key < $1.key }.flatMap {
            $0.value.keys(under: path.isEmpty ? $0.key : "\(path).\($0.key)")
        }
    }
}
