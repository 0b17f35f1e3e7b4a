package import Foundation

/// Reads and writes JSON files; what is wrong with one is said by its key, in words.
package enum JSONFile {
    private struct VersionOnly: Decodable {
        let formatVersion: Int?
    }

    /// A coder of JSON with keys in order; numbers that are not finite are the words NaN, Infinity and -Infinity.
    package static func encoder(_ formatting: JSONEncoder.OutputFormatting = []) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return encoder
    }

    /// The counterpart of ``encoder(_:)``.
    package static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return decoder
    }

    /// Writes a value at once.
    package static func write(_ value: some Encodable, to url: URL) throws(FileError) {
        let data: Data
        do {
            data = try encoder(.prettyPrinted).encode(value)
        } catch {
            throw FileError(
                path: url.path, reason: "cannot be made: \(SystemError.reason(of: error))")
        }
        try AtomicFile.write(data + Data("\n".utf8), to: url)
    }

    /// Reads a value from a file, which must be of a version of its format where one is given.
    package static func read<Value: Decodable>(
        _ type: Value.Type, from url: URL, version: Int? = nil
    ) throws(FileError) -> Value {
        try decode(type, FileReading.data(url), path: url.path, version: version)
    }

    /// The version of its format that a file says; nil where it says none.
    package static func version(of data: Data) -> Int? {
        (try? decoder().decode(VersionOnly.self, from: data))?.formatVersion
    }

    /// Decodes a file's bytes.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, _ data: Data, path: String, version: Int? = nil
    ) throws(FileError) -> Value {
        if let version, let found = self.version(of: data), found != version {
            throw FileError(
                path: path,
                reason:
                    "format \(found), but this version of Isthmus reads \(version); use the one "
                    + "that wrote it, or make it anew")
        }
        do {
            return try decoder().decode(type, from: data)
        } catch {
            let reason =
                (error as? DecodingError).map { words($0, type, data) } ?? "not valid JSON"
            throw FileError(path: path, reason: reason)
        }
    }

    // MARK: Words

    private static func words<Value: Decodable>(
        _ error: DecodingError, _ type: Value.Type, _ data: Data
    ) -> String {
        if case .dataCorrupted(let context) = error, isNumber(context),
            let place = misfit(type, data)
        {
            return place
        }
        return error.words
    }

    /// Whether the decoder may say that some number does not fit: it says so without the place, and on some systems in the
    /// words for a text that is no JSON at all.
    private static func isNumber(_ context: DecodingError.Context) -> Bool {
        context.codingPath.isEmpty
            && (context.debugDescription.hasSuffix(".")
                || context.debugDescription.contains("umber"))
    }

    /// The number without which the rest decodes, or fails elsewhere.
    private static func misfit<Value: Decodable>(_ type: Value.Type, _ data: Data) -> String? {
        guard let whole = try? JSONSerialization.jsonObject(with: data) else { return nil }
        for (path, number) in suspects(in: whole, at: []).prefix(64) {
            guard
                let mended = try? JSONSerialization.data(
                    withJSONObject: replaced(whole, at: path[...], by: 1))
            else { continue }
            do {
                _ = try decoder().decode(type, from: mended)
            } catch {
                guard case DecodingError.dataCorrupted(let context) = error, isNumber(context)
                else { return said(path, number) }
                continue
            }
            return said(path, number)
        }
        return nil
    }

    private static func said(_ path: [String], _ number: NSNumber) -> String {
        "\(path.joined(separator: ".")): expected a number that fits, got \(number)"
    }

    /// Numbers that are no small whole ones, with where they stand.
    private static func suspects(
        in value: Any, at path: [String]
    ) -> [(path: [String], number: NSNumber)] {
        switch value {
        case let object as [String: Any]:
            return object.sorted { $0.key < $1.key }
                .flatMap { suspects(in: $0.value, at: path + [$0.key]) }
        case let list as [Any]:
            return list.enumerated().flatMap {
                suspects(in: $0.element, at: path + ["\($0.offset)"])
            }
        case let number as NSNumber:
            let value = number.doubleValue
            let isSmall = value.rounded() == value && value >= 0 && value < 1e9
            return isSmall ? [] : [(path, number)]
        default: return []
        }
    }

    private static func replaced(_ value: Any, at path: ArraySlice<String>, by other: Any) -> Any {
        guard let key = path.first else { return other }
        if var object = value as? [String: Any], let inner = object[key] {
            object[key] = replaced(inner, at: path.dropFirst(), by: other)
            return object
        }
        if var list = value as? [Any], let index = Int(key), list.indices.contains(index) {
            list[index] = replaced(list[index], at: path.dropFirst(), by: other)
            return list
        }
        return value
    }
}

extension DecodingError {
    /// What is wrong and where, without the names of types and Foundation's words.
    package var words: String {
        switch self {
        case .keyNotFound(let key, let context):
            return "\((context.codingPath + [key]).joined): missing"
        case .valueNotFound(let type, let context):
            return "\(context.codingPath.joined): expected \(Self.kind(of: type)), got nothing"
        case .typeMismatch(let type, let context):
            let place = context.codingPath.isEmpty ? "" : "\(context.codingPath.joined): "
            return place + "expected \(Self.kind(of: type))"
        case .dataCorrupted(let context):
            let place = context.codingPath.joined
            guard !context.codingPath.isEmpty else {
                return Self.isOurs(context) ? context.debugDescription : "not valid JSON"
            }
            return "\(place): "
                + (Self.isOurs(context) ? context.debugDescription : "not a value that fits")
        @unknown default: return "not as it should be"
        }
    }

    /// The words of Foundation's own checks end with a full stop, and its own errors stand below them.
    private static func isOurs(_ context: DecodingError.Context) -> Bool {
        context.underlyingError == nil && !context.debugDescription.hasSuffix(".")
            && !context.debugDescription.contains("Cannot initialize")
    }

    private static func kind(of type: Any.Type) -> String {
        switch type {
        case is any UnsignedInteger.Type: "a whole number from 0"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
        }
    }
}

extension [any CodingKey] {
    /// The keys joined by dots.
    package var joined: String {
        map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
