internal import CTorch

/// A failure of the engine that depends on data, files or devices, not on the calling code.
public struct TorchError: Error, Equatable, CustomStringConvertible {
    /// What was being done.
    public let operation: String
    /// What went wrong, in libtorch's or our words.
    public let message: String

    /// Names the operation and what went wrong.
    public init(operation: String, message: String) {
        self.operation = operation
        self.message = message
    }

    /// The operation and the message.
    public var description: String { "\(operation): \(message)" }
}

/// Traps with libtorch's message: the caller broke an operator's contract.
func check(_ status: ct_status, _ operation: String) {
    guard status == CT_OK else {
        fatalError("\(operation): \(String(cString: ct_last_error()))")
    }
}

/// Traps with our message when the caller broke a contract.
///
/// Unlike `precondition`, it says so in optimised builds too.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    guard condition else { fatalError(message()) }
}

/// Facts and settings of the loaded libtorch.
public enum Engine {
    /// The version of libtorch.
    public static var version: String { String(cString: ct_version()) }

    /// The number of handles of every kind that are alive: a training step must not change it.
    public static var liveHandles: Int { Int(ct_live_handles()) }

    /// The floating-point operations of the float32 matrix products on the CPU since the process began.
    ///
    /// A multiplication and its sum count as two. Products of layers, recurrent layers and softmax losses count, small
    /// products, attention and what goes element by element do not.
    public static var productFlops: Int64 {
        var count: Int64 = 0
        check(ct_product_flops(&count), "product flops")
        return count
    }

    /// From now on keeps the memory of freed tensors on the CPU for the next ones of about their size.
    ///
    /// To be called before the first tensor is made, in a process that trains: large tensors are then not mapped and
    /// cleared anew in every step. What is in use and what is kept never come to more than a half above the most that
    /// was in use at once.
    public static func poolMemory() { ct_pool_memory() }

    /// The number of threads that operators use.
    public static var threads: Int {
        get {
            var count: Int32 = 0
            check(ct_get_threads(&count), "threads")
            return Int(count)
        }
        set { check(ct_set_threads(Int32(newValue)), "threads") }
    }
}
