/// How the times of a file are written.
public enum TimeFormat: String, Sendable, CaseIterable {
    /// Seconds since 1970, with a fraction if any.
    case seconds
    /// Milliseconds since 1970.
    case milliseconds
    /// Microseconds since 1970.
    case microseconds
    /// Nanoseconds since 1970; what is below a microsecond is cut off.
    case nanoseconds
    /// `2014-07-23`, `2014-07-23T10:11:12`, with a fraction and with `Z` or an offset if any; without one it is UTC.
    case iso8601
    /// That of the file's first time: ISO 8601 where there is a dash after the year, else a number in the unit in
    /// which it lies between 1973 and 2099 (smaller numbers are seconds). A later time that is written
    /// otherwise is malformed, so that units are never mixed.
    case automatic

    /// The words for it in messages.
    var words: String { self == .iso8601 ? "ISO 8601" : rawValue }

    /// The units of numbers, and for each how many make up a second.
    static let units: [(format: TimeFormat, perSecond: Int64)] = [
        (.seconds, 1), (.milliseconds, 1000), (.microseconds, 1_000_000),
        (.nanoseconds, 1_000_000_000),
    ]

    /// The unit in which a number of this size is taken for a time.
    fileprivate static func unit(of number: Int64) -> TimeFormat {
        units.last { number >= firstNumber(of: $0.perSecond) }?.format ?? .seconds
    }

    /// The smallest number that is taken for this unit: 1973 in milliseconds and less, 0 in seconds.
    fileprivate static func firstNumber(of perSecond: Int64) -> Int64 {
        perSecond == 1 ? 0 : 100_000_000 * perSecond
    }
}

/// Reads the times of one file, all in one form.
struct TimeReader {
    /// 1990-01-01: earlier than any log of events on the web.
    static let firstLogged: Int64 = 631_152_000
    /// The latest second that is believed, the end of the year 2099.
    static let latestSecond: Int64 = 4_102_444_799
    private static let forms =
        "a time is a number since 1970, or like 2014-07-23 or 2014-07-23T10:11:12Z"

    /// The form of the file's times; automatic until there was one.
    private(set) var format: TimeFormat
    private let isGiven: Bool
    /// The time that decided.
    private var first = ""
    // A number from `lowest` to `highest` needs no second look; ticks are number × factor / divisor.
    private var lowest: Int64 = 0
    private var highest: Int64 = -1
    private var factor: Int64 = 1
    private var divisor: Int64 = 1

    init(_ format: TimeFormat) {
        self.format = .automatic
        isGiven = format != .automatic
        if isGiven { use(format) }
    }

    /// A time in ticks since 1970.
    @inline(__always)
    mutating func ticks(_ bytes: UnsafeRawBufferPointer) throws(LineProblem) -> Int64 {
        if let number = Numbers.natural(bytes), number >= lowest, number <= highest {
            return number &* factor / divisor
        }
        return try otherTicks(bytes)
    }

    private mutating func use(_ format: TimeFormat) {
        self.format = format
        guard let unit = TimeFormat.units.first(where: { $0.format == format }) else { return }
        lowest = isGiven ? 0 : TimeFormat.firstNumber(of: unit.perSecond)
        highest = Self.latestSecond * unit.perSecond + (unit.perSecond - 1)
        factor = max(Dataset.ticksPerSecond / unit.perSecond, 1)
        divisor = max(unit.perSecond / Dataset.ticksPerSecond, 1)
    }

    /// The first time of a file, a text, a fraction, or a number that is out of range.
    private mutating func otherTicks(_ field: UnsafeRawBufferPointer) throws(LineProblem) -> Int64 {
        let bytes = Numbers.withoutSpaces(field)
        let isDated = bytes.count > 4 && bytes[4] == UInt8(ascii: "-")
        let number = isDated ? nil : DecimalNumber(bytes)
        if format == .automatic {
            guard isDated || number != nil else { throw Self.notATime(bytes) }
            // Zero is the same in all units, and stands for "unknown" in many files.
            if let number, number.isZero { return 0 }
            if isDated, Numbers.isoTicks(bytes) == nil { throw Self.notATime(bytes) }
            try checkNoDate(bytes)
            first = Numbers.quoted(bytes)
            use(isDated ? .iso8601 : TimeFormat.unit(of: number?.whole ?? 0))
        }
        if format == .iso8601 {
            if !isGiven, number?.isZero == true { return 0 }
            guard let ticks = Numbers.isoTicks(bytes) else {
                if number != nil, !isGiven { throw otherForm(bytes, "a number") }
                throw Self.notATime(bytes)
            }
            return try Self.believed(ticks, bytes)
        }
        guard let number else {
            if isDated, !isGiven { throw otherForm(bytes, "a date") }
            throw Self.notATime(bytes)
        }
        if number.isZero { return 0 }
        guard !number.isNegative else { throw Self.outOfRange(bytes) }
        let own = TimeFormat.unit(of: number.whole)
        guard number.whole / 1_000_000_000 <= Self.latestSecond else {
            throw Self.outOfRange(bytes)
        }
        if !isGiven, own != format { throw otherForm(bytes, "in \(own.words)") }
        guard number.whole <= highest else { throw Self.outOfRange(bytes) }
        return number.whole &* factor / divisor + number.millionths &* factor / 1_000_000 / divisor
    }

    /// Throws for `20140723`, which as seconds would be a day of August 1970.
    private func checkNoDate(_ bytes: UnsafeRawBufferPointer) throws(LineProblem) {
        guard bytes.count == 8, let number = Numbers.natural(bytes),
            (1970...2099).contains(number / 10_000), (1...12).contains(number / 100 % 100),
            (1...31).contains(number % 100)
        else { return }
        throw LineProblem(
            reason: "\(Numbers.quoted(bytes)) looks like a date without dashes; write it with "
                + "dashes, or give the time format seconds if it is a number of seconds")
    }

    private func otherForm(_ bytes: UnsafeRawBufferPointer, _ got: String) -> LineProblem {
        LineProblem(
            reason: "the time \(Numbers.quoted(bytes)) is \(got), while the file's times before it "
                + "are in \(format.words), such as \(first); one file has one form of times, which "
                + "--time-format names")
    }

    private static func notATime(_ bytes: UnsafeRawBufferPointer) -> LineProblem {
        LineProblem(reason: "expected a time, got \(Numbers.quoted(bytes)); \(forms)")
    }

    private static func outOfRange(_ bytes: UnsafeRawBufferPointer) -> LineProblem {
        LineProblem(
            reason: "expected a time between 1970 and 2099, got \(Numbers.quoted(bytes))")
    }

    private static func believed(_ ticks: Int64, _ bytes: UnsafeRawBufferPointer)
        throws(LineProblem) -> Int64
    {
        guard ticks >= 0, ticks / Dataset.ticksPerSecond <= latestSecond else {
            throw outOfRange(bytes)
        }
        return ticks
    }
}

/// A decimal number as its whole part and six digits behind the point, the rest cut off.
private struct DecimalNumber {
    private(set) var whole: Int64 = 0
    private(set) var millionths: Int64 = 0
    private(set) var isNegative = false
    private var hasOtherDigits = false

    /// Whether the number is 0.
    var isZero: Bool { whole == 0 && millionths == 0 && !hasOtherDigits }

    init?(_ field: UnsafeRawBufferPointer) {
        let bytes = Numbers.withoutSpaces(field)
        var position = 0
        let end = bytes.count
        let start = position
        if position < end,
            bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+")
        {
            isNegative = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        var digits = 0
        var scale: Int64 = 0
        while position < end {
            let byte = bytes[position]
            if byte == UInt8(ascii: "."), scale == 0 {
                scale = 100_000
            } else if byte &- 0x30 < 10 {
                append(Int64(byte &- 0x30), scale: scale)
                digits += 1
                // From the seventh digit on the scale is 0 but not that of the whole part.
                if scale > 0 { scale = scale == 1 ? -1 : scale / 10 }
            } else if digits > 0, byte | 0x20 == UInt8(ascii: "e") {
                guard
                    let value = Numbers.decimal(
                        UnsafeRawBufferPointer(rebasing: bytes[start..<end])),
                    value.isFinite
                else { return nil }
                take(value)
                return
            } else {
                return nil
            }
            position += 1
        }
        guard digits > 0 else { return nil }
    }

    /// A number with an exponent.
    private mutating func take(_ value: Double) {
        isNegative = value < 0
        let magnitude = abs(value)
        whole = magnitude < 9.2e18 ? Int64(magnitude) : .max
        millionths = magnitude < 9e9 ? Int64((magnitude - magnitude.rounded(.down)) * 1e6) : 0
        hasOtherDigits = magnitude > 0
    }

    private mutating func append(_ digit: Int64, scale: Int64) {
        if scale == 0 {
            let (product, tooLarge) = whole.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(digit)
            whole = tooLarge || overflow || whole == .max ? .max : sum
        } else if scale > 0 {
            millionths += digit * scale
        } else {
            hasOtherDigits = hasOtherDigits || digit > 0
        }
    }
}
