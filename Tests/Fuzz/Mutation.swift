import Foundation

/// Numbers that follow from a seed, the same everywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(count, 1))) }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}

/// What can happen to a file, by its form.
enum Form {
    /// Any bytes.
    case bytes
    /// One JSON value.
    case json
    /// A length, a JSON header, data.
    case safetensors
    /// Lines of text with fields.
    case text
}

/// Changes the bytes of a file: one to three times, blindly or by its structure.
struct Mutation {
    static let extremes = [
        "0", "-1", "1e300", "-1e300", "1e999", "NaN", "Infinity", "4611686018427387904",
        "9223372036854775807", "-9223372036854775808", "18446744073709551615", "2147483647",
        "2147483648", "-2147483649", "0.5", "1e-320", "null", "true", "\"\"", "[]", "{}",
        "\"\\u0000\"", "16777217", "1000000000", "",
    ]

    var numbers: SeededNumbers

    mutating func apply(_ original: [UInt8], form: Form) -> [UInt8] {
        var bytes = original
        for _ in 0...numbers.below(3) {
            switch form {
            case .json where numbers.below(3) > 0: bytes = json(bytes)
            case .safetensors where numbers.below(3) > 0: bytes = safetensors(bytes)
            case .text where numbers.below(3) > 0: bytes = text(bytes)
            default: bytes = blindly(bytes)
            }
        }
        return bytes
    }

    // MARK: Blindly

    private mutating func blindly(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return [UInt8](repeating: 0, count: numbers.below(64)) }
        var bytes = bytes
        let place = numbers.below(bytes.count)
        let length = min(1 + numbers.below(64), bytes.count - place)
        switch numbers.below(9) {
        case 0, 1: bytes[place] ^= UInt8(1 << numbers.below(8))
        case 2: bytes[place] = UInt8(truncatingIfNeeded: numbers.next())
        case 3: bytes.removeLast(bytes.count - place)
        case 4: bytes.removeSubrange(place..<place + length)
        case 5: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
        case 6:
            for index in place..<place + length { bytes[index] = numbers.below(2) == 0 ? 0 : 255 }
        case 7:
            let other = numbers.below(bytes.count - length + 1)
            for index in 0..<length { bytes.swapAt(place + index, other + index) }
        default: bytes = replaceNumber(bytes)
        }
        return bytes
    }

    /// Replaces the digits after some place by an extreme.
    private mutating func replaceNumber(_ bytes: [UInt8]) -> [UInt8] {
        let place = numbers.below(bytes.count)
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return bytes }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
        var bytes = bytes
        bytes.replaceSubrange(start..<end, with: numbers.pick(Self.extremes).utf8)
        return bytes
    }

    // MARK: By structure

    private mutating func text(_ bytes: [UInt8]) -> [UInt8] {
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        let place = numbers.below(lines.count)
        let separators: [UInt8] = [9, 32, 44, 58, 124]
        let separator = separators.first { lines[place].contains($0) } ?? 44
        var fields = lines[place].split(separator: separator, omittingEmptySubsequences: false)
            .map(Array.init)
        let field = numbers.below(fields.count)
        switch numbers.below(8) {
        case 0: lines.remove(at: place)
        case 1: lines.insert(lines[numbers.below(lines.count)], at: place)
        case 2: lines.swapAt(place, numbers.below(lines.count))
        case 3: fields[field] = Array(numbers.pick(Self.extremes).utf8)
        case 4: fields.swapAt(field, numbers.below(fields.count))
        case 5: fields.remove(at: field)
        case 6: fields.insert(fields[field], at: field)
        default: fields[field].insert(numbers.pick([0, 0x22, 0x0D, 0xFF, 0xCC, separator]), at: 0)
        }
        if lines.indices.contains(place), numbers.below(8) > 0 {
            lines[place] = Array(fields.joined(separator: [separator]))
        }
        return Array(lines.joined(separator: [10]))
    }

    private mutating func json(_ bytes: [UInt8]) -> [UInt8] {
        guard var value = try? JSONSerialization.jsonObject(with: Data(bytes)) else {
            return blindly(bytes)
        }
        change(&value, depth: 0)
        // A number that JSON has no form for is put in as text.
        guard JSONSerialization.isValidJSONObject(value),
            let data = try? JSONSerialization.data(withJSONObject: value, options: .prettyPrinted)
        else { return bytes }
        let mark = Array("\"\(Self.token)\"".utf8)
        var result = [UInt8](data)
        if let range = result.firstRange(of: mark) {
            result.replaceSubrange(range, with: numbers.pick(Self.extremes).utf8)
        }
        return result
    }

    private static let token = "replaced-by-an-extreme"

    private mutating func change(_ value: inout Any, depth: Int) {
        if var object = value as? [String: Any], !object.isEmpty {
            let keys = object.keys.sorted()
            let key = numbers.pick(keys)
            switch numbers.below(depth == 0 ? 10 : 6) {
            case 0: object[key] = nil
            case 1: object[key] = object[numbers.pick(keys)]
            case 2: object[key] = Self.token
            case 3: object[key + "x"] = object[key]
            default:
                if var inner = object[key] {
                    change(&inner, depth: depth + 1)
                    object[key] = inner
                }
            }
            value = object
        } else if var list = value as? [Any], !list.isEmpty {
            let place = numbers.below(list.count)
            switch numbers.below(8) {
            case 0: list.remove(at: place)
            case 1: list.insert(list[place], at: place)
            case 2: list.reverse()
            case 3: list = []
            case 4: list[place] = Self.token
            default: change(&list[place], depth: depth + 1)
            }
            value = list
        } else {
            value = Self.token
        }
    }

    private mutating func safetensors(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > 8 else { return blindly(bytes) }
        let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - 8) else { return blindly(bytes) }
        let start = 8 + Int(length)
        var header = Array(bytes[8..<start])
        var data = Array(bytes[start...])
        switch numbers.below(4) {
        case 0:
            // Numbers that are no numbers, in the middle of good ones.
            guard data.count >= 4 else { return blindly(bytes) }
            let words: [UInt32] = [0x7FC0_0000, 0x7F80_0000, 0xFF80_0000, 0x7FFF_FFFF, 0xFFFF_FFFF]
            let word = numbers.pick(words)
            let place = numbers.below(data.count / 4) * 4
            for byte in 0..<4 { data[place + byte] = UInt8(truncatingIfNeeded: word >> (8 * byte)) }
        default: header = json(header)
        }
        let count = UInt64(header.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + header + data
    }
}
