internal import Files
import Foundation

/// Writes a file through a buffer and keeps its checksum.
final class FileWriter {
    let path: String
    private(set) var byteCount = 0
    private(set) var checksum = Checksum()
    private let descriptor: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    private let isChecked: Bool
    private var failure: ImportError?

    init(path: String, isChecked: Bool = true) throws(ImportError) {
        self.path = path
        self.isChecked = isChecked
        descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .unwritable(path: path, reason: SystemError().description)
        }
        buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    }

    deinit {
        buffer.deallocate()
        close(descriptor)
    }

    /// Writes one number as its bytes.
    @inline(__always)
    func write<Value: BitwiseCopyable>(_ value: Value) {
        let size = MemoryLayout<Value>.size
        if filled + size > buffer.count { flush() }
        buffer.storeBytes(of: value, toByteOffset: filled, as: Value.self)
        filled += size
    }

    /// Writes bytes.
    func write(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count {
            if filled == buffer.count { flush() }
            let count = min(buffer.count - filled, bytes.count - position)
            UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
            filled += count
            position += count
        }
    }

    /// Writes what is buffered; throws the first failure of any write.
    func finish() throws(ImportError) {
        flush()
        try check()
    }

    /// Throws the first failure of any write so far.
    func check() throws(ImportError) {
        if let failure { throw failure }
    }

    /// Failures are kept for ``check()``, so that single writes stay cheap.
    private func flush() {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<filled])
        if isChecked { checksum.update(bytes) }
        byteCount += filled
        if failure == nil, let refusal = bytes.write(to: descriptor) {
            failure = .unwritable(path: path, reason: refusal.description)
        }
        filled = 0
    }
}
