internal import CTorch

extension Tensor {
    /// Eigenvalues [n] of a symmetric matrix in descending order, and unit eigenvectors as columns [n, n].
    ///
    /// Of each vector and its negative the one is taken whose largest element is positive, so that a second
    /// computation gives the same. Autograd does not follow.
    public func symmetricEigen() -> (values: Tensor, vectors: Tensor) {
        var values: ct_tensor?
        var vectors: ct_tensor?
        check(ct_symmetric_eigen(pointer, &values, &vectors), "symmetricEigen of \(shape)")
        guard let values, let vectors else { fatalError("symmetricEigen: no result") }
        let descending = Tensor((0..<Int32(size(0))).reversed(), device: device)
        let columns = Tensor(TensorHandle(vectors)).transposed().rows(descending)
        return (
            Tensor(TensorHandle(values)).rows(descending), columns.directed().transposed()
        )
    }

    /// Each row or its negative, whichever has a positive number as its largest in magnitude. [n, m]
    public func directed() -> Tensor {
        let largest = gathered(magnitude().topK(1).indices, dimension: 1)
        let one = Tensor(1, dtype: dtype, device: device)
        return self * Tensor.choose(largest .>= one * 0, one, -one)
    }
}
