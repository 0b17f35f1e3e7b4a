extension String {
    /// The columns that the text takes on a terminal.
    package var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

    /// The text where it has at most so many columns, else its beginning and an ellipsis.
    package func cut(toWidth width: Int) -> String {
        guard displayWidth > width else { return self }
        guard width > 0 else { return "" }
        var text = ""
        var used = 1
        for character in self {
            used += character.displayWidth
            guard used <= width else { break }
            text.append(character)
        }
        return text + "…"
    }
}

extension Character {
    /// Two for what East Asian scripts and pictures take, none for marks above others, else one.
    package var displayWidth: Int {
        var width = 0
        var marks = 0
        for scalar in unicodeScalars {
            // The selector asks for the picture of what is otherwise a sign.
            if scalar == "\u{FE0F}" { return 2 }
            if scalar.properties.generalCategory == .spacingMark {
                marks += 1
            } else {
                width = max(width, Self.width(of: scalar))
            }
        }
        return width + marks
    }

    private static func width(of scalar: Unicode.Scalar) -> Int {
        // ASCII is most of what is shown.
        if (0x20..<0x7F).contains(scalar.value) { return 1 }
        switch scalar.properties.generalCategory {
        case .format, .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        let isPicture = scalar.value > 0xFF && scalar.properties.isEmojiPresentation
        return isPicture || isWide(scalar.value) ? 2 : 1
    }

    /// The blocks that Unicode's annex 11 calls wide or fullwidth.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF,
            0x1AFF0...0x1B2FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
