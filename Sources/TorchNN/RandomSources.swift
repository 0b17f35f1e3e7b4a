public import Torch

/// The two streams of random numbers that a model holds: for initial weights and for dropout.
public final class RandomSources {
    /// Draws initial weights, on the CPU so that they do not depend on the device.
    public let initialization: Generator
    /// Draws dropout masks, on the device that computes; the training loop seeds it before each step.
    public let dropout: Generator

    /// Starts both streams from their own seeds.
    public init(initializationSeed: UInt64, dropoutSeed: UInt64, device: Device = .cpu) {
        initialization = Generator(seed: initializationSeed)
        dropout = Generator(seed: dropoutSeed, device: device)
    }
}

/// How the numbers of a new parameter are drawn.
public enum Initializer: Sendable {
    /// All the same.
    case constant(Double)
    /// Normal with mean 0.
    case normal(deviation: Double)
    /// Normal with mean 0, redrawn until it lies inside ± `limit`.
    case truncatedNormal(deviation: Double, limit: Double)
    /// Uniform in ± limit.
    case uniform(limit: Double)
    /// Uniform in ± sqrt(6 / (fan in + fan out)), for a matrix [out, in]; Glorot and Bengio 2010.
    case xavierUniform
    /// Normal with variance 2 / (fan in + fan out), for a matrix [out, in]; Glorot and Bengio 2010.
    case xavierNormal

    /// PyTorch's default for maps with so many inputs: uniform in ± 1 / sqrt(inputs).
    public static func pyTorch(inputs: Int) -> Initializer {
        .uniform(limit: 1 / Double(inputs).squareRoot())
    }

    /// Draws a tensor of the given shape.
    public func draw(_ shape: [Int], from generator: Generator) -> Tensor {
        switch self {
        case .constant(let value): .full(shape, value: value)
        case .normal(let deviation): generator.normal(shape, deviation: deviation)
        case .truncatedNormal(let deviation, let limit):
            Self.truncated(shape, deviation, limit, generator)
        case .uniform(let limit): generator.uniform(shape, low: -limit, high: limit)
        case .xavierUniform:
            generator.uniform(shape, low: -Self.glorot(shape, 6), high: Self.glorot(shape, 6))
        case .xavierNormal: generator.normal(shape, deviation: Self.glorot(shape, 2))
        }
    }

    private static func glorot(_ shape: [Int], _ numerator: Double) -> Double {
        precondition(shape.count == 2, "Glorot initialization: expected a matrix, got \(shape)")
        return (numerator / Double(shape[0] + shape[1])).squareRoot()
    }

    /// Redraws what falls outside, which is the truncated distribution exactly.
    private static func truncated(
        _ shape: [Int], _ deviation: Double, _ limit: Double, _ generator: Generator
    ) -> Tensor {
        var drawn = generator.normal(shape, deviation: deviation)
        while !isPlanningMemory, drawn.count > 0, drawn.magnitude().maximum().item() > limit {
            let fresh = generator.normal(shape, deviation: deviation)
            drawn = .choose(drawn.magnitude() .> .full([], value: limit), fresh, drawn)
        }
        return drawn
    }
}
