import Foundation
import Testing
import Torch

@Suite struct TensorAlgebraTests {
    let matrix = Tensor([1, 2, 3, 4, 5, 6] as [Double], shape: [2, 3])

    @Test func matmul() throws {
        // By hand: [1 2 3; 4 5 6] · [1 0; 0 1; 2 -1] = [7 -1; 16 -1].
        let other = Tensor([1, 0, 0, 1, 2, -1] as [Double], shape: [3, 2])
        let product = matrix.matmul(other)
        #expect(product.shape == [2, 2])
        #expect(doubles(product) == [7, -1, 16, -1])
        try expectGradients(at: [matrix, other]) { $0[0].matmul($0[1]) }
    }

    @Test func matmulIsBatchedOverLeadingDimensions() {
        let batch = Tensor([1, 2, 3, 4] as [Double], shape: [2, 1, 2])
        let other = Tensor([1, 1, 10, 100] as [Double], shape: [2, 2, 1])
        let product = batch.matmul(other)
        #expect(product.shape == [2, 1, 1])
        // 1 + 2, 30 + 400.
        #expect(doubles(product) == [3, 430])
    }

    @Test func linear() throws {
        // By hand: rows of x times rows of w, plus b.
        let weight = Tensor([1, 0, -1, 2, 2, 2] as [Double], shape: [2, 3])
        let bias = Tensor([10, -10] as [Double])
        #expect(doubles(matrix.linear(weight)) == [-2, 12, -2, 30])
        #expect(doubles(matrix.linear(weight, bias: bias)) == [8, 2, 8, 20])
        try expectGradients(at: [matrix, weight, bias]) { $0[0].linear($0[1], bias: $0[2]) }
    }

    @Test func layerNorm() throws {
        // Row (1, 2, 3): mean 2, variance 2/3.
        let unit = 1 / (2.0 / 3 + 1e-5).squareRoot()
        let weight = Tensor([1, 2, 3] as [Double])
        let bias = Tensor([0.5, 0, -0.5] as [Double])
        let row = [-unit + 0.5, 0, 3 * unit - 0.5]
        expectClose(matrix.layerNorm(weight: weight, bias: bias), row + row, within: 1e-12)
        let wide = 1 / (2.0 / 3 + 0.5).squareRoot()
        let wideRow = [-wide + 0.5, 0, 3 * wide - 0.5]
        expectClose(
            matrix.layerNorm(weight: weight, bias: bias, epsilon: 0.5), wideRow + wideRow,
            within: 1e-12)
        var numbers = SeededNumbers(seed: 1)
        let arguments = [numbers.tensor([4, 5]), numbers.tensor([5]), numbers.tensor([5])]
        try expectGradients(at: arguments) { $0[0].layerNorm(weight: $0[1], bias: $0[2]) }
    }

    @Test func softmaxAndItsLogarithm() throws {
        let sum = exp(1.0) + exp(2.0) + exp(3.0)
        let row = [1.0, 2, 3].map { exp($0) / sum }
        expectClose(matrix.softmax(), row + row, within: 1e-12)
        expectClose(matrix.logSoftmax(), (row + row).map { log($0) }, within: 1e-12)
        // Columns differ by 3: shares 1 / (1 + e³).
        let low = 1 / (1 + exp(3.0))
        expectClose(
            matrix.softmax(dimension: 0), [low, low, low, 1 - low, 1 - low, 1 - low], within: 1e-12)
        try expectGradients(at: [matrix]) { $0[0].softmax(dimension: 0) }
        try expectGradients(at: [matrix]) { $0[0].logSoftmax() }
    }

    @Test func logSoftmaxIsStableForLargeLogits() {
        expectClose(Tensor([1e4, 0] as [Float]).logSoftmax(), [0, -1e4])
    }

    @Test func reductionsOfADimension() throws {
        #expect(doubles(matrix.sum(dimension: 0)) == [5, 7, 9])
        #expect(doubles(matrix.sum(dimension: -1)) == [6, 15])
        #expect(matrix.sum(dimension: 1, keepingDimension: true).shape == [2, 1])
        #expect(doubles(matrix.mean(dimension: 1)) == [2, 5])
        #expect(doubles(matrix.maximum(dimension: 0)) == [4, 5, 6])
        let expected = log(exp(1.0) + exp(4.0))
        expectClose(matrix.logSumExp(dimension: 0), [expected, expected + 1, expected + 2])
        try expectGradients(at: [matrix]) { $0[0].logSumExp(dimension: 1) }
        try expectGradients(at: [matrix]) { $0[0].mean(dimension: 0) }
        try expectGradients(at: [matrix]) { $0[0].maximum(dimension: 1) }
    }

    @Test func reductionsOfEverything() {
        #expect(matrix.sum().item() == 21)
        #expect(matrix.mean().item() == 3.5)
        #expect(matrix.maximum().item() == 6)
        #expect(matrix.sum().shape == [])
    }
}
