/// What an operation cannot do without, however it is implemented.
struct Work: Codable {
    /// Floating-point operations; a multiplication and an addition are two.
    var flops = 0.0
    /// Bytes read or written, each array once for each pass that needs it.
    var bytes = 0.0

    static func + (left: Work, right: Work) -> Work {
        Work(flops: left.flops + right.flops, bytes: left.bytes + right.bytes)
    }

    static func / (work: Work, count: Int) -> Work {
        Work(flops: work.flops / Double(count), bytes: work.bytes / Double(count))
    }
}

/// What the machine can do at best.
struct Peak: Codable {
    /// Of the product of two matrices 1024 × 1024 of float32, ours or libtorch's, whichever is faster.
    let flopsPerSecond: Double
    /// Of libtorch's product.
    let libtorchFlopsPerSecond: Double
    /// Of a copy far larger than the caches, reads and writes counted.
    let bytesPerSecond: Double

    /// The least time for parts that cannot overlap; within a part arithmetic hides traffic or the reverse.
    func floor(of parts: [Work]) -> Double {
        parts.reduce(0) { sum, part in
            sum + max(part.flops / flopsPerSecond, part.bytes / bytesPerSecond)
        }
    }
}

/// The bytes of so many numbers of 32 bits.
func float32Bytes(_ count: Int) -> Double { Double(count) * 4 }
