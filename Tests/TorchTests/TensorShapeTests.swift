import Testing
import Torch

@Suite struct TensorShapeTests {
    let matrix = Tensor([1, 2, 3, 4, 5, 6] as [Double], shape: [2, 3])

    @Test func reshapes() {
        #expect(matrix.reshaped([3, 2]).shape == [3, 2])
        #expect(matrix.reshaped([-1]).shape == [6])
        #expect(doubles(matrix.transposed().reshaped([6])) == [1, 4, 2, 5, 3, 6])
        #expect(matrix.reshaped([1, 2, 3]).transposed(0, 2).shape == [3, 2, 1])
    }

    @Test func slices() throws {
        #expect(doubles(matrix.narrowed(1, 1..<3)) == [2, 3, 5, 6])
        #expect(doubles(matrix[1..<2]) == [4, 5, 6])
        #expect(matrix[1..<2].shape == [1, 3])
        #expect(matrix[1].shape == [3])
        #expect(matrix[0..<0].shape == [0, 3])
        try expectGradients(at: [matrix]) { $0[0].narrowed(1, 0..<2).squared() }
    }

    @Test func concatenates() throws {
        let other = Tensor([7, 8, 9] as [Double], shape: [1, 3])
        #expect(
            doubles(Tensor.concatenate([matrix, other])) == [1, 2, 3, 4, 5, 6, 7, 8, 9])
        let column = Tensor([7, 8] as [Double], shape: [2, 1])
        let wide = Tensor.concatenate([column, matrix], dimension: 1)
        #expect(doubles(wide) == [7, 1, 2, 3, 8, 4, 5, 6])
        try expectGradients(at: [matrix, column]) {
            Tensor.concatenate($0, dimension: 1).squared()
        }
    }

    @Test func takesRowsByIndexWithSummedGradients() throws {
        let indices = Tensor([1, 0, 1] as [Int32])
        #expect(doubles(matrix.rows(indices)) == [4, 5, 6, 1, 2, 3, 4, 5, 6])
        #expect(doubles(matrix.rows(indices.to(.int64))) == [4, 5, 6, 1, 2, 3, 4, 5, 6])
        // Row 1 is taken twice: its gradient is 2 · 2x.
        let leaf = leaves([matrix])[0]
        leaf.rows(indices).squared().sum().backward()
        let slope = try #require(leaf.gradient)
        #expect(doubles(slope) == [2, 4, 6, 16, 20, 24])
    }

    @Test func addsRowsAtIndices() throws {
        let source = Tensor([1, 1, 1, 10, 10, 10] as [Double], shape: [2, 3])
        let indices = Tensor([1, 1] as [Int64])
        let sum = matrix.addingRows(source, at: indices)
        #expect(doubles(sum) == [1, 2, 3, 15, 16, 17])
        #expect(doubles(matrix) == [1, 2, 3, 4, 5, 6])
        try expectGradients(at: [matrix, source]) {
            $0[0].addingRows($0[1], at: indices).squared()
        }
    }

    @Test func gathersAlongADimension() throws {
        let indices = Tensor([2, 0, 0, 1] as [Int64], shape: [2, 2])
        #expect(doubles(matrix.gathered(indices, dimension: 1)) == [3, 1, 4, 5])
        try expectGradients(at: [matrix]) { $0[0].gathered(indices, dimension: 1).squared() }
    }

    @Test func findsTheLargest() {
        let tensor = Tensor([3, 9, 1, 7, -1, -5, -2, -8] as [Float], shape: [2, 4])
        let (values, indices) = tensor.topK(3)
        #expect(doubles(values) == [9, 7, 3, -1, -2, -5])
        #expect(indices.elements() == [1, 3, 0, 0, 2, 1] as [Int64])
    }
}
