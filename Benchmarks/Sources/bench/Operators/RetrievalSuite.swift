import Interactions
import Torch

/// The best items of a large catalog for some people.
enum RetrievalSuite {
    /// 100 of a million items of width 256 for each of 64 people, without the 50 that each has seen.
    ///
    /// A matrix product runs in turn with it, because it is a share of that one's rate that is asked for.
    static func benchmarks(_ effort: Effort) -> [Benchmark] {
        let items = 1_000_000
        let width = 256
        let people = 64
        let random = Generator(seed: 8)
        let table = random.normal([items, width])
        let states = random.normal([people, width])
        var stream = RandomStream(seed: 8, name: "seen")
        var seen = ItemSelection()
        for _ in 0..<people {
            seen.append((0..<50).map { _ in Int32(stream.uniform(below: items)) })
        }
        return [
            Benchmark(
                RowName.retrieval,
                Work(
                    flops: 2 * Double(items * width * people),
                    bytes: float32Bytes((items + people) * width)),
                handling: people, "people", effort: effort
            ) {
                let best = try states.topItems(of: table, count: 100, excluding: seen)
                precondition(best.rowCount == people, "\(RowName.retrieval): a row is missing")
            },
            product(random, effort),
        ]
    }

    private static func product(_ random: Generator, _ effort: Effort) -> Benchmark {
        let size = 1024
        let left = random.normal([size, size])
        let right = random.normal([size, size])
        return Benchmark(
            RowName.gemm,
            Work(flops: 2 * Double(size * size * size), bytes: float32Bytes(3 * size * size)),
            handling: 1, "products", effort: effort
        ) { _ = left.matmul(right) }
    }
}
