internal import CTorch
internal import Files
public import Foundation

/// Reading and writing of tensors by name in the safetensors format.
public enum Safetensors {
    /// Headers beyond this many bytes are refused, as the reference implementation does.
    static let longestHeader = 100_000_000

    /// Writes tensors and metadata under a temporary name, then renames it to the file's name.
    ///
    /// Data is written tensor by tensor, so no more than one of them is copied to the host at a time.
    /// A crash leaves the old file or the new one, never a part of it.
    public static func write(
        _ tensors: [String: Tensor], metadata: [String: String] = [:], to url: URL
    ) throws(SafetensorsError) {
        // Wide elements first: every tensor then begins at a multiple of its element size.
        let order = tensors.sorted {
            ($1.value.dtype.byteCount, $0.key) < ($0.value.dtype.byteCount, $1.key)
        }
        var header = SafetensorsHeader(metadata: metadata)
        var end = 0
        for (name, tensor) in order {
            guard name != SafetensorsHeader.metadataKey else {
                throw SafetensorsError(path: url.path, reason: .reservedName(name))
            }
            let begin = end
            end += tensor.byteCount
            header.entries[name] = SafetensorsHeader.Entry(
                dtype: tensor.dtype.safetensorsName, shape: tensor.shape, offsets: [begin, end])
        }
        do {
            let writer = try AtomicWriter(url)
            try writer.write(header.encoded())
            for (_, tensor) in order { try writer.write(tensor.hostBytes()) }
            try writer.commit()
        } catch {
            throw SafetensorsError(
                path: url.path,
                reason: .unwritable((error as? FileError)?.reason ?? "its header cannot be made"))
        }
    }

    /// Reads every tensor of a file to a device, and the file's metadata.
    ///
    /// The header is checked as a whole before any tensor is made.
    public static func read(
        _ url: URL, device: Device = .cpu
    ) throws(SafetensorsError) -> (tensors: [String: Tensor], metadata: [String: String]) {
        let data: Data
        do {
            data = try FileReading.mapped(url)
        } catch {
            throw SafetensorsError(path: url.path, reason: .unreadable(error.reason))
        }
        do {
            let (header, start) = try SafetensorsHeader.parse(data)
            var tensors: [String: Tensor] = [:]
            for place in try header.places(dataByteCount: data.count - start) {
                tensors[place.name] = try tensor(at: place, after: start, in: data, device: device)
            }
            return (tensors, header.metadata)
        } catch {
            throw SafetensorsError(path: url.path, reason: error)
        }
    }

    private static func tensor(
        at place: SafetensorsHeader.Place, after start: Int, in data: Data, device: Device
    ) throws(SafetensorsError.Reason) -> Tensor {
        let made: Tensor? = data.withUnsafeBytes { raw in
            let bytes = UnsafeRawBufferPointer(
                rebasing: raw[start + place.range.lowerBound..<start + place.range.upperBound])
            if place.dtype == .bool, !bytes.allSatisfy({ $0 <= 1 }) { return nil }
            return Tensor(bytes: bytes, shape: place.shape, dtype: place.dtype, device: device)
        }
        guard let made else { throw .notTruthValues(tensor: place.name) }
        return made
    }
}

extension Tensor {
    fileprivate var byteCount: Int { count * dtype.byteCount }

    fileprivate func hostBytes() -> Data {
        var data = Data(count: byteCount)
        let count = data.count
        data.withUnsafeMutableBytes { buffer in
            check(ct_copy_to_host(pointer, buffer.baseAddress, count), "hostBytes of \(shape)")
        }
        return data
    }
}

extension DType {
    /// The name in a safetensors header.
    var safetensorsName: String {
        switch self {
        case .uint8: "U8"
        case .int32: "I32"
        case .int64: "I64"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .float64: "F64"
        case .bool: "BOOL"
        }
    }

    init?(safetensorsName name: String) {
        guard let match = Self.allCases.first(where: { $0.safetensorsName == name }) else {
            return nil
        }
        self = match
    }
}
