internal import CTorch

extension Tensor {
    /// Whether autograd records what is computed from this tensor.
    public var requiresGradient: Bool {
        get {
            var value = false
            check(ct_requires_grad(pointer, &value), "requiresGradient")
            return value
        }
        nonmutating set { check(ct_set_requires_grad(pointer, newValue), "requiresGradient") }
    }

    /// The gradient that ``backward()`` accumulated in a leaf; nil when there is none.
    public var gradient: Tensor? {
        var out: ct_tensor?
        check(ct_gradient(pointer, &out), "gradient")
        return out.map { Tensor(TensorHandle($0)) }
    }

    /// Whether the tensor, such as a table's gradient, is held as rows and their numbers.
    public var isSparse: Bool {
        var value = false
        check(ct_is_sparse(pointer, &value), "isSparse")
        return value
    }

    /// Forgets the accumulated gradient.
    public func clearGradient() {
        check(ct_clear_gradient(pointer), "clearGradient")
    }

    /// Adds to each leaf's gradient the derivative of this scalar.
    public func backward() {
        check(ct_backward(pointer), "backward")
    }

    /// The same elements, cut off from the recorded computation.
    public func detached() -> Tensor {
        make("detached") { ct_detach(pointer, $0) }
    }
}

/// Runs a body without recording for autograd, on this thread.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
    var previous = true
    check(ct_set_recording(false, &previous), "withoutGradients")
    defer {
        var ignored = false
        check(ct_set_recording(previous, &ignored), "withoutGradients")
    }
    return try body()
}

/// Records the gradients of tables as the rows that are used, in what a body computes on this thread.
///
/// A table is a matrix that is a leaf, such as an embedding's weight; rows are used by looking them up and by the
/// sampled and shared softmax losses. Only ``rowAdamStep(_:gradient:moments:step:options:)`` takes such gradients.
public func withSparseTableGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
    var previous = false
    check(ct_set_sparse_tables(true, &previous), "withSparseTableGradients")
    defer {
        var ignored = false
        check(ct_set_sparse_tables(previous, &ignored), "withSparseTableGradients")
    }
    return try body()
}

/// Scales the gradients of leaves so that their joint 2-norm is at most `maximum`.
///
/// Returns the norm before scaling.
@discardableResult
public func clipGradients(of leaves: [Tensor], toNorm maximum: Double) -> Double {
    var norm = 0.0
    withPointers(leaves) {
        check(ct_clip_gradients($0, Int32(leaves.count), maximum, &norm), "clipGradients")
    }
    return norm
}
