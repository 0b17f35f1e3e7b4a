internal import Foundation

/// Compares external ids by their UTF-8 bytes, the order that is the same in every locale and tool.
///
/// `String.<` compares by Unicode normal form, under which two different ids can be equal.
enum ByteOrder {
    /// Negative, zero or positive as `left` comes before, is equal to, or comes after `right`.
    static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        guard let first = left.baseAddress, let second = right.baseAddress else {
            return left.count - right.count
        }
        let difference = memcmp(first, second, min(left.count, right.count))
        return difference != 0 ? Int(difference) : left.count - right.count
    }

    /// The same for two strings.
    static func compare(_ left: String, _ right: String) -> Int {
        withBytes(of: left) { first in withBytes(of: right) { compare(first, $0) } }
    }

    /// Calls `body` with the string's UTF-8 bytes.
    static func withBytes<Result>(
        of string: String, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var copy = string
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// Whether the strings stand in strictly ascending order.
    static func isAscending(_ strings: [String]) -> Bool {
        guard strings.count > 1 else { return true }
        for index in 1..<strings.count where compare(strings[index - 1], strings[index]) >= 0 {
            return false
        }
        return true
    }
}
