internal import CTorch

/// Where tensors live and operators run.
public enum Device: Hashable, Sendable, CustomStringConvertible {
    /// The processor.
    case cpu
    /// A CUDA device by its index.
    case cuda(Int)

    /// The device by its name on the command line: `cpu`, `cuda` or `cuda:1`.
    ///
    /// Throws ``TorchError`` for an unknown name and for a CUDA device that is not there.
    public init(named name: String) throws(TorchError) {
        if name == "cpu" {
            self = .cpu
            return
        }
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.first == "cuda", parts.count <= 2,
            let index = parts.count == 1 ? 0 : Int(parts[1])
        else {
            throw TorchError(
                operation: "device", message: "expected cpu, cuda or cuda:N, got \(name)")
        }
        let present = Self.cudaDeviceCount
        guard (0..<present).contains(index) else {
            throw TorchError(
                operation: "device",
                message: "no device cuda:\(index); this machine and libtorch show \(present)")
        }
        self = .cuda(index)
    }

    /// The number of CUDA devices that libtorch sees.
    public static var cudaDeviceCount: Int {
        var count: Int32 = 0
        check(ct_cuda_devices(&count), "cudaDeviceCount")
        return Int(count)
    }

    /// The name as ``init(named:)`` reads it.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    var code: ct_device {
        switch self {
        case .cpu: -1
        case .cuda(let index): Int32(index)
        }
    }

    init(code: ct_device) {
        self = code < 0 ? .cpu : .cuda(Int(code))
    }
}
