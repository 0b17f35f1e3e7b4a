internal import CTorch

extension Tensor {
    /// A tensor of the given shape with the elements of an array in row-major order.
    public init<Element: TensorElement>(
        _ elements: [Element], shape: [Int]? = nil, device: Device = .cpu
    ) {
        let shape = shape ?? [elements.count]
        require(
            shape.reduce(1, *) == elements.count,
            "Tensor: shape \(shape) does not hold \(elements.count) elements")
        self = elements.withUnsafeBytes {
            Tensor(bytes: $0, shape: shape, dtype: Element.dtype, device: device)
        }
    }

    /// A tensor from raw bytes in row-major order.
    public init(bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType, device: Device = .cpu) {
        if let plan = MemoryPlan.current {
            self = plan.tensor(shape, dtype: dtype)
            return
        }
        let sizes = shape.map(Int64.init)
        self = make("Tensor") {
            ct_from_bytes(
                bytes.baseAddress, bytes.count, sizes, Int32(sizes.count), dtype.code, device.code,
                $0)
        }
    }

    /// A scalar.
    public init(_ value: Double, dtype: DType = .float32, device: Device = .cpu) {
        self = .full([], value: value, dtype: dtype, device: device)
    }

    /// A tensor filled with one value.
    public static func full(
        _ shape: [Int], value: Double, dtype: DType = .float32, device: Device = .cpu
    ) -> Tensor {
        if let plan = MemoryPlan.current { return plan.tensor(shape, dtype: dtype) }
        let sizes = shape.map(Int64.init)
        return make("full") {
            ct_full(sizes, Int32(sizes.count), value, dtype.code, device.code, $0)
        }
    }

    /// A tensor of zeros.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu)
        -> Tensor
    {
        full(shape, value: 0, dtype: dtype, device: device)
    }

    /// A tensor of ones.
    public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu)
        -> Tensor
    {
        full(shape, value: 1, dtype: dtype, device: device)
    }

    /// The integers of a range.
    public static func range(_ range: Range<Int>, dtype: DType = .int64, device: Device = .cpu)
        -> Tensor
    {
        if let plan = MemoryPlan.current { return plan.tensor([range.count], dtype: dtype) }
        return make("range") {
            ct_arange(
                Int64(range.lowerBound), Int64(range.upperBound), dtype.code, device.code, $0)
        }
    }
}
