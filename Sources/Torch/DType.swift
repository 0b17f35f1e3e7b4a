internal import CTorch

/// The element type of a tensor.
public enum DType: Hashable, Sendable, CaseIterable {
    /// 8-bit unsigned integer.
    case uint8
    /// 32-bit signed integer.
    case int32
    /// 64-bit signed integer.
    case int64
    /// IEEE half precision.
    case float16
    /// Brain floating point.
    case bfloat16
    /// Single precision.
    case float32
    /// Double precision.
    case float64
    /// Truth value, one byte.
    case bool

    /// The size of one element in bytes.
    public var byteCount: Int {
        switch self {
        case .uint8, .bool: 1
        case .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }

    var code: ct_dtype {
        switch self {
        case .uint8: CT_UINT8
        case .int32: CT_INT32
        case .int64: CT_INT64
        case .float16: CT_FLOAT16
        case .bfloat16: CT_BFLOAT16
        case .float32: CT_FLOAT32
        case .float64: CT_FLOAT64
        case .bool: CT_BOOL
        }
    }

    init?(code: ct_dtype) {
        guard let match = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = match
    }
}

/// A Swift type that a tensor can be made of and copied to.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The element type that has this type's layout.
    static var dtype: DType { get }
}

extension UInt8: TensorElement {
    /// 8-bit unsigned integer.
    public static var dtype: DType { .uint8 }
}

extension Int32: TensorElement {
    /// 32-bit signed integer.
    public static var dtype: DType { .int32 }
}

extension Int64: TensorElement {
    /// 64-bit signed integer.
    public static var dtype: DType { .int64 }
}

extension Float: TensorElement {
    /// Single precision.
    public static var dtype: DType { .float32 }
}

extension Double: TensorElement {
    /// Double precision.
    public static var dtype: DType { .float64 }
}

extension Bool: TensorElement {
    /// Truth value.
    public static var dtype: DType { .bool }
}
