import Testing
import Torch

@Suite struct TensorTests {
    @Test func describesItself() {
        let tensor = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 1, 2])
        #expect(tensor.rank == 3)
        #expect(tensor.shape == [3, 1, 2])
        #expect(tensor.size(0) == 3)
        #expect(tensor.size(-1) == 2)
        #expect(tensor.count == 6)
        #expect(tensor.dtype == .float32)
        #expect(tensor.device == .cpu)
        #expect(tensor.to(.cpu).elements() == [1, 2, 3, 4, 5, 6] as [Float])
    }

    @Test func creates() {
        #expect(Tensor.zeros([2, 2]).elements() == [0, 0, 0, 0] as [Float])
        #expect(Tensor.ones([2], dtype: .int32).elements() == [1, 1] as [Int32])
        #expect(Tensor.full([3], value: 2.5, dtype: .float64).elements() == [2.5, 2.5, 2.5])
        #expect(Tensor.range(-1..<3).elements() == [-1, 0, 1, 2] as [Int64])
        #expect(Tensor(0.25).item() == 0.25)
        #expect(Tensor(0.25).shape == [])
    }

    @Test func emptyTensorsAreOrdinary() {
        let tensor = Tensor([] as [Float], shape: [0, 4])
        #expect(tensor.shape == [0, 4])
        #expect(tensor.elements(as: Float.self) == [])
        #expect(tensor.sum().item() == 0)
        #expect(tensor.isFinite)
    }

    @Test func readsElementsInRowMajorOrderWhateverTheLayout() {
        let tensor = Tensor([1, 2, 3, 4, 5, 6] as [Double], shape: [2, 3]).transposed()
        #expect(tensor.elements() == [1, 4, 2, 5, 3, 6] as [Double])
    }

    @Test func valuesShareElementsAndCopiesDoNot() {
        let original = Tensor([1, 2] as [Float])
        let alias = original
        let copy = original.copied()
        original.copy(from: Tensor([3, 4] as [Float]))
        #expect(alias.elements() == [3, 4] as [Float])
        #expect(copy.elements() == [1, 2] as [Float])
    }

    @Test func copyingIntoALeafIsUnseenByAutograd() {
        let leaf = Tensor([1, 2] as [Float])
        leaf.requiresGradient = true
        leaf.copy(from: Tensor([5, 6] as [Float]))
        #expect(leaf.requiresGradient)
        leaf.squared().sum().backward()
        #expect(leaf.gradient?.elements() == [10, 12] as [Float])
    }
}
