import Foundation
import Interactions

/// Numbers for people.
enum Number {
    /// Groups of three digits: 1,234,567.
    static func grouped(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// A grouped number with its noun: 1 row, 1,234 rows.
    static func counted(_ value: Int, _ noun: String) -> String {
        "\(grouped(value)) \(plural(noun, of: value))"
    }

    /// A rate in whole numbers, one decimal below ten.
    static func rate(_ value: Double) -> String {
        guard value < 1e15 else { return "very many" }
        return value < 10 ? String(format: "%.1f", value) : grouped(Int(value))
    }

    /// Four decimals; powers of ten where those would be a row of digits.
    static func decimals(_ value: Double) -> String {
        String(format: abs(value) < 1e6 ? "%.4f" : "%.3e", value)
    }

    /// Bytes in MiB or GiB.
    static func memory(_ bytes: Int) -> String {
        let mebibytes = Double(bytes) / 1_048_576
        return mebibytes < 1024
            ? String(format: "%.0f MiB", mebibytes) : String(format: "%.1f GiB", mebibytes / 1024)
    }

    /// Seconds as `35 ms`, `4.2 s`, `42 s`, `3 min 7 s`, `2 h 3 min` or `5 d 2 h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds < 1e12 else { return "unknown" }
        if seconds < 0.001 { return "less than 1 ms" }
        if seconds < 0.0995 { return String(format: "%.0f ms", seconds * 1000) }
        if seconds < 9.95 { return String(format: "%.1f s", seconds) }
        let whole = Int(seconds.rounded())
        let units = [
            (whole / 86400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "min"),
            (whole % 60, "s"),
        ]
        return units.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            .joined(separator: " ")
    }

    /// A duration in seconds.
    static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}
