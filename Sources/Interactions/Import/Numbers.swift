internal import Files
import Foundation

/// Numbers and times read from bytes without making strings of them.
enum Numbers {
    private static let powers: [Double] = (0...18).map { pow(10, Double($0)) }

    /// A whole number without sign; nil when there is anything but 1 to 19 digits, or over 2^63 - 1.
    @inline(__always)
    static func natural(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count > 0, bytes.count <= 19 else { return nil }
        var value: UInt64 = 0
        for index in 0..<bytes.count {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        return Int64(exactly: value)
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

    /// ISO 8601 in ticks since 1970: a date of the calendar, and after `T` or a space a time of day, with seconds,
    /// a fraction, and `Z`, `UTC` or an offset if any; nil for anything else, and where a zone is needed for one without.
    static func isoTicks(_ bytes: UnsafeRawBufferPointer, needsZone: Bool = false) -> Int64? {
        var text = ISOText(bytes: bytes)
        guard let year = text.digits(4), text.skip("-"), let month = text.digits(2), text.skip("-"),
            let day = text.digits(2), (1...12).contains(month),
            day >= 1, day <= daysOfMonth(month, year: year)
        else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        if text.isAtEnd { return needsZone ? nil : days * 86_400 * Dataset.ticksPerSecond }
        guard text.skip("T") || text.skip(" "), let hour = text.digits(2), text.skip(":"),
            let minute = text.digits(2), hour <= 24, minute < 60
        else { return nil }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if text.skip(":") {
            // A leap second is the first one of the next minute.
            guard let given = text.digits(2), given <= 60 else { return nil }
            second = given
            if text.skip(".") || text.skip(",") {
                guard let given = text.fraction() else { return nil }
                fraction = given
            }
        }
        guard hour < 24 || (minute == 0 && second == 0 && fraction == 0),
            !(needsZone && text.isAtEnd), let offset = text.offset(), text.isAtEnd
        else { return nil }
        let seconds = days * 86_400 + hour * 3600 + (minute - offset) * 60 + second
        return seconds * Dataset.ticksPerSecond + fraction
    }

    private static func daysOfMonth(_ month: Int64, year: Int64) -> Int64 {
        guard month == 2 else { return [4, 6, 9, 11].contains(month) ? 30 : 31 }
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    }

    /// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that the leap
    /// day is the last one.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }

    /// A field without the spaces and tabs at its ends, which belong to no number and no time.
    static func withoutSpaces(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// A field as it stands in an error message: cut, and without what a terminal would obey.
    static func quoted(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix(164), as: UTF8.self).quoted
    }
}

/// What is left of an ISO 8601 text.
private struct ISOText {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    /// The next `count` digits.
    mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        let digits = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        position += count
        return Numbers.natural(digits)
    }

    /// Passes over a character where it comes next.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    /// Digits behind a second's point, in ticks; nil when there is none.
    mutating func fraction() -> Int64? {
        var scale = Dataset.ticksPerSecond
        var ticks: Int64 = 0
        let start = position
        while position < bytes.count, bytes[position] &- 0x30 < 10 {
            scale /= 10
            ticks += Int64(bytes[position] &- 0x30) * scale
            position += 1
        }
        return position > start ? ticks : nil
    }

    /// The minutes that the text's clock is before UTC: 0 for `Z`, `UTC` and nothing.
    mutating func offset() -> Int64? {
        if isAtEnd || skip("Z") { return 0 }
        _ = skip(" ")
        if skip("U") { return skip("T") && skip("C") ? 0 : nil }
        let isWest = skip("-")
        guard isWest || skip("+"), let hour = digits(2), hour <= 18 else { return nil }
        let hasColon = skip(":")
        guard !isAtEnd else { return hasColon ? nil : (isWest ? -hour : hour) * 60 }
        guard let minute = digits(2), minute < 60 else { return nil }
        return (isWest ? -1 : 1) * (hour * 60 + minute)
    }
}
