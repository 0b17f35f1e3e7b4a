import Foundation

/// Numbers and times read from bytes without making strings of them.
enum Numbers {
    /// The latest second that is believed, the end of the year 2099.
    static let latestSecond: Int64 = 4_102_444_799
    private static let powers: [Double] = (0...18).map { pow(10, Double($0)) }

    /// A whole number without sign; nil when there is anything but 1 to 18 digits.
    @inline(__always)
    static func natural(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count > 0, bytes.count <= 18 else { return nil }
        var value: Int64 = 0
        for index in 0..<bytes.count {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int64(digit)
        }
        return value
    }

    /// A decimal number with an optional sign, fraction and exponent; nil when it is none.
    ///
    /// Up to 15 digits are exact without the C library: both the digits and the power of ten are
    /// exact doubles, so that their quotient is rounded once.
    static func decimal(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var mantissa: Int64 = 0
        var fraction = 0
        var digits = 0
        var hasPoint = false
        for index in 0..<bytes.count {
            let byte = bytes[index]
            let digit = byte &- 0x30
            if digit < 10 {
                mantissa = mantissa &* 10 &+ Int64(digit)
                digits += 1
                fraction += hasPoint ? 1 : 0
                guard digits <= 15 else { return general(bytes) }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                return general(bytes)
            }
        }
        guard digits > 0 else { return nil }
        return fraction == 0 ? Double(mantissa) : Double(mantissa) / powers[fraction]
    }

    private static func general(_ bytes: UnsafeRawBufferPointer) -> Double? {
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
        // Hexadecimal digits are no way to write a rating, though Double reads them.
        guard !text.lowercased().contains("x") else { return nil }
        return Double(text)
    }

    /// A price such as `12.99`, `$12.99` or `1,299.00`; nil for anything else, which is unknown then.
    static func price(_ text: String) -> Double? {
        let digits = text.filter { $0 != "," && $0 != "$" && $0 != " " }
        let value = ByteOrder.withBytes(of: digits) { decimal($0) }
        return value.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }

    /// A time in milliseconds since 1970.
    static func milliseconds(
        _ bytes: UnsafeRawBufferPointer, _ format: DelimitedFormat.TimeFormat
    ) throws(LineProblem) -> Int64 {
        switch format {
        case .iso8601: return try believed(isoMilliseconds(bytes), bytes)
        case .seconds: return try believed(number(bytes, scale: 1000), bytes)
        case .milliseconds: return try believed(number(bytes, scale: 1), bytes)
        case .automatic:
            if bytes.count > 4, bytes[4] == UInt8(ascii: "-") {
                return try believed(isoMilliseconds(bytes), bytes)
            }
            let asMilliseconds = number(bytes, scale: 1)
            if let value = asMilliseconds, value >= 100_000_000_000 {
                return try believed(value, bytes)
            }
            return try believed(number(bytes, scale: 1000), bytes)
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, scale: Int64) -> Int64? {
        if let natural = natural(bytes) {
            let scaled = natural.multipliedReportingOverflow(by: scale)
            return scaled.overflow ? Int64.max : scaled.partialValue
        }
        guard let decimal = decimal(bytes), decimal.isFinite else { return nil }
        let scaled = decimal * Double(scale)
        return abs(scaled) < 9e18 ? Int64(scaled.rounded(.down)) : (scaled < 0 ? .min : .max)
    }

    private static func believed(_ value: Int64?, _ bytes: UnsafeRawBufferPointer)
        throws(LineProblem) -> Int64
    {
        guard let value else {
            throw LineProblem(reason: "expected a time, got \(quoted(bytes))")
        }
        guard value >= 0, value / 1000 <= latestSecond else {
            throw LineProblem(
                reason: "expected a time between 1970 and 2099, got \(quoted(bytes))")
        }
        return value
    }

    /// ISO 8601: a date, and after `T` or a space a time with seconds, fraction and offset if any.
    static func isoMilliseconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        func digits(_ position: Int, _ count: Int) -> Int64? {
            guard position + count <= bytes.count else { return nil }
            return natural(UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
        }
        func has(_ character: Unicode.Scalar, at position: Int) -> Bool {
            position < bytes.count && bytes[position] == UInt8(ascii: character)
        }
        guard let year = digits(0, 4), has("-", at: 4), let month = digits(5, 2), has("-", at: 7),
            let day = digits(8, 2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var value = daysSince1970(year: year, month: month, day: day) * 86_400_000
        guard bytes.count > 10 else { return value }
        guard has("T", at: 10) || has(" ", at: 10), let hour = digits(11, 2), hour < 25,
            has(":", at: 13), let minute = digits(14, 2), minute < 60
        else { return nil }
        value += (hour * 60 + minute) * 60_000
        var position = 16
        if has(":", at: position) {
            guard let second = digits(position + 1, 2), second < 61 else { return nil }
            value += second * 1000
            position += 3
            if has(".", at: position) {
                position += 1
                var scale: Int64 = 100
                while position < bytes.count, let digit = digits(position, 1) {
                    value += digit * scale
                    scale /= 10
                    position += 1
                }
            }
        }
        guard position < bytes.count else { return value }
        if has("Z", at: position), position + 1 == bytes.count { return value }
        let sign: Int64 = has("-", at: position) ? -1 : 1
        guard has("-", at: position) || has("+", at: position),
            let offsetHour = digits(position + 1, 2)
        else { return nil }
        let minutes = has(":", at: position + 3) ? position + 4 : position + 3
        let offsetMinute = minutes < bytes.count ? digits(minutes, 2) : 0
        guard let offsetMinute,
            max(minutes + 2, position + 3) == bytes.count
                || minutes == bytes.count
        else { return nil }
        return value - sign * (offsetHour * 60 + offsetMinute) * 60_000
    }

    /// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that the leap
    /// day is the last one.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    /// A field as it stands in an error message.
    static func quoted(_ bytes: UnsafeRawBufferPointer) -> String {
        let shown = bytes.prefix(40)
        return "\"\(String(decoding: shown, as: UTF8.self))\(bytes.count > 40 ? "…" : "")\""
    }
}
