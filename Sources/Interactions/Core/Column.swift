/// A read-only array of numbers, memory-mapped from a dataset's file.
public struct Column<Element: BitwiseCopyable & Sendable>: RandomAccessCollection, Sendable {
    private let storage: MappedBytes
    /// The number of elements.
    public let count: Int

    /// Reads bytes as elements; their number must be a multiple of the element's size.
    init(_ storage: MappedBytes) {
        let stride = MemoryLayout<Element>.stride
        precondition(
            storage.bytes.count % stride == 0,
            "Column: expected a multiple of \(stride) bytes, got \(storage.bytes.count)")
        self.storage = storage
        count = storage.bytes.count / stride
    }

    /// Copies an array.
    init(_ elements: [Element]) { self.init(MappedBytes(copying: elements)) }

    /// Always 0.
    public var startIndex: Int { 0 }

    /// The number of elements.
    public var endIndex: Int { count }

    /// The element at a position, which must be below `count`.
    @inline(__always)
    public subscript(position: Int) -> Element {
        precondition(
            UInt(bitPattern: position) < UInt(bitPattern: count),
            "Column: expected a position below \(count), got \(position)")
        return withExtendedLifetime(storage) {
            storage.bytes.load(
                fromByteOffset: position &* MemoryLayout<Element>.stride, as: Element.self)
        }
    }

    /// Calls `body` with all elements; the fast way through a column.
    public func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(storage) {
            try body(storage.bytes.assumingMemoryBound(to: Element.self))
        }
    }
}
