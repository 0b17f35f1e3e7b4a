internal import CTorch

extension Tensor {
    /// The matrix product, batched over leading dimensions.
    public func matmul(_ other: Tensor) -> Tensor {
        make("matmul of \(shape) and \(other.shape)") {
            ct_matmul(pointer, other.pointer, $0)
        }
    }

    /// x wᵀ + b with weight [out, in] and bias [out]; this tensor is [..., in].
    public func linear(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
        make("linear of \(shape) by \(weight.shape)") {
            ct_linear(pointer, weight.pointer, bias?.pointer, $0)
        }
    }

    /// Normalises the last dimension to mean 0 and variance 1, then scales and shifts.
    public func layerNorm(weight: Tensor, bias: Tensor, epsilon: Double = 1e-5) -> Tensor {
        residualLayerNorm(adding: [], weight: weight, bias: bias, epsilon: epsilon)
    }

    /// Exponentials normalised along one dimension.
    public func softmax(dimension: Int = -1) -> Tensor {
        make("softmax of \(shape)") { ct_softmax(pointer, Int32(dimension), false, $0) }
    }

    /// The logarithm of ``softmax(dimension:)``, computed stably.
    public func logSoftmax(dimension: Int = -1) -> Tensor {
        make("logSoftmax of \(shape)") { ct_softmax(pointer, Int32(dimension), true, $0) }
    }

    func reduce(_ kind: ct_reduction, _ dimension: Int, _ keep: Bool) -> Tensor {
        make("reduction of dimension \(dimension) of \(shape)") {
            ct_reduce(kind, pointer, Int32(dimension), keep, $0)
        }
    }

    /// The sum along one dimension.
    public func sum(dimension: Int, keepingDimension keep: Bool = false) -> Tensor {
        reduce(CT_SUM, dimension, keep)
    }

    /// The mean along one dimension.
    public func mean(dimension: Int, keepingDimension keep: Bool = false) -> Tensor {
        reduce(CT_MEAN, dimension, keep)
    }

    /// The largest element along one dimension.
    public func maximum(dimension: Int, keepingDimension keep: Bool = false) -> Tensor {
        reduce(CT_MAX, dimension, keep)
    }

    /// The logarithm of the sum of exponentials along one dimension.
    public func logSumExp(dimension: Int, keepingDimension keep: Bool = false) -> Tensor {
        reduce(CT_LOG_SUM_EXP, dimension, keep)
    }

    /// The sum of all elements, a scalar.
    public func sum() -> Tensor { make("sum") { ct_reduce_all(CT_SUM, pointer, $0) } }

    /// The mean of all elements, a scalar.
    public func mean() -> Tensor { make("mean") { ct_reduce_all(CT_MEAN, pointer, $0) } }

    /// The largest of all elements, a scalar.
    public func maximum() -> Tensor {
        make("maximum of \(shape)") { ct_reduce_all(CT_MAX, pointer, $0) }
    }
}
