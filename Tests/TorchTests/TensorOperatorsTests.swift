import Foundation
import Testing
import Torch

struct UnaryCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let apply: @Sendable (Tensor) -> Tensor
    let reference: @Sendable (Double) -> Double
    var isPositive = false
}

struct BinaryCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let apply: @Sendable (Tensor, Tensor) -> Tensor
    let expected: [Double]
}

private func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }

@Suite struct TensorOperatorsTests {
    static let unaries = [
        UnaryCase(testDescription: "-", apply: { -$0 }, reference: { -$0 }),
        UnaryCase(testDescription: "exp", apply: { $0.exp() }, reference: { exp($0) }),
        UnaryCase(
            testDescription: "log", apply: { $0.log() }, reference: { log($0) }, isPositive: true),
        UnaryCase(
            testDescription: "squareRoot", apply: { $0.squareRoot() },
            reference: { $0.squareRoot() },
            isPositive: true),
        UnaryCase(testDescription: "magnitude", apply: { $0.magnitude() }, reference: { abs($0) }),
        UnaryCase(testDescription: "squared", apply: { $0.squared() }, reference: { $0 * $0 }),
        UnaryCase(
            testDescription: "reciprocal", apply: { $0.reciprocal() }, reference: { 1 / $0 }),
        UnaryCase(testDescription: "sigmoid", apply: { $0.sigmoid() }, reference: logistic),
        UnaryCase(
            testDescription: "logSigmoid", apply: { $0.logSigmoid() },
            reference: { log(logistic($0)) }),
        UnaryCase(testDescription: "tanh", apply: { $0.tanh() }, reference: { tanh($0) }),
        UnaryCase(testDescription: "relu", apply: { $0.relu() }, reference: { max($0, 0) }),
        UnaryCase(testDescription: "silu", apply: { $0.silu() }, reference: { $0 * logistic($0) }),
        UnaryCase(
            testDescription: "gelu", apply: { $0.gelu() },
            reference: { $0 * 0.5 * (1 + erf($0 / 2.0.squareRoot())) }),
        UnaryCase(
            testDescription: "clamped", apply: { $0.clamped(to: -0.5...1) },
            reference: { min(max($0, -0.5), 1) }),
        UnaryCase(testDescription: "+ 3", apply: { $0 + 3 }, reference: { $0 + 3 }),
        UnaryCase(testDescription: "- 3", apply: { $0 - 3 }, reference: { $0 - 3 }),
        UnaryCase(testDescription: "* 3", apply: { $0 * 3 }, reference: { $0 * 3 }),
        UnaryCase(testDescription: "/ 4", apply: { $0 / 4 }, reference: { $0 / 4 }),
    ]

    @Test(arguments: unaries)
    func unaryAgreesWithFoundationInValueAndSlope(unary: UnaryCase) throws {
        let points =
            unary.isPositive ? [0.01, 0.3, 0.7, 1, 2.5, 30] : [-4.2, -1.3, -0.2, 0.1, 0.9, 5.5]
        let tensor = Tensor(points, shape: [2, 3])
        expectClose(unary.apply(tensor), points.map(unary.reference), within: 1e-12)
        expectClose(unary.apply(tensor.to(.float32)), points.map(unary.reference), within: 1e-5)
        try expectGradients(at: [tensor], within: 1e-5) { unary.apply($0[0]) }
    }

    // Worked out by hand for (1, 4, -2) and (2, 2, -2).
    static let binaries = [
        BinaryCase(testDescription: "+", apply: { $0 + $1 }, expected: [3, 6, -4]),
        BinaryCase(testDescription: "-", apply: { $0 - $1 }, expected: [-1, 2, 0]),
        BinaryCase(testDescription: "*", apply: { $0 * $1 }, expected: [2, 8, 4]),
        BinaryCase(testDescription: "/", apply: { $0 / $1 }, expected: [0.5, 2, 1]),
        BinaryCase(testDescription: "maximum", apply: Tensor.maximum, expected: [2, 4, -2]),
        BinaryCase(testDescription: "minimum", apply: Tensor.minimum, expected: [1, 2, -2]),
        BinaryCase(testDescription: ".>", apply: { $0 .> $1 }, expected: [0, 1, 0]),
        BinaryCase(testDescription: ".>=", apply: { $0 .>= $1 }, expected: [0, 1, 1]),
        BinaryCase(testDescription: ".==", apply: { $0 .== $1 }, expected: [0, 0, 1]),
    ]

    @Test(arguments: binaries)
    func binary(binary: BinaryCase) {
        let result = binary.apply(Tensor([1, 4, -2] as [Float]), Tensor([2, 2, -2] as [Float]))
        #expect(doubles(result) == binary.expected)
        #expect(result.dtype == (binary.testDescription.hasPrefix(".") ? .bool : .float32))
    }

    @Test func sizesBroadcastAndGradientsAreSummedBack() throws {
        let column = Tensor([1, 2] as [Double], shape: [2, 1])
        let row = Tensor([10, 20, 30] as [Double])
        let sum = column + row
        #expect(sum.shape == [2, 3])
        #expect(doubles(sum) == [11, 21, 31, 12, 22, 32])
        try expectGradients(at: [column, row]) { $0[0] * $0[1] + $0[0] / $0[1] }
    }

    @Test func logSigmoidStaysFiniteWhereTheSigmoidVanishes() {
        expectClose(Tensor([-1000, 1000] as [Float]).logSigmoid(), [-1000, 0])
    }

    @Test func choosesByCondition() throws {
        let condition = Tensor([true, false, true])
        let chosen = Tensor.choose(
            condition, Tensor([1, 2, 3] as [Float]), Tensor([-1] as [Float]))
        #expect(doubles(chosen) == [1, -1, 3])
        try expectGradients(at: [Tensor([1.0, 2, 3]), Tensor([4.0, 5, 6])]) {
            Tensor.choose(condition, $0[0], $0[1])
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func oneBadElementIsNotFinite(bad: Float) {
        #expect(Tensor([1, 2, 3] as [Float]).isFinite)
        #expect(!Tensor([1, bad, 3]).isFinite)
    }
}
