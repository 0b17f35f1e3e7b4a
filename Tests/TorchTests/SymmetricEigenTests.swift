import Testing

@testable import Torch

struct SymmetricEigenTests {
    /// [[2, 1], [1, 2]] has 3 along (1, 1) and 1 along (1, −1).
    @Test func valuesDescendAndVectorsAreColumns() {
        let (values, vectors) = Tensor([2, 1, 1, 2] as [Double], shape: [2, 2]).symmetricEigen()
        let found: [Double] = values.elements()
        #expect(abs(found[0] - 3) < 1e-12 && abs(found[1] - 1) < 1e-12)
        let columns: [Double] = vectors.elements()
        let half = 0.5.squareRoot()
        #expect(abs(columns[0] - half) < 1e-12 && abs(columns[2] - half) < 1e-12)
        #expect(abs(columns[1] + columns[3]) < 1e-12 && abs(abs(columns[1]) - half) < 1e-12)
    }

    @Test func vectorsAndValuesGiveTheMatrixBack() {
        let drawn = Generator(seed: 3).normal([9, 6]).to(.float64)
        let matrix = drawn.transposed().matmul(drawn)
        let (values, vectors) = matrix.symmetricEigen()
        let back = (vectors * values).matmul(vectors.transposed())
        #expect((back - matrix).magnitude().maximum().item() < 1e-9)
        let ordered: [Double] = values.elements()
        #expect(ordered == ordered.sorted(by: >))
        // The largest element of each vector is positive.
        let rows = vectors.transposed()
        let largest = rows.gathered(rows.magnitude().topK(1).indices, dimension: 1)
        let signs: [Double] = largest.elements()
        #expect(signs.allSatisfy { $0 > 0 })
    }
}
