import Foundation
import Testing

@testable import Interactions

@Suite struct SimulationPartsTests {
    // What a table draws follows from its columns: each is chosen with 1/n, then keeps or gives away.
    @Test func aliasTableHasTheWeights() {
        var stream = RandomStream(seed: 4, name: "weights")
        for count in [1, 2, 7, 300] {
            let weights = (0..<count).map { _ in 0.01 + pow(stream.uniform(), 4) }
            let table = AliasTable(weights: weights)
            var shares = [Double](repeating: 0, count: count)
            for (index, column) in table.columns.enumerated() {
                let kept = Double(column.threshold) / 0x1p32
                shares[index] += kept / Double(count)
                shares[Int(column.alias)] += (1 - kept) / Double(count)
            }
            let sum = weights.reduce(0, +)
            for index in 0..<count { #expect(abs(shares[index] - weights[index] / sum) < 1e-8) }
        }
    }

    // 3 ranks of skew 1 have the weights 1, 1/2, 1/3. With 20,000 ranks the first 4,096 are drawn with
    // the share of their sum, 8.8949 of 10.4807 (harmonic numbers).
    @Test(arguments: [3, 20_000])
    func ranksFollowZipf(count: Int) {
        let table = PopularityTable(count: count, skew: 1)
        #expect(table.headCount == min(count, 4096))
        if count > 3 { #expect(abs(Double(table.headShare) / 0x1p32 - 0.84869) < 1e-4) }
        let sum = (0..<count).reduce(0) { $0 + PopularityTable.weight(rank: $1, skew: 1) }
        var stream = RandomStream(seed: 2, name: "ranks")
        var counts = [Int](repeating: 0, count: count)
        var ranks = [Int32](repeating: 0, count: 1000)
        var coins = [UInt32](repeating: 0, count: 1000)
        for _ in 0..<60 {
            ranks.withUnsafeMutableBufferPointer { ranks in
                coins.withUnsafeMutableBufferPointer { coins in
                    table.draw(into: ranks, coins: coins, &stream)
                }
            }
            for rank in ranks { counts[Int(rank)] += 1 }
        }
        func check(_ ranks: Range<Int>) {
            let share = ranks.reduce(0) { $0 + PopularityTable.weight(rank: $1, skew: 1) } / sum
            let expected = 60_000 * share
            let got = Double(counts[ranks].reduce(0, +))
            #expect(abs(got - expected) < 5 * (expected * (1 - share)).squareRoot(), "\(ranks)")
        }
        for rank in 0..<3 { check(rank..<rank + 1) }
        if count > 3 {
            for range in [3..<64, 64..<4096, 4096..<5000, 5000..<19_000, 19_000..<20_000] {
                check(range)
            }
        }
    }

    @Test func exponentialIsExact() {
        for step in 0...8000 {
            let value = -Float(step) / 100
            let got = VectorMath.exponential(SIMD8(repeating: value))[step % 8]
            let expected = exp(Double(value))
            #expect(abs(Double(got) - expected) <= 2e-6 * expected, "\(value)")
        }
        #expect(VectorMath.exponential(SIMD8(repeating: 0))[0] == 1)
        #expect(VectorMath.exponential(SIMD8(repeating: -1e30))[0] > 0)
    }

    // Small whole numbers, so that the order of the additions makes no difference.
    @Test func innerProductIsExact() {
        let left = (0..<24).map { Float($0) }
        let right = (0..<24).map { Float(3 - $0 % 5) }
        var expected: Float = 0
        for index in 0..<24 { expected += left[index] * right[index] }
        left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return }
                #expect(VectorMath.innerProduct(first, second, count: 24) == expected)
            }
        }
        #expect([1, 8, 9, 16].map(VectorMath.padded) == [8, 8, 16, 16])
    }

    // 40,000 numbers: mean 0 ± 0.005, variance 1 ± 0.007, 68.27 % ± 0.23 % within one deviation.
    @Test func normalsAreNormal() {
        var stream = RandomStream(seed: 8, name: "normal")
        let numbers = stream.normals(40_001).map(Double.init)
        let count = Double(numbers.count)
        let mean = numbers.reduce(0, +) / count
        let variance = numbers.reduce(0) { $0 + $1 * $1 } / count
        let within = Double(numbers.count { abs($0) < 1 }) / count
        #expect(abs(mean) < 0.025 && abs(variance - 1) < 0.035 && abs(within - 0.6827) < 0.012)
        let exponential = (0..<20_000).map { _ in stream.exponential() }.reduce(0, +) / 20_000
        #expect(abs(exponential - 1) < 0.035)
    }

    @Test func clustersShareNoWords() {
        let words = (0..<200).flatMap { cluster in
            (0..<12).map { SimulatedFeatures.clusterWord(cluster, $0) }
        }
        #expect(Set(words).count == words.count)
    }

    @Test func optionsAreChecked() throws {
        func problem(_ change: (inout SimulationOptions) -> Void) -> String? {
            var options = SimulationOptions(domains: [.init(name: "a", items: 10)])
            change(&options)
            do throws(SimulationOptionError) {
                try options.check()
                return nil
            } catch {
                return error.description
            }
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0.drift = 1.5 } == "drift: expected 0.0 to 1.0, got 1.5")
        #expect(problem { $0.sharedTaste = .nan } == "sharedTaste: expected 0.0 to 1.0, got nan")
        #expect(
            problem { $0.eventsPerUser = 5 } == "eventsPerUser: expected 6.0 to 1000000.0, got 5.0")
        #expect(problem { $0.users = 0 }?.hasPrefix("users: expected 1 to ") == true)
        #expect(problem { $0.domains = [] }?.hasPrefix("domains: ") == true)
        #expect(problem { $0.domains[0].name = "a,b" }?.hasPrefix("domains: ") == true)
        #expect(
            problem { $0.domains.append($0.domains[0]) }
                == "domains: expected each name once, got a,a")
        #expect(problem { $0.domains[0].items = 1 }?.hasPrefix("items: expected 2 to ") == true)
    }

    /// A truth that a larger machine made can be opened on this one; only making asks for memory.
    @Test func memoryIsAskedForWhereDataIsMade() throws {
        var options = SimulationOptions(domains: [.init(name: "a", items: 1_000_000_000)])
        options.tasteSize = 256
        #expect(throws: Never.self) { try options.check() }
        let tooLarge = #expect(throws: SimulationOptionError.self) { try options.checkMemory() }
        #expect(tooLarge?.option == "items" && tooLarge?.expected.contains("GB") == true)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("isthmus-\(UUID().uuidString)")
        #expect(throws: ImportError.self) { try Simulator.run(options, to: folder) }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
}
