import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// A host of GCA at a tiny size, with modules at some stages: what its tests need to know of it.
struct GCAHostCase: Sendable, CustomTestStringConvertible {
    /// The host's name in the registry.
    let name: String
    /// Settings over the defaults, as JSON.
    let settings: String
    /// The stages that modules stand at.
    var stages: [Int] = []
    /// Modules in sequence at each stage.
    var depth = 1
    /// Whether sequences count from their ends or are padded, so that states change with what comes.
    var knowsLength = false

    /// The domains of its data.
    var shape = RankerCase.shape

    var testDescription: String {
        "\(name) \(stages) depth \(depth)" + (knowsLength ? " padded" : "")
            + " domains \(shape.domains.count)"
    }

    /// Every host, as its own self and in the variants that look at a row's length.
    static let hosts = [
        GCAHostCase(
            name: "sasrec",
            settings: """
                {"embeddingSize": 8, "layers": 3, "innerSize": 12, "scope": "per-domain"}
                """),
        GCAHostCase(name: "abxi", settings: abxi(#""attendsPadding": false"#)),
        GCAHostCase(
            name: "abxi", settings: abxi(#""attendsPadding": true"#), knowsLength: true),
        GCAHostCase(name: "c2dsr", settings: c2dsr(#""attendsPadding": false"#)),
        GCAHostCase(
            name: "c2dsr", settings: c2dsr(#""attendsPadding": true"#), knowsLength: true),
        GCAHostCase(name: "llm4cdsr", settings: llm4cdsr(#""attendsPadding": false"#)),
        GCAHostCase(
            name: "llm4cdsr", settings: llm4cdsr(#""attendsPadding": true"#), knowsLength: true),
        GCAHostCase(
            name: "cdsrnp-style",
            settings: """
                {"embeddingSize": 8, "blocks": 2, "maximumLength": 12, "latentSize": 4,
                 "supportUsers": 3}
                """),
    ]

    /// Every host with every set of its stages; with two modules in sequence, with three domains and padded at few.
    static let all = hosts.flatMap { host -> [GCAHostCase] in
        let sets = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]].filter { stages in
            stages.allSatisfy { $0 < host.stageCount }
        }
        let whole = sets[sets.count - 1]
        guard !host.knowsLength else { return [host.with(whole)] }
        return sets.map { host.with($0) } + [[0], whole].map { host.with($0, depth: 2) }
            + [[1], whole].map { host.with($0, shape: RankerCase.threeDomains) }
    }

    private static func abxi(_ padding: String) -> String {
        """
        {"embeddingSize": 8, "innerSize": 12, "domainRank": 2, "invariantRank": 3,
         "maximumLength": 12, \(padding)}
        """
    }

    private static func c2dsr(_ padding: String) -> String {
        #"{"embeddingSize": 8, "blocks": 2, "heads": 2, "maximumLength": 12, \#(padding)}"#
    }

    private static func llm4cdsr(_ padding: String) -> String {
        """
        {"embeddingSize": 8, "blocks": 2, "heads": 2, "maximumLength": 12, "hashSize": 32,
         "jointSize": 10, \(padding)}
        """
    }

    private var stageCount: Int { (try? build().model.stageNames.count) ?? 0 }

    private func with(
        _ stages: [Int], depth: Int = 1, shape: DataShape = RankerCase.shape
    ) -> GCAHostCase {
        var own = self
        (own.stages, own.depth, own.shape) = (stages, depth, shape)
        return own
    }

    /// Builds the host with random weights, in evaluation.
    ///
    /// Positions that count from the end tell how much is to come: without `knowsLength` they are zero, as what the host
    /// itself brings of the future.
    func build() throws -> Built {
        var values = try RankerCase.object(settings).object
        // Without a stage its other settings do nothing, and are refused.
        if !stages.isEmpty {
            values["gca"] =
                [
                    "stages": .array(stages.map(JSONValue.int)), "depth": .int(depth),
                    "activation": "tanh",
                ]
        }
        let model = try Models.entry(named: name).build(.object(values), shape, .seeded(1))
        try (model as? any DataPreparing)?.prepare(
            with: RankerCase.data(imageSize: 1, shape: shape))
        let host = try #require(model as? any Host)
        host.randomize(seed: 7)
        host.train(false)
        if name == "abxi", !knowsLength { try Built.clear("ep.weight", of: host) }
        return Built(name: name, model: host, shape: shape)
    }

    typealias Host = GCAHost & ItemRanker & SteppedInTraining

    /// A host and what is read from it.
    struct Built {
        let name: String
        let model: any Host
        let shape: DataShape

        func domain(of item: Int32) -> Int { shape.domain(of: item) }

        /// For each row and step of training the state that predicts the step's target; none where training has none.
        func trainingStates(_ rows: [[Int32]]) -> [[Int: [Float]]] {
            let batch = SequenceBatch.training(rows)
            let all = model.trainingStates(of: batch).map { states in
                let width = states.states.size(1)
                let numbers: [Float] = states.states.elements()
                return Dictionary(
                    uniqueKeysWithValues: states.tokens.enumerated().map { place, token in
                        (Int(token), Array(numbers[place * width..<(place + 1) * width]))
                    })
            }
            // Otherwise the sum of the mixed sequence's state and the domain's is what is scored.
            let isSummed = all.count > shape.domains.count
            return rows.indices.map { row in
                var found: [Int: [Float]] = [:]
                for (step, token) in batch.tokens(ofRow: row).enumerated() {
                    let domain = domain(of: batch.targets[token])
                    guard isSummed else {
                        found[step] = all[domain][token]
                        continue
                    }
                    if let mixed = all[0][token], let own = all[domain + 1][token] {
                        found[step] = zip(mixed, own).map { $0 + $1 }
                    }
                }
                return found
            }
        }

        /// The states with which histories are to be recommended items of a domain each.
        func scoringStates(_ histories: [[Int32]], domains: [Int]) -> [[Float]] {
            let states = model.states(
                of: .histories(histories), in: domains.map(DomainID.init(rawValue:)))
            let width = states.size(1)
            let numbers: [Float] = states.elements()
            return histories.indices.map { Array(numbers[$0 * width..<($0 + 1) * width]) }
        }

        /// Closes every way from one domain to another but GCA.
        func silenceHost() throws {
            switch name {
            case "abxi":
                for own in shape.domains.indices {
                    try Self.clear("norm_i2\(letter(own)).weight", of: model)
                }
            case "c2dsr": try Self.clear("encoder.last_layernorm.weight", of: model)
            case "llm4cdsr": try Self.clear("adapter.1.weight", of: model)
            case "cdsrnp-style":
                for own in shape.domains.indices {
                    let join = try #require(model.state()["domains.\(own).join.weight"])
                    let width = join.size(0)
                    join.narrowed(1, width..<2 * width).copy(from: .zeros([width, width]))
                }
            default: break
            }
        }

        /// Closes all modules but those of one stage and step.
        func openOnly(stage: Int, step: Int) {
            for (name, value) in model.state()
            where name.contains(".gate.dense_2.") && !name.hasPrefix("gca.\(stage).\(step).") {
                value.copy(from: .zeros(value.shape))
            }
        }

        static func clear(_ name: String, of model: any Host) throws {
            let value = try #require(model.state()[name])
            value.copy(from: .zeros(value.shape))
        }
    }
}

extension GCAHost {
    /// What the stages are called.
    var stageNames: [String] { Self.gcaStages }
}
