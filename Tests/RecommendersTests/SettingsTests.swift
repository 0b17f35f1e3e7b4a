import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What every setting of every registered model must do, whatever its value.
struct SettingsTests {
    private static let names = Models.all.keys.sorted()
    /// One case of each model that ranks from histories.
    private static let cases = Dictionary(grouping: RankerCase.all, by: \.name)
        .values.compactMap(\.first).sorted { $0.name < $1.name }

    private func settings(_ name: String, _ path: [String], _ value: JSONValue) throws {
        _ = try Models.entry(named: name).settings(.object([:]).setting(value, at: path))
    }

    @Test("whole numbers beyond all bounds are refused by their name", arguments: names)
    func wholeNumbers(name: String) throws {
        let defaults = try Models.entry(named: name).settings(.object([:]))
        // In the file a real number can be whole, too.
        for (path, _) in leaves(of: defaults.json)
        where property(at: path[...], in: defaults) is Int {
            for extreme in [Int.max, Int.min, 1 << 31, -1] {
                let error = #expect(throws: ConfigurationError.self, "\(path) = \(extreme)") {
                    try settings(name, path, .int(extreme))
                }
                #expect(error?.path == path.joined(separator: "."))
            }
        }
    }

    @Test("numbers that are none are refused by their name", arguments: names)
    func noNumbers(name: String) throws {
        let defaults = try Models.entry(named: name).settings(.object([:])).json
        for (path, value) in leaves(of: defaults) {
            switch value {
            case .int, .double: break
            default: continue
            }
            for extreme in [Double.nan, .infinity, -.infinity] {
                let error = #expect(throws: ConfigurationError.self, "\(path) = \(extreme)") {
                    try settings(name, path, .double(extreme))
                }
                #expect(error?.path == path.joined(separator: "."))
            }
        }
    }

    /// What is not refused is built, trained by a step and asked for scores; nothing traps.
    @Test("extreme values are refused, or work", arguments: cases)
    func extremes(model: RankerCase) throws {
        let defaults = try Models.entry(named: model.name).settings(.object([:])).json
        var refused = 0
        var worked = 0
        for (path, value) in leaves(of: defaults) {
            let extremes: [String]
            switch value {
            case .int: extremes = ["1000000000", "0", "-1", "1000000", "40", "1"]
            case .double: extremes = ["-1", "1e308", "1e-308", "0", "1"]
            default: continue
            }
            let key = path.joined(separator: ".")
            for extreme in extremes {
                do {
                    let beside = model.prerequisites[key] ?? [:]
                    let built = try model.build(changing: beside.merging([key: extreme]) { $1 })
                    worked += 1
                    // So many are refused when they are drawn: no domain has them.
                    guard model.overfit != nil, key != "negatives" else { continue }
                    // A step over more takes seconds and does nothing that one over less does not.
                    guard built.model.parameterCount < 4_000_000 else { continue }
                    let loss = try built.loss()
                    // A window of one event leaves a single domain no pair.
                    if !loss.parts.isEmpty { loss.total.backward() }
                    built.model.train(false)
                    #expect(built.scores().shape == [8, 6])
                } catch is ConfigurationError {
                    refused += 1
                }
            }
        }
        let isCounted = leaves(of: defaults).contains {
            switch $0.value {
            case .int, .double: true
            default: false
            }
        }
        #expect((refused > 0) == isCounted && (worked > 0) == isCounted)
    }

    /// In a process of its own that may have 64 GB, whatever the machine has.
    @Test("parameters that no memory holds are refused by the setting that asks for them")
    func memory() async {
        await #expect(processExitsWith: .success) {
            let data = __rlimit_resource_t(RLIMIT_DATA.rawValue)
            var limit = rlimit()
            try #require(getrlimit(data, &limit) == 0)
            limit.rlim_cur = min(1 << 36, limit.rlim_max)
            try #require(setrlimit(data, &limit) == 0)
            try #require(Engine.memoryLimit <= 1 << 36)
            let shape = DataShape.domains(2_000_000_000, users: 3)
            func refused(_ name: String, _ settings: JSONValue) throws -> String? {
                try #require(throws: ConfigurationError.self) {
                    try Models.entry(named: name).build(settings, shape, .seeded(1))
                }.path
            }
            try #require(try refused("sasrec", ["embeddingSize": .int(1 << 20)]) == "embeddingSize")
            try #require(try refused("gru4rec", ["hiddenSize": .int(1 << 20)]) == "hiddenSize")
            try #require(try refused("biased-mf", ["width": .int(1 << 20)]) == "width")
            // Nothing but the data is large: 512 GB at the default width.
            try #require(try refused("sasrec", [:]) == "model")
        }
    }

    @Test("what is planned is what is allocated", arguments: cases)
    func plan(model: RankerCase) throws {
        let entry = try Models.entry(named: model.name)
        let settings = try RankerCase.object(model.overrides)
        let built = try entry.build(settings, RankerCase.shape, .seeded(1))
        let planned = try plannedBytes {
            _ = try entry.build(settings, RankerCase.shape, .seeded(1))
        }
        let held = built.parameters().filter { !$0.parameter.isData }
            .reduce(0) { $0 + $1.parameter.value.count }
        #expect(planned >= Double(4 * held))
        #expect(planned <= Double(4 * built.parameterCount) * 2 + 4096)
    }

    /// Alone, without what makes it count.
    @Test("a setting that does nothing beside the others is refused", arguments: RankerCase.all)
    func idle(model: RankerCase) throws {
        let base = try model.build()
        for (path, value) in model.perturbations {
            do {
                let other = try model.build(changing: [path: value])
                #expect(try model.differ(base, other), "\(path) = \(value) is silently idle")
            } catch let error as ConfigurationError {
                // It, or another that does nothing beside it.
                if case .idle(let named, let reason, _) = error {
                    #expect(named == path || reason.contains(path), "\(path): \(error)")
                }
            }
        }
    }

    @Test("a refusal says why, and what the setting is without it")
    func words() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try settings("sasrec", ["negatives"], .int(7))
        }
        #expect(
            error?.description
                == "negatives does nothing beside softmax: full; leave it out (it is 128 then)")
        let stages = #expect(throws: ConfigurationError.self) {
            try settings("abxi", ["gca", "depth"], .int(2))
        }
        #expect(
            stages?.description
                == "gca.depth does nothing without gca.stages; leave it out (it is 1 then)")
    }

    /// What a model asks of training as its type says it, and as its phases do.
    @Test("settings know how a model is trained", arguments: names)
    func learning(name: String) throws {
        let entry = try Models.entry(named: name)
        let model = try entry.build([:], RankerCase.shape, .seeded(1))
        let isValidated = model.phases.contains { $0.isValidated }
        let hasSteps = model.phases.contains { $0.hasSteps }
        switch try entry.settings(.object([:])).learning {
        case .closedForm: #expect(!hasSteps)
        case .ownEpochs: #expect(hasSteps && !isValidated)
        case .validated: #expect(hasSteps && isValidated)
        }
    }
}
