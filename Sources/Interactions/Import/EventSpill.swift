internal import Files
import Foundation

/// One event as it was read, with the numbers that users and items got while reading.
struct RawEvent: BitwiseCopyable {
    /// Ticks since 1970.
    var time: Int64
    var user: UInt32
    /// The item's number among its domain's items.
    var item: UInt32
    /// NaN where there is none.
    var rating: Float
    var domain: UInt16
    /// 255 where there is none.
    var behaviour: UInt8
    /// Fills the record up to its stride, so that records can be written and read as they are.
    private var padding: UInt8 = 0

    init(
        time: Int64, user: Int, item: Int, rating: Float, domain: Int, behaviour: UInt8
    ) {
        self.time = time
        self.user = UInt32(truncatingIfNeeded: user)
        self.item = UInt32(truncatingIfNeeded: item)
        self.rating = rating
        self.domain = UInt16(truncatingIfNeeded: domain)
        self.behaviour = behaviour
    }
}

/// The events as they were read, in a temporary file.
final class EventSpill {
    private let path: String
    private let writer: FileWriter
    private(set) var count = 0

    init(path: String) throws(ImportError) {
        self.path = path
        writer = try FileWriter(path: path, isChecked: false)
    }

    deinit { unlink(path) }

    @inline(__always)
    func append(_ event: RawEvent) {
        writer.write(event)
        count += 1
    }

    /// Throws where events could not be written, so that a long reading ends when the device is full.
    func check() throws(ImportError) { try writer.check() }

    /// Calls `body` with every event in the order of reading.
    func forEach(_ body: (RawEvent) -> Void) throws(ImportError) {
        try writer.finish()
        let buffer = UnsafeMutableBufferPointer<RawEvent>.allocate(capacity: 1 << 16)
        defer { buffer.deallocate() }
        var left = count
        do throws(SystemError) {
            let (descriptor, _) = try FileReading.open(path)
            defer { close(descriptor) }
            while left > 0 {
                let wanted = min(left, buffer.count)
                let bytes = UnsafeMutableRawBufferPointer(
                    start: buffer.baseAddress, count: wanted * MemoryLayout<RawEvent>.size)
                guard try bytes.fill(from: descriptor) == bytes.count else { break }
                for index in 0..<wanted { body(buffer[index]) }
                left -= wanted
            }
        } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        guard left == 0 else {
            throw .unreadable(
                path: path,
                reason: "another program cut off its last \(left) events; run the command again")
        }
    }
}
