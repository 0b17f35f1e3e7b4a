import Testing
import Torch

/// Linear maps in float32, which this package multiplies itself from a certain size on, against float64.
@Suite(.serialized) struct ProductTests {
    /// An input [tokens, in], a weight [out, in] and a bias [out], in float32.
    private func arguments(_ tokens: Int, _ input: Int, _ output: Int, seed: Int = 1) -> [Tensor] {
        var numbers = SeededNumbers(seed: seed)
        return [[tokens, input], [output, input], [output]].map {
            numbers.tensor($0).to(.float32)
        }
    }

    /// A linear map and all of its gradients against the same in float64.
    private func expectAgreement(
        _ arguments: [Tensor], location: SourceLocation = #_sourceLocation,
        of map: ([Tensor]) -> Tensor
    ) throws {
        let found = try gradients(at: arguments, of: map)
        let expected = try gradients(at: arguments.map { $0.to(.float64) }, of: map)
        #expect(found.result.dtype == .float32 && expected.result.dtype == .float64)
        expectClose(found.result, expected.result, within: 3e-5, "result", at: location)
        for (index, pair) in zip(found.gradients, expected.gradients).enumerated() {
            expectClose(pair.0, pair.1, within: 3e-5, "gradient \(index)", at: location)
        }
    }

    private func biased(_ arguments: [Tensor]) -> Tensor {
        arguments[0].linear(arguments[1], bias: arguments[2])
    }

    /// Sizes around those of tiles and blocks, in every position.
    @Test(arguments: [
        (12, 256, 32), (13, 67, 97), (97, 13, 67), (67, 97, 13), (241, 40, 33), (40, 385, 24),
        (31, 8, 771), (771, 31, 8), (8, 771, 31), (250, 399, 48), (64, 384, 16), (9, 1200, 50),
        (1, 256, 1700), (2, 70, 193), (4, 1100, 385), (4, 33, 192), (5, 256, 300),
    ])
    func linearAgreesWithFloat64(size: (tokens: Int, input: Int, output: Int)) throws {
        try expectAgreement(arguments(size.tokens, size.input, size.output), of: biased)
    }

    @Test func linearAgreesWithFloat64AtRandomSizes() throws {
        var numbers = SeededNumbers(seed: 5)
        for seed in 0..<40 {
            let sizes = (0..<3).map { _ in Int.random(in: 8...110, using: &numbers) }
            let problem = arguments(sizes[0], sizes[1], sizes[2], seed: seed)
            if seed.isMultiple(of: 2) {
                try expectAgreement(problem, of: biased)
            } else {
                try expectAgreement(Array(problem.prefix(2))) { $0[0].linear($0[1]) }
            }
        }
    }

    @Test(arguments: [0, 1], [0, 1, 300])
    func linearOfNothingOrOneAgreesWithFloat64(small: Int, other: Int) throws {
        for sizes in [(small, other, 300), (300, small, other), (other, 300, small)] {
            try expectAgreement(arguments(sizes.0, sizes.1, sizes.2), of: biased)
        }
    }

    @Test func linearTakesColumnSlicesAndTransposedViews() throws {
        var numbers = SeededNumbers(seed: 7)
        let wide = numbers.tensor([70, 121]).to(.float32)
        let weights = numbers.tensor([90, 50]).to(.float32)
        try expectAgreement([wide, weights]) {
            $0[0].narrowed(1, 7..<57).linear($0[1].narrowed(0, 3..<80))
        }
        try expectAgreement([wide, weights]) {
            $0[0].transposed().narrowed(1, 1..<51).linear($0[1].narrowed(1, 0..<50))
        }
        try expectAgreement([wide, weights]) {
            $0[0].narrowed(1, 7..<97).linear($0[1].transposed())
        }
    }

    @Test func matmulAgreesWithFloat64() throws {
        var numbers = SeededNumbers(seed: 11)
        for sizes in [(67, 97, 13), (13, 67, 97), (241, 385, 33), (3, 9, 5)] {
            let problem = [[sizes.0, sizes.1], [sizes.1, sizes.2]].map {
                numbers.tensor($0).to(.float32)
            }
            try expectAgreement(problem) { $0[0].matmul($0[1]) }
            try expectAgreement([problem[0], problem[1].transposed()]) {
                $0[0].matmul($0[1].transposed())
            }
        }
    }

    @Test func linearTakesAnUpstreamThatIsOneNumberEverywhere() throws {
        let variables = leaves(arguments(65, 48, 70))
        biased(variables).sum().backward()
        let expected = leaves(variables.map { $0.detached().to(.float64) })
        biased(expected).sum().backward()
        for (variable, double) in zip(variables, expected) {
            expectClose(
                try #require(variable.gradient), try #require(double.gradient), within: 3e-5)
        }
    }

    @Test func linearGivesOnlyTheGradientsThatAreAskedFor() throws {
        for wanted in 0..<3 {
            let variables = arguments(40, 50, 60).map { $0.copied() }
            variables[wanted].requiresGradient = true
            biased(variables).squared().sum().backward()
            #expect(variables.indices.filter { variables[$0].gradient != nil } == [wanted])
        }
    }

    /// A row's result is the same to the bit wherever it stands in whichever batch.
    /// A forward product and two backward ones; other tests may multiply meanwhile, so that more can be counted.
    #if arch(x86_64)
        @Test func operationsAreCounted() throws {
            let values = arguments(200, 300, 400)
            let before = Engine.productFlops
            _ = try gradients(at: values, of: biased)
            #expect(Engine.productFlops - before >= 3 * 2 * 200 * 300 * 400)
        }
    #endif

    @Test func linearOfARowDoesNotDependOnItsPlace() {
        let problem = arguments(301, 500, 45)
        let all: [Float] = biased(problem).elements()
        for range in [5..<17, 100..<301] {
            let some = [problem[0].narrowed(0, range), problem[1], problem[2]]
            let expected = Array(all[(range.lowerBound * 45)..<(range.upperBound * 45)])
            #expect(biased(some).elements() == expected)
        }
    }
}

/// In a process of its own: the number of threads is the process's.
@Suite struct ProductThreadTests {
    @Test func linearDoesNotDependOnTheNumberOfThreads() async {
        await #expect(processExitsWith: .success) {
            for (tokens, input, output) in [(1501, 130, 77), (40, 600, 901), (900, 401, 257)] {
                var numbers = SeededNumbers(seed: tokens)
                let problem = [[tokens, input], [output, input], [output]].map {
                    numbers.tensor($0).to(.float32)
                }
                let runs = try [1, 2, 3].map { threads in
                    Engine.threads = threads
                    let run = try gradients(at: problem) { $0[0].linear($0[1], bias: $0[2]) }
                    return ([run.result] + run.gradients).map { $0.elements() as [Float] }
                }
                #expect(runs[0] == runs[1] && runs[0] == runs[2])
            }
        }
    }
}
