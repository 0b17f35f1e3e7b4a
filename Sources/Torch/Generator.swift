internal import CTorch

/// A stream of random numbers for tensors; everything random is drawn from one that is passed in.
public final class Generator {
    let pointer: ct_generator
    /// Where its tensors are made.
    public let device: Device

    /// A stream that is fully determined by its seed.
    public init(seed: UInt64, device: Device = .cpu) {
        var out: ct_generator?
        check(ct_generator_new(seed, device.code, &out), "Generator")
        guard let out else { fatalError("Generator: no result") }
        pointer = out
        self.device = device
    }

    deinit {
        ct_generator_free(pointer)
    }

    /// Starts the stream anew from a seed.
    public func reseed(_ seed: UInt64) {
        check(ct_generator_seed(pointer, seed), "reseed")
    }

    /// Independent normal numbers.
    public func normal(_ shape: [Int], mean: Double = 0, deviation: Double = 1) -> Tensor {
        if let plan = MemoryPlan.current { return plan.tensor(shape, dtype: .float32) }
        let sizes = shape.map(Int64.init)
        return make("normal") {
            ct_random_normal(sizes, Int32(sizes.count), mean, deviation, pointer, $0)
        }
    }

    /// Independent uniform numbers in [low, high).
    public func uniform(_ shape: [Int], low: Double = 0, high: Double = 1) -> Tensor {
        if let plan = MemoryPlan.current { return plan.tensor(shape, dtype: .float32) }
        let sizes = shape.map(Int64.init)
        return make("uniform") {
            ct_random_uniform(sizes, Int32(sizes.count), low, high, pointer, $0)
        }
    }

    /// Zeroes elements with the given probability and scales the rest by 1 / (1 - probability).
    public func dropout(_ tensor: Tensor, probability: Double) -> Tensor {
        make("dropout of \(tensor.shape)") {
            ct_dropout(tensor.pointer, probability, pointer, $0)
        }
    }
}
