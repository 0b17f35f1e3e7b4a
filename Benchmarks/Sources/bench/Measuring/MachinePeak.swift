import Torch

extension Peak {
    /// Measures the machine: the best of several runs, because anything slower is a disturbance.
    static func measured(isQuick: Bool) throws -> Peak {
        try withoutGradients {
            let effort = Effort(
                repetitions: 10...(isQuick ? 100 : 1000), seconds: isQuick ? 1 : 3)
            let size = 1024
            let random = Generator(seed: 1)
            let left = random.normal([size, size])
            let right = random.normal([size, size])
            let product = try measure(effort) { _ = left.matmul(right) }
            // Of three dimensions, which libtorch multiplies.
            let batches = [left, right].map { $0.reshaped([1, size, size]) }
            let library = try measure(effort) { _ = batches[0].matmul(batches[1]) }
            let flops = 2 * Double(size * size * size)

            let count = 1 << 26
            let source = Tensor.ones([count])
            let destination = Tensor.zeros([count])
            let copy = try measure(effort) { destination.copy(from: source) }
            return Peak(
                flopsPerSecond: flops / min(product.fastest, library.fastest),
                libtorchFlopsPerSecond: flops / library.fastest,
                bytesPerSecond: 2 * float32Bytes(count) / copy.fastest)
        }
    }
}
