import CTorch
import Testing

@testable import Torch

@Suite struct DTypeTests {
    @Test(arguments: DType.allCases)
    func everyTypeCrossesTheBoundaryAndBack(dtype: DType) {
        #expect(DType(code: dtype.code) == dtype)
        let tensor = Tensor.ones([3], dtype: dtype)
        #expect(tensor.dtype == dtype)
        #expect(doubles(tensor) == [1, 1, 1])
        #expect(DType(safetensorsName: dtype.safetensorsName) == dtype)
    }

    @Test func codesAndNamesAreDistinct() {
        #expect(DType.allCases.count == 8)
        #expect(Set(DType.allCases.map(\.code.rawValue)).count == 8)
        #expect(Set(DType.allCases.map(\.safetensorsName)).count == 8)
    }

    @Test(arguments: [8, 99, UInt32.max])
    func unknownCodesFail(raw: UInt32) {
        #expect(DType(code: ct_dtype(rawValue: raw)) == nil)
        var out: ct_tensor?
        let status = ct_full([2], 1, 0, ct_dtype(rawValue: raw), -1, &out)
        #expect(status == CT_ERROR)
        #expect(out == nil)
        #expect(
            String(cString: ct_last_error())
                == "unknown data type \(Int32(truncatingIfNeeded: raw))"
        )
    }

    @Test func swiftTypesHaveTheirTensorTypesLayout() {
        func expectLayout<Element: TensorElement & Equatable>(_ values: [Element]) {
            #expect(Element.dtype.byteCount == MemoryLayout<Element>.stride)
            #expect(Tensor(values).elements(as: Element.self) == values)
        }
        expectLayout([UInt8(0), 7, 255])
        expectLayout([Int32.min, 0, .max])
        expectLayout([Int64.min, 0, .max])
        expectLayout([Float(-0.5), 1e30, .leastNonzeroMagnitude])
        expectLayout([-0.5, 1e300, .leastNonzeroMagnitude])
        expectLayout([true, false, true])
    }

    @Test func conversionRoundsAsTheTypeDoes() {
        let tensor = Tensor([1.0 + 1.0 / 512, -2.75, 3])
        // bfloat16 has 8 significant bits, float16 has 11.
        #expect(doubles(tensor.to(.bfloat16)) == [1, -2.75, 3])
        #expect(doubles(tensor.to(.float16)) == [1 + 1.0 / 512, -2.75, 3])
        #expect(tensor.to(.int64).elements() == [Int64(1), -2, 3])
    }
}
