internal import CTorch
internal import Synchronization

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

    /// Whether there was no memory for a tensor: what our pool, libtorch's own allocator and CUDA's say.
    public var isMemoryExhausted: Bool {
        ["not enough memory for", "can't allocate memory", "out of memory", "bad_alloc"]
            .contains { message.contains($0) }
    }
}

/// Traps with libtorch's message: the caller broke an operator's contract, or memory is exhausted and nobody takes it.
func check(_ status: ct_status, _ operation: String) {
    guard status == CT_OK else {
        let error = TorchError(operation: operation, message: String(cString: ct_last_error()))
        if error.isMemoryExhausted { Engine.memoryExhausted.withLock { $0 }?(error) }
        fatalError(error.description)
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

    /// The bytes that the process can have: of the machine with its swap, of its control group, of its own limits.
    public static var memoryLimit: Int { Int(ct_memory_limit()) }

    /// What is called when there is no memory for a tensor, and does not return: a tool ends with a message.
    ///
    /// Operators have no result to return then. Without it the process traps.
    public static func onExhaustedMemory(_ end: @escaping @Sendable (TorchError) -> Never) {
        memoryExhausted.withLock { $0 = end }
    }

    /// Ends as exhausted memory does where the process can never have `bytes` for an array of Swift's, which would trap.
    ///
    /// Bytes are a floating-point number because a product of settings can be above all integers.
    public static func requireMemory(bytes: Double, for what: String) {
        guard bytes > Double(memoryLimit) else { return }
        let error = TorchError(
            operation: what,
            message: "not enough memory for \((bytes / 1_048_576).rounded()) MiB")
        memoryExhausted.withLock { $0 }?(error)
        fatalError(error.description)
    }

    static let memoryExhausted = Mutex<(@Sendable (TorchError) -> Never)?>(nil)

    /// The most threads that can be asked for; a million by mistake would end the process.
    public static let mostThreads = 1024

    /// The number of threads that operators use, at most ``mostThreads``.
    public static var threads: Int {
        get {
            var count: Int32 = 0
            check(ct_get_threads(&count), "threads")
            return Int(count)
        }
        set {
            require(
                (1...mostThreads).contains(newValue),
                "threads: expected 1 to \(mostThreads), got \(newValue)")
            check(ct_set_threads(Int32(newValue)), "threads")
        }
    }
}
