import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What is trained does not depend on how many threads computed it.
struct ThreadTests {
    /// Rows so many and long that operators share them out.
    private static func batch(shape: DataShape) -> SequenceBatch {
        var stream = RandomStream(seed: 5, name: "threads")
        return .training(
            (0..<600).map { _ in
                (0..<7).map { _ in Int32(1 + stream.uniform(below: shape.itemCount)) }
            })
    }

    private static func drawn(
        _ asked: Negatives, for batch: SequenceBatch, shape: DataShape
    ) throws -> DrawnItems {
        let sampler = NegativeSampler(
            itemRanges: shape.domains.map { $0.firstItem...$0.firstItem + Int32($0.itemCount) - 1 })
        var stream = RandomStream(seed: 6, name: "threads")
        return switch asked {
        case .none: .none
        case .perPosition(let count, _):
            try sampler.perPosition(count, for: batch, excluding: .empty) {
                RandomStream(seed: 6, name: "threads", UInt64($0))
            }
        case .perBatch(let count, _): try sampler.perBatch(count, stream: &stream)
        }
    }

    /// Loss and gradients of the first phase that learns from sequences.
    private static func step(_ built: RankerCase.Built, threads: Int) throws -> [String: Tensor] {
        Engine.threads = threads
        guard case .sequences(let asked, let loss) = built.model.phases[0].work else { return [:] }
        let batch = batch(shape: built.shape)
        built.random.dropout.reseed(7)
        let drawn = try drawn(asked, for: batch, shape: built.shape)
        guard let total = loss(batch, drawn).total else { return [:] }
        total.backward()
        var found = ["the loss": total.detached()]
        for (name, parameter) in built.model.parameters() {
            found[name] = parameter.value.gradient?.copied()
            parameter.value.clearGradient()
        }
        return found
    }

    /// Models with products of graphs, or of a few numbers, that are the library's own: it shares them out among threads.
    private static let others: Set = ["sr-gnn", "mifn", "c2dsr"]

    /// Without vectors of 8 numbers or more all products are the library's.
    private static var hasOwnProducts: Bool {
        let before = Engine.productFlops
        _ = Tensor.ones([64, 64]).matmul(.ones([64, 64]))
        return Engine.productFlops > before
    }

    /// In a process of its own: the number of threads is the whole process's.
    @Test(
        "loss and gradients are the same to the bit with one thread and with more",
        .enabled(if: hasOwnProducts, "products are the library's on this processor"))
    func gradients() async {
        await #expect(processExitsWith: .success) {
            var failures: [String] = []
            for model in RankerCase.all
            where model.overfit != nil && !ThreadTests.others.contains(model.name) {
                let widths = ["embeddingSize": "32", "hiddenSize": "32", "innerSize": "48"]
                let built = try model.build(
                    changing: widths.filter { model.overrides.contains("\"\($0.key)\"") })
                built.model.randomize(seed: 3)
                let one = try ThreadTests.step(built, threads: 1)
                let three = try ThreadTests.step(built, threads: 3)
                let other = one.filter { name, tensor in
                    three[name].map { !identical($0, tensor) } ?? true
                }
                if !other.isEmpty || one.count < 2 || one.count != three.count {
                    failures.append("\(model.name): \(other.keys.sorted())")
                }
            }
            precondition(failures.isEmpty, failures.joined(separator: "\n"))
        }
    }
}
