internal import Files

/// Reads the prices of an item file and counts those that are none.
struct PriceReader {
    private var unread = 0
    private var firstUnread = ""

    /// A price; nil for none, and for a text that is none, which is counted.
    mutating func price(_ text: String?) -> Double? {
        guard let text else { return nil }
        let price = Self.price(text)
        if price == nil {
            unread += 1
            if unread == 1 { firstUnread = text }
        }
        return price
    }

    /// Says what was not read of the file that the sink read last.
    func addNote(to sink: ImportSink) {
        guard unread > 0 else { return }
        sink.note(
            "prices-not-read",
            "\(counted(unread, "price")) that can be read as no number, such as \(firstUnread.quoted); unknown",
            ofSource: sink.sources.count - 1)
    }

    /// A price such as `12.99`, `$12.99`, `1,299.00`, `12,99` or `1.299,00`; nil for anything else, which is unknown then.
    ///
    /// A comma or space groups thousands where three digits follow each, and else a comma stands before the decimals.
    static func price(_ text: String) -> Double? {
        var plain = text.trimmingSpaces
        if plain.hasPrefix("$") {
            plain.removeFirst()
        } else if plain.hasSuffix("$") {
            plain.removeLast()
        }
        plain = plain.trimmingSpaces
        let isPlain = !plain.contains { $0 == "," || $0 == " " }
        guard let number = isPlain ? plain : withoutGroups(plain) else { return nil }
        let value = ByteOrder.withBytes(of: number) { Numbers.decimal($0) }
        return value.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }

    /// A number of digits and marks, with a point before its decimals and no other mark; nil where it cannot be told.
    private static func withoutGroups(_ text: String) -> String? {
        let isMark: (Character) -> Bool = { $0 == "," || $0 == "." || $0 == " " }
        let marks = text.filter(isMark)
        let parts = text.split(omittingEmptySubsequences: false, whereSeparator: isMark)
        guard let last = marks.last, let end = parts.last,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 &- 0x30 < 10 } })
        else { return nil }
        func isGrouped(_ parts: ArraySlice<Substring>, by marks: Substring) -> Bool {
            marks.isEmpty
                || (Set(marks).count == 1 && parts[0].count <= 3 && !parts[0].hasPrefix("0")
                    && parts.dropFirst().allSatisfy { $0.count == 3 })
        }
        if last != ".", isGrouped(parts[...], by: marks[...]) { return parts.joined() }
        let (whole, groups) = (parts.dropLast(), marks.dropLast())
        guard last != " ", !groups.contains(last), isGrouped(whole, by: groups) else { return nil }
        return whole.joined() + "." + end
    }
}
