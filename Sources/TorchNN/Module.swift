public import Torch

/// A trainable tensor of a module.
public final class Parameter {
    /// The current values; a leaf of autograd.
    public private(set) var value: Tensor

    /// Whether it holds data that a model took from its catalogs or events, such as image vectors.
    ///
    /// Data is saved with the weights and is never trained; a list of numbers has whatever length it has.
    public let isData: Bool

    /// Whether training changes it; a frozen parameter gets no gradient.
    ///
    /// Data stays as it is.
    public var isTrainable: Bool {
        get { value.requiresGradient }
        set {
            guard !isData else { return }
            value.requiresGradient = newValue
            if !newValue { value.clearGradient() }
        }
    }

    /// Takes the initial values.
    public init(_ value: Tensor) {
        isData = false
        self.value = value.detached()
        self.value.requiresGradient = true
    }

    /// Takes data.
    public init(data: Tensor) {
        isData = true
        value = data.detached()
    }

    /// How often the data was replaced: what was made from it is stale when this changes.
    public private(set) var version = 0

    /// Replaces data by other data.
    public func replace(data: Tensor) {
        precondition(isData, "Parameter.replace: expected data, got trained numbers")
        version += 1
        value = data.detached().to(value.device).copied()
    }

    func move(to device: Device) {
        let trainable = isTrainable
        value = value.detached().to(device).detached()
        value.requiresGradient = trainable
    }
}

/// Weights did not fit the module that was to take them.
public enum ModuleError: Error, Equatable, CustomStringConvertible {
    /// The module has parameters that the weights lack.
    case missing([String])
    /// The weights have names that the module lacks.
    case unknown([String])
    /// A tensor has another shape than its parameter.
    case shape(name: String, expected: [Int], got: [Int])
    /// A tensor has another element type than its parameter.
    case type(name: String, expected: String, got: String)
    /// A tensor holds a number that is not finite.
    case notFinite(name: String)
    /// Tensors that hold data contradict themselves or the module.
    case data(name: String, reason: String)

    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(3).joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }

    /// The names and shapes concerned.
    public var description: String {
        switch self {
        case .missing(let names): "weights lack \(Self.listed(names))"
        case .unknown(let names): "weights hold unknown \(Self.listed(names))"
        case .shape(let name, let expected, let got):
            "\(name): expected the shape \(expected), got \(got)"
        case .type(let name, let expected, let got):
            "\(name): expected numbers of type \(expected), got \(got)"
        case .notFinite(let name): "\(name): holds a number that is not finite"
        case .data(let name, let reason): "\(name): \(reason)"
        }
    }
}

/// A part of a model: parameters and other modules, found among its stored properties.
///
/// A parameter's name is the path of properties that leads to it, in snake case and joined by dots, as in
/// PyTorch's state dictionaries; ``renamedChildren`` mends the names that the rule does not reach. A property
/// that is an array contributes an index.
open class Module {
    /// Whether the module is in training, where dropout acts.
    public private(set) final var isTraining = true

    /// Makes a module in training state.
    public init() {}

    /// Reference names of stored properties whose snake-case name is not the reference's.
    ///
    /// A name that is empty leaves the property out of the path.
    open var renamedChildren: [String: String] { [:] }

    /// The direct children by name: parameters, modules and arrays of them.
    open var children: [(name: String, child: Any)] {
        var found: [(name: String, child: Any)] = []
        var mirror: Mirror? = Mirror(reflecting: self)
        var levels: [Mirror] = []
        while let level = mirror {
            levels.insert(level, at: 0)
            mirror = level.superclassMirror
        }
        for level in levels {
            for (label, value) in level.children {
                guard let label else { continue }
                found.append((renamedChildren[label] ?? snakeCase(label), value))
            }
        }
        return found
    }

    /// Every parameter with its full name, in order of declaration.
    public final func parameters() -> [(name: String, parameter: Parameter)] {
        var found: [(name: String, parameter: Parameter)] = []
        visit(prefix: "") { name, leaf in
            if let parameter = leaf as? Parameter { found.append((name, parameter)) }
        }
        return found
    }

    /// This module and all modules in it.
    public final func modules() -> [Module] {
        namedModules().map(\.module)
    }

    private func namedModules() -> [(name: String, module: Module)] {
        var found: [(name: String, module: Module)] = [("model", self)]
        visit(prefix: "") { name, leaf in
            if let module = leaf as? Module { found.append((name, module)) }
        }
        return found
    }

    /// The number of numbers that training can change.
    public final var parameterCount: Int {
        parameters().reduce(0) { $0 + ($1.parameter.isData ? 0 : $1.parameter.value.count) }
    }

    /// Switches this module and all in it between training and evaluation.
    public final func train(_ on: Bool = true) {
        for module in modules() { module.isTraining = on }
    }

    /// Freezes the parameters whose names do not start with one of the prefixes; nil trains all.
    public final func setTrainable(prefixes: [String]?) {
        for (name, parameter) in parameters() {
            parameter.isTrainable = prefixes.map { $0.contains(where: name.hasPrefix) } ?? true
        }
    }

    /// The values of all parameters by name; they share memory with the module.
    public final func state() -> [String: Tensor] {
        Dictionary(uniqueKeysWithValues: parameters().map { ($0.name, $0.parameter.value) })
    }

    /// What is wrong with the data of this module itself, which was just read; nil where nothing is.
    ///
    /// Whoever indexes by its data overrides this: what a file holds must not lead outside.
    open var dataProblem: String? { nil }

    /// Overwrites all parameters, where everything fits.
    ///
    /// Names, types and shapes must be exactly the module's, but for the length of lists of data; all numbers must be
    /// finite, and data must be what its module can work with.
    public final func load(_ state: [String: Tensor]) throws(ModuleError) {
        let own = parameters()
        let names = Set(own.map(\.name))
        let missing = names.subtracting(state.keys).sorted()
        guard missing.isEmpty else { throw .missing(missing) }
        let unknown = Set(state.keys).subtracting(names).sorted()
        guard unknown.isEmpty else { throw .unknown(unknown) }
        for (name, parameter) in own {
            guard let value = state[name] else { continue }
            let own = parameter.value
            guard value.dtype == own.dtype else {
                throw .type(name: name, expected: "\(own.dtype)", got: "\(value.dtype)")
            }
            guard value.shape == own.shape || parameter.isData && own.rank == 1 && value.rank == 1
            else { throw .shape(name: name, expected: own.shape, got: value.shape) }
            guard value.count == 0 || value.isFinite else { throw .notFinite(name: name) }
        }
        for (name, parameter) in own {
            guard let value = state[name] else { continue }
            if parameter.isData {
                parameter.replace(data: value)
            } else {
                parameter.value.copy(from: value)
            }
        }
        for (name, module) in namedModules() {
            if let problem = module.dataProblem { throw .data(name: name, reason: problem) }
        }
    }

    /// The first parameter with a number that is not finite; nil where all are.
    public final var notFiniteParameter: String? {
        parameters().first { $0.parameter.value.count > 0 && !$0.parameter.value.isFinite }?.name
    }

    /// Moves all parameters to a device.
    public final func move(to device: Device) {
        for (_, parameter) in parameters() { parameter.move(to: device) }
    }

    private func visit(prefix: String, _ body: (String, Any) -> Void) {
        func descend(_ name: String, _ child: Any) {
            if let module = child as? Module {
                body(name, module)
                module.visit(prefix: name, body)
            } else if let parameter = child as? Parameter {
                body(name, parameter)
            } else if let list = child as? [Any] {
                for (index, element) in list.enumerated() { descend("\(name).\(index)", element) }
            } else if let optional = child as? any OptionalChild, let wrapped = optional.wrapped {
                descend(name, wrapped)
            }
        }
        for (name, child) in children {
            descend([prefix, name].filter { !$0.isEmpty }.joined(separator: "."), child)
        }
    }
}

/// What lets a stored optional module or parameter be looked into.
private protocol OptionalChild {
    var wrapped: Any? { get }
}

extension Optional: OptionalChild {
    fileprivate var wrapped: Any? { map { $0 as Any } }
}

private func snakeCase(_ name: String) -> String {
    var result = ""
    for character in name {
        if character.isUppercase {
            result += "_" + character.lowercased()
        } else {
            result.append(character)
        }
    }
    return result
}
