public import Torch

/// What a step minimises: the weighted sum of the means of some terms.
///
/// A term says what it is a sum over, so that the terms of two halves of a batch give those of the whole: an epoch's means
/// are over its examples, and processes that each see a part of a batch can weigh their gradients exactly. A contrast
/// within the batch is of the part that sees it.
public struct Loss {
    /// One mean.
    public struct Term {
        /// Its name in history files.
        public let name: String
        /// The sum over its examples, a scalar.
        public let sum: Tensor
        /// The number of its examples.
        public let count: Int
        /// What the mean is multiplied by.
        public let weight: Double

        /// The mean over the examples, a scalar.
        public var mean: Tensor { sum / Double(count) }
    }

    /// The terms that have examples.
    public private(set) var terms: [Term] = []

    /// No term.
    public init() {}

    /// A single mean over examples. losses: [examples]
    public init(_ name: String, _ losses: Tensor) {
        add(name, losses)
    }

    /// Adds the mean of losses, one an example; without an example nothing. losses: [examples]
    public mutating func add(_ name: String, _ losses: Tensor, weight: Double = 1) {
        add(name, sum: losses.sum(), over: losses.size(0), weight: weight)
    }

    /// Adds a sum over so many examples, a scalar; over none, nothing.
    public mutating func add(
        _ name: String, sum: Tensor, over count: Int, weight: Double = 1
    ) {
        guard count > 0 else { return }
        terms.append(Term(name: name, sum: sum, count: count, weight: weight))
    }

    /// Adds a number that a batch has as a whole, a scalar: a penalty, a divergence.
    public mutating func add(_ name: String, ofBatch value: Tensor, weight: Double = 1) {
        add(name, sum: value, over: 1, weight: weight)
    }

    /// The weighted sum of the means, a scalar; nil where no term has an example.
    public var total: Tensor? {
        let parts = terms.filter { $0.weight != 0 }
            .map { $0.weight == 1 ? $0.mean : $0.mean * $0.weight }
        return parts.first.map { parts.dropFirst().reduce($0, +) }
    }
}
