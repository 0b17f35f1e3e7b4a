import Foundation

/// A moment in seconds since 1970, written as such or as `2019-04-19T00:00:00Z`.
public struct TimePoint: Equatable, Sendable, Comparable, CustomStringConvertible {
    /// Seconds since 1970.
    public let seconds: Double

    /// Makes a moment from seconds since 1970.
    public init(seconds: Double) {
        self.seconds = seconds
    }

    /// Reads a date with its time of day and zone; a day alone is nil, for it begins at no stated moment.
    public init?(parsing text: String) {
        let ticks = ByteOrder.withBytes(of: text) { Numbers.isoTicks($0, needsZone: true) }
        guard let ticks else { return nil }
        self.init(ticks: ticks)
    }

    /// The moment of an event's time.
    init(ticks: Int64) {
        self.init(seconds: Double(ticks) / Double(Dataset.ticksPerSecond))
    }

    /// The time of an event at this moment; the first or last there is where it lies beyond them.
    var ticks: Int64 {
        let ticks = (seconds * Double(Dataset.ticksPerSecond)).rounded()
        if ticks >= 0x1p63 { return .max }
        return ticks < -0x1p63 ? .min : Int64(ticks)
    }

    /// Whether a moment is before another.
    public static func < (first: TimePoint, second: TimePoint) -> Bool {
        first.seconds < second.seconds
    }

    /// The seconds as they are written.
    var number: String {
        if let whole = Int64(exactly: seconds) { return String(whole) }
        return abs(seconds) < 1e15 ? String(format: "%.6f", seconds) : "\(seconds)"
    }

    /// Seconds, and the date where its year has four digits.
    public var description: String {
        guard abs(seconds) < 2e11 else { return number }
        return
            "\(number) (\(ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: seconds))))"
    }
}

extension TimePoint: Codable {
    /// Reads seconds, or a date with its time of day and zone.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let seconds = try? container.decode(Double.self), seconds.isFinite {
            self.init(seconds: seconds)
            return
        }
        let text = try? container.decode(String.self)
        guard let moment = text.flatMap(TimePoint.init(parsing:)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "expected seconds since 1970, or a date with time of day and zone as "
                    + "2019-04-19T00:00:00Z" + (text.map { ", got \($0)" } ?? ""))
        }
        self = moment
    }

    /// Writes seconds, as a whole number where they are one.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let whole = Int64(exactly: seconds) {
            try container.encode(whole)
        } else {
            try container.encode(seconds)
        }
    }
}
