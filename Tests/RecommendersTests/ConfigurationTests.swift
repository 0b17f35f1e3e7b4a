import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What every registered model's settings must do; the models come from the registry itself.
struct ConfigurationTests {
    private static let names = Models.all.keys.sorted()

    private func resolved(_ name: String, _ settings: JSONValue) throws -> JSONValue {
        let entry = try Models.entry(named: name)
        // What is wrong with settings is said before anything is built, and where it is built.
        let found = Result { try entry.settings(settings).json }
        let built = Result { try entry.build(settings, RankerCase.shape, .seeded(1)) }
        if case .failure = found { _ = try built.get() }
        return try found.get()
    }

    @Test(
        "no settings are the defaults, and resolved settings resolve to themselves",
        arguments: names)
    func defaults(name: String) throws {
        let defaults = try Models.entry(named: name).defaults()
        let once = try resolved(name, [:])
        #expect(once == defaults)
        #expect(try resolved(name, once) == once)
    }

    @Test("resolved settings survive a JSON file", arguments: RankerCase.all)
    func roundTrip(model: RankerCase) throws {
        let first = try model.build().resolved
        let read = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(first))
        #expect(try resolved(model.name, read) == first)
        let defaults = try resolved(model.name, [:])
        #expect((first == defaults) == (model.overrides == "{}"))
    }

    /// Lays a value over the defaults at a path and returns the error.
    private func failure(
        _ name: String, _ path: String, _ value: JSONValue
    ) throws -> ConfigurationError? {
        let object = JSONValue.object([:])
            .setting(value, at: path.split(separator: ".").map(String.init))
        return #expect(throws: ConfigurationError.self) { _ = try resolved(name, object) }
    }

    @Test("a misspelt key is refused with its path and the nearest key", arguments: names)
    func misspelling(name: String) throws {
        for path in try paths(Models.entry(named: name).defaults()) {
            let nearest = path.split(separator: ".").last.map(String.init)
            guard case .unknownKey(path + "z", nearest, _) = try failure(name, path + "z", 1) else {
                Issue.record("\(path)z was not refused as expected")
                continue
            }
        }
        let error = try failure(name, "entirelyUnknown", 1)
        guard case .unknownKey("entirelyUnknown", nil, let known) = error else {
            Issue.record("entirelyUnknown gave \(String(describing: error))")
            return
        }
        #expect(try known == Models.entry(named: name).defaults().object.keys.sorted())
    }

    @Test("a value of another type is refused with its path", arguments: names)
    func wrongTypes(name: String) throws {
        for path in try paths(Models.entry(named: name).defaults()) {
            for value in [["x": 1], .null] as [JSONValue] {
                guard case .type(path, _) = try failure(name, path, value) else {
                    Issue.record("\(path) = \(value) was not refused as expected")
                    continue
                }
            }
        }
    }

    @Test("an object that is expected cannot be a number, nor a choice a word of its own")
    func messages() throws {
        #expect(try failure("abxi", "gca", 1)?.description == "gca: expected keys and values")
        let stages = try failure("abxi", "gca.stagess", [0])
        #expect(stages?.description == "unknown key gca.stagess; did you mean gca.stages?")
        let scope = try #require(try failure("sasrec", "scope", "both"))
        #expect(scope.description.hasPrefix("scope: expected "))
        let heads = try failure("sasrec", "heads", 0)
        #expect(heads?.description == "heads: expected a divisor of the width 64, got 0")
        let dropout = try failure("abxi", "dropout", 1)
        #expect(dropout?.description == "dropout: expected at least 0, below 1, got 1.0")
    }

    @Test("an unknown model is refused with the nearest name")
    func unknownModel() {
        let error = #expect(throws: ConfigurationError.self) {
            try Models.entry(named: "sasrek")
        }
        #expect(error?.description == "model: unknown sasrek; did you mean sasrec?")
    }

    /// In a process of its own: what is registered stays.
    @Test("a program makes a model of its own known by a name")
    func registration() async {
        await #expect(processExitsWith: .success) {
            try Models.register(Popularity.self, as: "count-2", paper: "None")
            let entry = try Models.entry(named: "count-2")
            precondition(entry.paper == "None" && Models.all["count-2"] != nil)
            let model = try entry.build([:], RankerCase.shape, .seeded(1))
            precondition(model is Popularity)
            for name in ["count-2", "sasrec", "", "my model", "größe"] {
                do {
                    try Models.register(Popularity.self, as: name, paper: "None")
                    preconditionFailure("\(name) was taken")
                } catch {
                    precondition((error as? ConfigurationError)?.path == "model", "\(error)")
                }
            }
        }
    }
}
