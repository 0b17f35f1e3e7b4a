extension String {
    /// The text as it stands in a message: in quotes, cut, and without what a terminal would obey.
    package var quoted: String {
        let shown = unicodeScalars.prefix(40).map {
            [.control, .format].contains($0.properties.generalCategory) || $0 == "\u{FFFD}"
                ? "\\u{\(String($0.value, radix: 16))}" : String($0)
        }
        return "\"\(shown.joined())\(unicodeScalars.count > 40 ? "…" : "")\""
    }
}
