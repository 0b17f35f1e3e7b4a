import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// A module that lists its children itself can forget one, which is then never trained, saved or told that training is over.
struct ModuleReachTests {
    /// What stands in a module's properties, however deep in lists, structures and optionals.
    private struct Stored {
        var parameters: [ObjectIdentifier: String] = [:]
        var modules: [ObjectIdentifier: String] = [:]
        /// The modules without parts: those that act by themselves, as dropout does.
        var leaves: [ObjectIdentifier: String] = [:]

        init(_ root: Module) { look(at: root, path: "model") }

        private mutating func look(at value: Any, path: String) {
            if let parameter = value as? Parameter {
                parameters[ObjectIdentifier(parameter)] = path
            } else if let module = value as? Module {
                guard modules.updateValue(path, forKey: ObjectIdentifier(module)) == nil else {
                    return
                }
                let before = (parameters.count, modules.count)
                var level: Mirror? = Mirror(reflecting: module)
                while let mirror = level {
                    look(at: mirror, path: path)
                    level = mirror.superclassMirror
                }
                if before == (parameters.count, modules.count) {
                    leaves[ObjectIdentifier(module)] = path
                }
            } else if Mirror(reflecting: value).displayStyle != .class {
                look(at: Mirror(reflecting: value), path: path)
            }
        }

        private mutating func look(at mirror: Mirror, path: String) {
            for (place, child) in mirror.children.enumerated() {
                look(at: child.value, path: "\(path).\(child.label ?? "\(place)")")
            }
        }
    }

    private static let names = Models.all.keys.sorted()

    @Test("all modules and parameters that a model holds are among its own", arguments: names)
    func nothingIsForgotten(name: String) throws {
        var settings: JSONValue = [:]
        let entry = try Models.entry(named: name)
        if entry.defaults()[["gca"]] != nil {
            settings = ["gca": ["stages": [0]]]
            if entry.defaults()[["scope"]] != nil {
                settings = ["scope": "per-domain", "gca": ["stages": [0]]]
            }
        }
        // Encoders without stages have no place for it.
        let staged = try? entry.build(settings, RankerCase.shape, .seeded(1))
        let model = try staged ?? entry.build([:], RankerCase.shape, .seeded(1))
        let stored = Stored(model)
        let parameters = Set(model.parameters().map { ObjectIdentifier($0.parameter) })
        let modules = Set(model.modules().map { ObjectIdentifier($0) })
        #expect(stored.parameters.count > 0 && stored.modules.count > 0)
        let lost = stored.parameters.filter { !parameters.contains($0.key) }
        #expect(lost.isEmpty, "\(lost.values.sorted())")
        // What only holds others may list them one by one instead of itself.
        let forgotten = stored.leaves.filter { !modules.contains($0.key) }
        #expect(forgotten.isEmpty, "\(forgotten.values.sorted())")
    }

    /// The check itself: a list of children without the second.
    @Test func aForgottenChildIsFound() {
        final class Parts: Module {
            let first = LayerNorm(2)
            let rest: [(name: String, part: Module?)] = [
                ("second", LayerNorm(2)), ("third", Dropout(0.5, random: .seeded(1))),
            ]
            override var children: [(name: String, child: Any)] { [("first", first)] }
        }
        let parts = Parts()
        let stored = Stored(parts)
        #expect(stored.parameters.count == 4 && parts.parameters().count == 2)
        #expect(stored.modules.count == 4 && parts.modules().count == 2)
        #expect(Array(stored.leaves.values) == ["model.rest.1.part"])
    }
}
