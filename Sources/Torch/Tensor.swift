internal import CTorch

/// Owns one handle of the shim; the only place that frees tensors.
final class TensorHandle {
    let pointer: ct_tensor

    /// +1, takes ownership.
    init(_ pointer: ct_tensor) {
        self.pointer = pointer
    }

    deinit {
        ct_tensor_free(pointer)
    }
}

/// An n-dimensional array on a device, differentiable by libtorch.
///
/// A tensor is a reference: copies of the value share the elements. Operators return new tensors and
/// trap, with the operator's name and the shapes, when they are called with arguments that do not fit.
/// Tensors are not `Sendable`: a tensor belongs to the task that made it.
public struct Tensor {
    let handle: TensorHandle

    init(_ handle: TensorHandle) {
        self.handle = handle
    }

    var pointer: ct_tensor { handle.pointer }

    /// The number of dimensions.
    public var rank: Int {
        var rank: Int32 = 0
        check(ct_rank(pointer, &rank), "rank")
        return Int(rank)
    }

    /// The size of one dimension; negative numbers count from the last.
    public func size(_ dimension: Int) -> Int {
        var size: Int64 = 0
        check(ct_size(pointer, Int32(dimension), &size), "size")
        return Int(size)
    }

    /// The sizes of all dimensions.
    public var shape: [Int] { (0..<rank).map { size($0) } }

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }

    /// The element type.
    public var dtype: DType {
        var code = CT_FLOAT32
        check(ct_dtype_of(pointer, &code), "dtype")
        guard let dtype = DType(code: code) else { fatalError("dtype: unknown code \(code)") }
        return dtype
    }

    /// The device that holds the elements.
    public var device: Device {
        var code: ct_device = -1
        check(ct_device_of(pointer, &code), "device")
        return Device(code: code)
    }

    /// The elements in row-major order; `Element` must be the tensor's own type.
    public func elements<Element: TensorElement>(
        as type: Element.Type = Element.self
    ) -> [Element] {
        require(
            dtype == Element.dtype,
            "elements of \(shape): expected \(dtype), asked for \(Element.self)")
        let count = count
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            check(
                ct_copy_to_host(pointer, buffer.baseAddress, count * MemoryLayout<Element>.stride),
                "elements")
            initialized = count
        }
    }

    /// The only element as a number; the tensor must hold exactly one.
    public func item() -> Double {
        require(count == 1, "item: expected one element, got shape \(shape)")
        return to(.float64).elements(as: Double.self)[0]
    }

    /// The same values with another element type.
    public func to(_ dtype: DType) -> Tensor {
        make("to") { ct_to_dtype(pointer, dtype.code, $0) }
    }

    /// The same values on another device; itself when it is there already.
    public func to(_ device: Device) -> Tensor {
        // What has no elements is nowhere.
        guard !isPlanningMemory else { return self }
        return make("to") { ct_to_device(pointer, device.code, $0) }
    }

    /// A deep copy that autograd does not follow.
    public func copied() -> Tensor {
        make("copied") { ct_copied(pointer, $0) }
    }

    /// Overwrites the elements with those of a tensor of the same shape, unseen by autograd.
    public func copy(from source: Tensor) {
        // There are no elements where memory is only counted.
        guard !isPlanningMemory else { return }
        check(ct_copy_into(pointer, source.pointer), "copy")
    }
}

/// Calls a shim function that returns a tensor; traps on failure.
func make(
    _ operation: @autoclosure () -> String,
    _ body: (UnsafeMutablePointer<ct_tensor?>) -> ct_status
) -> Tensor {
    var out: ct_tensor?
    check(body(&out), operation())
    guard let out else { fatalError("\(operation()): no result") }
    return Tensor(TensorHandle(out))
}

/// Passes several tensors to the shim as an array of handles, kept alive for the call.
func withPointers<Result>(
    _ tensors: [Tensor], _ body: (UnsafePointer<ct_tensor?>?) -> Result
) -> Result {
    withExtendedLifetime(tensors) {
        let pointers: [ct_tensor?] = tensors.map { $0.handle.pointer }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
