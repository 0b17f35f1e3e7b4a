import Foundation

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

    /// Four decimals.
    static func decimals(_ value: Double) -> String { String(format: "%.4f", value) }

    /// Bytes in MiB or GiB.
    static func memory(_ bytes: Int) -> String {
        let mebibytes = Double(bytes) / 1_048_576
        return mebibytes < 1024
            ? String(format: "%.0f MiB", mebibytes) : String(format: "%.1f GiB", mebibytes / 1024)
    }

    /// Seconds as `4.2 s`, `3:07` or `2:03:07`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "unknown" }
        guard seconds >= 60 else { return String(format: "%.1f s", seconds) }
        let whole = Int(seconds.rounded())
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, whole % 60)
            : String(format: "%d:%02d", minutes, whole % 60)
    }
}
