internal import Files
internal import Foundation

/// The JSON header of a safetensors file.
struct SafetensorsHeader: Codable {
    static let metadataKey = "__metadata__"

    struct Entry: Codable {
        let dtype: String
        let shape: [Int]
        let offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype
            case shape
            case offsets = "data_offsets"
        }
    }

    /// One tensor of a checked header: its bytes lie at `range` of the data after the header.
    struct Place {
        let name: String
        let dtype: DType
        let shape: [Int]
        let range: Range<Int>
    }

    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var entries: [String: Entry] = [:]
    var metadata: [String: String]

    init(metadata: [String: String]) {
        self.metadata = metadata
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        metadata = [:]
        for key in container.allKeys {
            if key.stringValue == Self.metadataKey {
                metadata = try container.decode([String: String].self, forKey: key)
            } else {
                entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
            }
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        if !metadata.isEmpty {
            try container.encode(metadata, forKey: Name(stringValue: Self.metadataKey))
        }
        for (name, entry) in entries {
            try container.encode(entry, forKey: Name(stringValue: name))
        }
    }

    /// The length in eight bytes and the JSON, padded so that the data begins at a multiple of eight.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = try encoder.encode(self)
        json.append(contentsOf: Array(repeating: UInt8(ascii: " "), count: -json.count & 7))
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json
    }

    /// The header of a file's bytes, and where its data starts.
    static func parse(
        _ data: Data
    ) throws(SafetensorsError.Reason) -> (header: SafetensorsHeader, start: Int) {
        guard data.count >= 8 else { throw .tooShort(byteCount: data.count) }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Safetensors.longestHeader) else {
            throw .headerTooLong(length: length, limit: Safetensors.longestHeader)
        }
        let start = 8 + Int(length)
        guard start <= data.count else {
            throw .headerBeyondFile(length: length, fileByteCount: data.count)
        }
        let json = Data(data[data.startIndex + 8..<data.startIndex + start])
        // A byte of zero would make the decoder take the text for UTF-16 or UTF-32.
        guard json.first == UInt8(ascii: "{"), !json.contains(0) else {
            throw .invalidHeader("expected a JSON object in UTF-8")
        }
        let header: SafetensorsHeader
        do {
            header = try JSONDecoder().decode(SafetensorsHeader.self, from: json)
        } catch {
            throw .invalidHeader(explain(error, in: json))
        }
        if let key = repeatedKey(in: [UInt8](json)) { throw .duplicateKey(key) }
        return (header, start)
    }

    /// The tensors in the order of their data, which they must cover without gap or overlap.
    func places(dataByteCount: Int) throws(SafetensorsError.Reason) -> [Place] {
        var places: [Place] = []
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            places.append(try entry.place(name, dataByteCount: dataByteCount))
        }
        places.sort {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        var end = 0
        for place in places {
            let begin = place.range.lowerBound
            guard begin >= end else {
                throw .overlap(tensor: place.name, begin: begin, expected: end)
            }
            guard begin == end else {
                throw .gap(tensor: place.name, begin: begin, expected: end)
            }
            end = place.range.upperBound
        }
        guard end == dataByteCount else {
            throw .gap(tensor: nil, begin: dataByteCount, expected: end)
        }
        return places
    }

    private static func explain(_ error: any Error, in json: Data) -> String {
        switch error {
        case let error as DecodingError:
            if case .dataCorrupted = error { break }
            return error.words
        default: break
        }
        // Of a number that does not fit the decoder says no more than of what is not JSON.
        return (try? JSONSerialization.jsonObject(with: json)) == nil
            ? "not valid JSON" : "a number is no 64-bit integer"
    }

    /// The first key that comes twice in one object of valid JSON, which decoders pass over in silence.
    static func repeatedKey(in json: [UInt8]) -> String? {
        var objects: [Set<String>] = []
        var position = 0
        while position < json.count {
            switch json[position] {
            case UInt8(ascii: "{"): objects.append([])
            case UInt8(ascii: "}"): objects.removeLast()
            case UInt8(ascii: "\""):
                let begin = position
                position += 1
                while json[position] != UInt8(ascii: "\"") {
                    position += json[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                let next = json[(position + 1)...].first { !" \t\r\n".utf8.contains($0) }
                // In valid JSON a string before a colon is a key of the innermost object.
                guard next == UInt8(ascii: ":") else { break }
                let quoted = Data(json[begin...position])
                let key = try? JSONDecoder().decode(String.self, from: quoted)
                guard let key, objects[objects.count - 1].insert(key).inserted else {
                    return key ?? String(decoding: quoted, as: UTF8.self)
                }
            default: break
            }
            position += 1
        }
        return nil
    }
}

extension SafetensorsHeader.Entry {
    fileprivate func place(
        _ name: String, dataByteCount: Int
    ) throws(SafetensorsError.Reason) -> SafetensorsHeader.Place {
        guard let type = DType(safetensorsName: dtype) else {
            throw .unsupportedType(tensor: name, dtype: dtype)
        }
        // libtorch's own operators end at far fewer dimensions.
        guard shape.count <= 16 else { throw .invalidShape(tensor: name, shape: shape) }
        var byteCount = type.byteCount
        for size in shape {
            // An empty dimension must not hide that the strides of the others overflow.
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: max(size, 1))
            guard size >= 0, !overflow else { throw .invalidShape(tensor: name, shape: shape) }
            byteCount = product
        }
        if shape.contains(0) { byteCount = 0 }
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
            throw .invalidOffsets(tensor: name, offsets: offsets)
        }
        guard offsets[1] - offsets[0] == byteCount else {
            throw .wrongSize(tensor: name, expected: byteCount, got: offsets[1] - offsets[0])
        }
        guard offsets[1] <= dataByteCount else {
            throw .truncated(tensor: name, end: offsets[1], dataByteCount: dataByteCount)
        }
        return SafetensorsHeader.Place(
            name: name, dtype: type, shape: shape, range: offsets[0]..<offsets[1])
    }
}
