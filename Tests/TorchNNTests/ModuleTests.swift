import Testing
import Torch
import TorchNN

struct ModuleTests {
    private class Base: Module {
        let baseScale = Parameter(.zeros([2]))
    }

    private final class Leaf: Module {
        let someWeight: Parameter
        private let notAParameter = 3

        init(_ count: Int) { someWeight = Parameter(.full([count], value: Double(count))) }
    }

    private final class Tree: Base {
        let left: Leaf
        let manyLeaves: [Leaf]
        let maybe: Leaf?
        let absent: Leaf?
        let inner: Leaf
        let odd: Parameter

        override init() {
            left = Leaf(3)
            manyLeaves = [Leaf(1), Leaf(2)]
            maybe = Leaf(4)
            absent = nil
            inner = Leaf(5)
            odd = Parameter(.ones([2, 2]))
        }

        override var renamedChildren: [String: String] { ["inner": "", "odd": "Odd"] }
    }

    @Test("names are paths in snake case, with indices, renamings and the superclass first")
    func names() {
        let tree = Tree()
        #expect(
            tree.parameters().map(\.name) == [
                "base_scale", "left.some_weight", "many_leaves.0.some_weight",
                "many_leaves.1.some_weight", "maybe.some_weight", "some_weight", "Odd",
            ])
        // 2 + 3 + 1 + 2 + 4 + 5 + 4.
        #expect(tree.parameterCount == 21)
        #expect(tree.modules().count == 6)
        #expect(tree.state()["maybe.some_weight"]?.elements() == [4, 4, 4, 4] as [Float])
    }

    @Test("training and evaluation are each module's own, and reach everything inside")
    func modes() {
        let tree = Tree()
        let other = Tree()
        tree.train(false)
        #expect(tree.modules().allSatisfy { !$0.isTraining })
        #expect(other.modules().allSatisfy { $0.isTraining })
        tree.left.train()
        #expect(tree.left.isTraining && !tree.isTraining && !tree.inner.isTraining)
        tree.train()
        #expect(tree.modules().allSatisfy { $0.isTraining })
    }

    @Test("only parameters with a named prefix are trained; nil trains all")
    func freezing() {
        let tree = Tree()
        func trainable() -> [String] {
            tree.parameters().filter(\.parameter.isTrainable).map(\.name)
        }
        #expect(trainable().count == 7)
        tree.setTrainable(prefixes: ["many_leaves.", "Odd"])
        #expect(
            trainable() == ["many_leaves.0.some_weight", "many_leaves.1.some_weight", "Odd"])
        tree.setTrainable(prefixes: [])
        #expect(trainable().isEmpty)
        tree.setTrainable(prefixes: nil)
        #expect(trainable().count == 7)
    }

    @Test("freezing forgets the gradient")
    func freezingForgets() {
        let leaf = Leaf(2)
        leaf.someWeight.value.sum().backward()
        #expect(leaf.someWeight.value.gradient != nil)
        leaf.someWeight.isTrainable = false
        #expect(leaf.someWeight.value.gradient == nil)
    }

    @Test("loading copies all values or none")
    func loading() throws {
        let tree = Tree()
        var state = tree.state().mapValues { Generator(seed: 1).normal($0.shape) }
        try tree.load(state)
        for (name, value) in tree.state() {
            #expect(try identical(value, #require(state[name])), "\(name)")
        }
        // A copy: later changes of the source do not reach the module.
        let before = tree.odd.value.copied()
        state["Odd"]?.copy(from: .zeros([2, 2]))
        #expect(identical(tree.odd.value, before))
        #expect(tree.odd.isTrainable)

        state["left.some_weight"] = .zeros([4])
        #expect(throws: ModuleError.shape(name: "left.some_weight", expected: [3], got: [4])) {
            try tree.load(state)
        }
        #expect(identical(tree.odd.value, before))
    }

    @Test("missing and unknown names are refused, all of them by name")
    func loadErrors() throws {
        let tree = Tree()
        var state = tree.state()
        state["Odd"] = nil
        state["base_scale"] = nil
        let missing = #expect(throws: ModuleError.self) { try tree.load(state) }
        #expect(missing == .missing(["Odd", "base_scale"]))
        #expect(missing?.description == "weights lack Odd, base_scale")
        let many = ModuleError.missing(["a", "b", "c", "d", "e"])
        #expect(many.description == "weights lack a, b, c and 2 more")
        state = tree.state()
        state["left.other"] = .zeros([1])
        let unknown = #expect(throws: ModuleError.self) { try tree.load(state) }
        #expect(unknown?.description == "weights hold unknown left.other")
        let shape = ModuleError.shape(name: "w", expected: [2, 3], got: [3])
        #expect(shape.description == "w: expected the shape [2, 3], got [3]")
    }

    @Test("types and numbers that are not finite are refused before anything is copied")
    func loadChecksNumbers() throws {
        let tree = Tree()
        let before = tree.odd.value.copied()
        var state = tree.state().mapValues { Tensor.ones($0.shape) }
        state["left.some_weight"] = Tensor([1, 2, 3] as [Int32])
        let type = #expect(throws: ModuleError.self) { try tree.load(state) }
        #expect(
            type?.description == "left.some_weight: expected numbers of type float32, got int32")
        for number in [Float.nan, .infinity, -.infinity] {
            state["left.some_weight"] = Tensor([1, number, 3])
            #expect(throws: ModuleError.notFinite(name: "left.some_weight")) {
                try tree.load(state)
            }
        }
        #expect(identical(tree.odd.value, before))
        #expect(tree.notFiniteParameter == nil)
        tree.odd.value.copy(from: Tensor.full(tree.odd.value.shape, value: .nan))
        #expect(tree.notFiniteParameter == "Odd")
    }

    /// Data that a module indexes by: a list that may have any length.
    private final class Indexed: Module {
        let places = Parameter(data: Tensor([0, 1] as [Int32]))

        override var dataProblem: String? {
            places.value.elements(as: Int32.self).allSatisfy { (0..<3).contains($0) }
                ? nil : "expected places below 3"
        }
    }

    @Test("data keeps its type and its module's rule, not its length")
    func loadChecksData() throws {
        let module = Indexed()
        try module.load(["places": Tensor([2, 1, 0, 0] as [Int32])])
        #expect(module.places.value.count == 4)
        try module.load(["places": Tensor([Int32]())])
        #expect(
            throws: ModuleError.data(name: "model", reason: "expected places below 3")
        ) { try module.load(["places": Tensor([3] as [Int32])]) }
        #expect(throws: ModuleError.self) { try module.load(["places": Tensor([1] as [Float])]) }
        #expect(throws: ModuleError.self) {
            try module.load(["places": Tensor([1, 2] as [Int32], shape: [1, 2])])
        }
    }

    @Test("a stored state shares memory; a module that moves keeps values and freezing")
    func sharingAndMoving() throws {
        let leaf = Leaf(2)
        let stored = try #require(leaf.state()["some_weight"])
        stored.copy(from: Tensor([7, 8] as [Float]))
        #expect(leaf.someWeight.value.elements() == [7, 8] as [Float])
        leaf.someWeight.isTrainable = false
        leaf.move(to: .cpu)
        #expect(leaf.someWeight.value.elements() == [7, 8] as [Float])
        #expect(!leaf.someWeight.isTrainable)
    }
}
