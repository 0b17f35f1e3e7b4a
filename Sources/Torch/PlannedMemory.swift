internal import CTorch
internal import Synchronization

/// The bytes of the tensors that a body makes anew, counted before there is memory for them.
///
/// Tensors that are filled, drawn or read there have their shapes and no elements, so that a model can be built whose
/// parameters no machine holds. Operators on them give tensors without elements at once, whatever their shapes;
/// only numbers cannot be asked for.
public func plannedBytes<Failure>(
    _ body: () throws(Failure) -> Void
) throws(Failure) -> Double {
    let plan = MemoryPlan()
    let result = MemoryPlan.$current.withValue(plan) {
        Result { () throws(Failure) in try body() }
    }
    try result.get()
    return plan.bytes.withLock { $0 }
}

/// Whether tensors are only counted now, see ``plannedBytes(_:)``.
public var isPlanningMemory: Bool { MemoryPlan.current != nil }

/// What tensors would take.
final class MemoryPlan: Sendable {
    @TaskLocal static var current: MemoryPlan?

    let bytes = Mutex(0.0)

    /// A tensor of the shape without its memory.
    func tensor(_ shape: [Int], dtype: DType) -> Tensor {
        // In floating point nothing overflows.
        bytes.withLock { $0 += shape.reduce(Double(dtype.byteCount)) { $0 * Double($1) } }
        let sizes = shape.map(Int64.init)
        return make("plannedBytes of \(shape)") {
            ct_stand_in(sizes, Int32(sizes.count), dtype.code, $0)
        }
    }
}
