import Testing
import Torch

/// SplitMix64: the same numbers on every machine.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func doubles(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double.random(in: -1...1, using: &self) }
    }

    mutating func integers(_ count: Int, in range: Range<Int>) -> [Int32] {
        (0..<count).map { _ in Int32(Int.random(in: range, using: &self)) }
    }

    /// Uniform float64 numbers in -1...1.
    mutating func tensor(_ shape: [Int]) -> Tensor {
        Tensor(doubles(shape.reduce(1, *)), shape: shape)
    }
}

func doubles(_ tensor: Tensor) -> [Double] { tensor.to(.float64).elements() }

/// Whether every element is within `tolerance` · (1 + |expected|) of what is expected.
func expectClose(
    _ tensor: Tensor, _ expected: [Double], within tolerance: Double = 1e-6,
    _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation
) {
    let found = doubles(tensor)
    let close =
        found.count == expected.count
        && zip(found, expected).allSatisfy {
            $0 == $1 || abs($0 - $1) <= tolerance * (1 + abs($1))
        }
    #expect(close, "\(comment ?? ""): \(found) is not \(expected)", sourceLocation: location)
}

func expectClose(
    _ tensor: Tensor, _ expected: Tensor, within tolerance: Double = 1e-6,
    _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation
) {
    #expect(tensor.shape == expected.shape, comment, sourceLocation: location)
    expectClose(tensor, doubles(expected), within: tolerance, comment, at: location)
}

/// Fresh leaves with the values of some tensors.
func leaves(_ tensors: [Tensor]) -> [Tensor] {
    tensors.map {
        let leaf = $0.copied()
        leaf.requiresGradient = true
        return leaf
    }
}

/// The gradients of a weighted sum of a function's results at its arguments, by autograd.
///
/// Random weights make each output's own derivative count.
func gradients(
    at arguments: [Tensor], weights: Tensor? = nil, of function: ([Tensor]) -> Tensor
) throws -> (result: Tensor, gradients: [Tensor]) {
    let variables = leaves(arguments)
    let result = function(variables)
    (result * (weights ?? outputWeights(result))).sum().backward()
    return (result.detached(), try variables.map { try #require($0.gradient) })
}

/// A kernel in float32 against its composition in float64: the result, and every gradient in units of its largest number.
func expectKernel(
    at arguments: [Tensor], agreesIn run: ([Tensor]) -> Tensor,
    location: SourceLocation = #_sourceLocation
) throws {
    let kernel = try gradients(at: arguments, of: run)
    let composition = try gradients(at: arguments.map { $0.to(.float64) }, of: run)
    #expect(
        kernel.result.dtype == .float32 && composition.result.dtype == .float64,
        sourceLocation: location)
    expectClose(kernel.result, composition.result, within: 2e-6, "result", at: location)
    for (index, pair) in zip(kernel.gradients, composition.gradients).enumerated() {
        let scale = max(1, pair.1.magnitude().maximum().item())
        expectClose(
            pair.0 / scale, pair.1 / scale, within: 4e-6, "gradient \(index)", at: location)
    }
}

/// One, two and three threads give the same bits, in the result and in every gradient.
func expectSameBitsOnAllThreads(at arguments: [Tensor], of run: ([Tensor]) -> Tensor) throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    let runs = try [1, 2, 3].map { threads in
        Engine.threads = threads
        return try gradients(at: arguments, of: run)
    }
    for run in runs.dropFirst() {
        #expect(doubles(run.result) == doubles(runs[0].result))
        for (left, right) in zip(run.gradients, runs[0].gradients) {
            #expect(doubles(left) == doubles(right))
        }
    }
}

func outputWeights(_ result: Tensor) -> Tensor {
    var numbers = SeededNumbers(seed: 71)
    return numbers.tensor(result.shape).to(result.dtype)
}

/// Compares autograd with central differences, in float64.
func expectGradients(
    at arguments: [Tensor], within tolerance: Double = 1e-7,
    location: SourceLocation = #_sourceLocation, of function: ([Tensor]) -> Tensor
) throws {
    let analytic = try gradients(at: arguments, of: function)
    let weights = outputWeights(analytic.result)
    let step = 1e-5
    for (index, argument) in arguments.enumerated() {
        let base: [Double] = argument.elements()
        let numeric = base.indices.map { position in
            let ends = [step, -step].map { shift in
                var moved = base
                moved[position] += shift
                var changed = arguments
                changed[index] = Tensor(moved, shape: argument.shape)
                return (function(changed) * weights).sum().item()
            }
            return (ends[0] - ends[1]) / (2 * step)
        }
        expectClose(
            analytic.gradients[index], numeric, within: tolerance, "argument \(index)",
            at: location)
    }
}
