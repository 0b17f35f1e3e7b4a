internal import CTorch

extension Tensor {
    func unary(_ kind: ct_unary, _ name: String) -> Tensor {
        make("\(name) of \(shape)") { ct_apply_unary(kind, pointer, $0) }
    }

    static func binary(_ kind: ct_binary, _ left: Tensor, _ right: Tensor, _ name: String) -> Tensor
    {
        make("\(name) of \(left.shape) and \(right.shape)") {
            ct_apply_binary(kind, left.pointer, right.pointer, $0)
        }
    }

    static func scalar(_ kind: ct_binary, _ left: Tensor, _ right: Double) -> Tensor {
        make("operator on \(left.shape)") { ct_apply_scalar(kind, left.pointer, right, $0) }
    }

    /// The negative of each element.
    public static prefix func - (tensor: Tensor) -> Tensor { tensor.unary(CT_NEGATE, "-") }

    /// Element-wise sum; sizes broadcast.
    public static func + (left: Tensor, right: Tensor) -> Tensor {
        binary(CT_ADD, left, right, "+")
    }

    /// Element-wise difference; sizes broadcast.
    public static func - (left: Tensor, right: Tensor) -> Tensor {
        binary(CT_SUBTRACT, left, right, "-")
    }

    /// Element-wise product; sizes broadcast.
    public static func * (left: Tensor, right: Tensor) -> Tensor {
        binary(CT_MULTIPLY, left, right, "*")
    }

    /// Element-wise quotient; sizes broadcast.
    public static func / (left: Tensor, right: Tensor) -> Tensor {
        binary(CT_DIVIDE, left, right, "/")
    }

    /// Adds a number to each element.
    public static func + (left: Tensor, right: Double) -> Tensor { scalar(CT_ADD, left, right) }

    /// Subtracts a number from each element.
    public static func - (left: Tensor, right: Double) -> Tensor {
        scalar(CT_SUBTRACT, left, right)
    }

    /// Multiplies each element by a number.
    public static func * (left: Tensor, right: Double) -> Tensor {
        scalar(CT_MULTIPLY, left, right)
    }

    /// Divides each element by a number.
    public static func / (left: Tensor, right: Double) -> Tensor { scalar(CT_DIVIDE, left, right) }

    /// The larger of two elements.
    public static func maximum(_ left: Tensor, _ right: Tensor) -> Tensor {
        binary(CT_MAXIMUM, left, right, "maximum")
    }

    /// The smaller of two elements.
    public static func minimum(_ left: Tensor, _ right: Tensor) -> Tensor {
        binary(CT_MINIMUM, left, right, "minimum")
    }

    /// Each element limited to a closed range.
    public func clamped(to range: ClosedRange<Double>) -> Tensor {
        Self.scalar(CT_MINIMUM, Self.scalar(CT_MAXIMUM, self, range.lowerBound), range.upperBound)
    }

    /// Whether left is greater, element-wise, as bool.
    public static func .> (left: Tensor, right: Tensor) -> Tensor {
        binary(CT_GREATER, left, right, ".>")
    }

    /// Whether left is greater or equal, element-wise, as bool.
    public static func .>= (left: Tensor, right: Tensor) -> Tensor {
        binary(CT_GREATER_EQUAL, left, right, ".>=")
    }

    /// Whether the elements are equal, as bool.
    public static func .== (left: Tensor, right: Tensor) -> Tensor {
        binary(CT_EQUAL, left, right, ".==")
    }

    /// e to the power of each element.
    public func exp() -> Tensor { unary(CT_EXP, "exp") }

    /// The natural logarithm.
    public func log() -> Tensor { unary(CT_LOG, "log") }

    /// The square root.
    public func squareRoot() -> Tensor { unary(CT_SQRT, "squareRoot") }

    /// The magnitude.
    public func magnitude() -> Tensor { unary(CT_ABS, "magnitude") }

    /// The square.
    public func squared() -> Tensor { unary(CT_SQUARE, "squared") }

    /// One divided by each element.
    public func reciprocal() -> Tensor { unary(CT_RECIPROCAL, "reciprocal") }

    /// 1 / (1 + e⁻ˣ).
    public func sigmoid() -> Tensor { unary(CT_SIGMOID, "sigmoid") }

    /// The logarithm of the sigmoid, stable for large magnitudes.
    public func logSigmoid() -> Tensor { unary(CT_LOG_SIGMOID, "logSigmoid") }

    /// The hyperbolic tangent.
    public func tanh() -> Tensor { unary(CT_TANH, "tanh") }

    /// max(x, 0).
    public func relu() -> Tensor { unary(CT_RELU, "relu") }

    /// x · sigmoid(x).
    public func silu() -> Tensor { unary(CT_SILU, "silu") }

    /// x · Φ(x), exact.
    public func gelu() -> Tensor { unary(CT_GELU, "gelu") }

    /// Whether every element is neither infinite nor NaN.
    public var isFinite: Bool {
        unary(CT_IS_FINITE, "isFinite").to(.int64).sum().item() == Double(count)
    }

    /// `yes` where the condition (bool) holds, `no` elsewhere; sizes broadcast.
    public static func choose(_ condition: Tensor, _ yes: Tensor, _ no: Tensor) -> Tensor {
        make("choose of \(condition.shape), \(yes.shape) and \(no.shape)") {
            ct_where(condition.pointer, yes.pointer, no.pointer, $0)
        }
    }
}
