import Testing
import Torch

/// Whatever a model's initialiser does with its tensors takes no memory and no time while memory is planned.
struct PlannedMemoryTests {
    private static let wide = 1 << 20

    /// 4 TB each.
    private func table() -> Tensor {
        Generator(seed: 1).normal([Self.wide, Self.wide])
    }

    @Test func whatIsMadeNewIsCounted() {
        let bytes = plannedBytes {
            _ = Tensor.zeros([2, 3])
            _ = Tensor.full([5], value: 1, dtype: .float64)
            _ = Generator(seed: 1).uniform([4])
            _ = Tensor([1, 2, 3] as [Int32])
            _ = Tensor.range(0..<10)
        }
        #expect(bytes == 24 + 40 + 16 + 12 + 80)
        #expect(!isPlanningMemory)
    }

    private static let operations: [(String, [Int])] = [
        ("joined", [2 * wide, wide]), ("turned", [wide, wide]),
        ("multiplied", [wide, wide]), ("masked", [wide, wide]),
        ("squared", [wide]), ("moved", [wide, wide]),
        ("copied over", [wide, wide]),
    ]

    @Test(arguments: operations)
    func operatorsFindShapesAlone(operation: String, shape: [Int]) {
        let bytes = plannedBytes {
            let table = table()
            let result: Tensor
            switch operation {
            case "joined": result = .concatenate([table, self.table()])
            case "turned": result = table.transposed().copied()
            case "multiplied": result = table.matmul(table)
            case "masked":
                let mask = Tensor([Float](repeating: 0, count: Self.wide), shape: [Self.wide, 1])
                result = table * mask
            case "squared": result = table.squared().sum(dimension: 1)
            case "moved": result = table.to(.cpu)
            default:
                table.copy(from: .concatenate([table, table])[0..<Self.wide])
                result = table
            }
            #expect(result.shape == shape)
        }
        #expect(bytes >= 4 * Double(Self.wide) * Double(Self.wide))
    }
}
