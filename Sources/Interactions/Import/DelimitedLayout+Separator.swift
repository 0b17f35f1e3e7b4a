extension DelimitedLayout {
    /// What may stand between fields: the byte, its name for `--delimiter`, and many of them in words.
    private static let separators: [(character: Character, name: String, words: String)] = [
        ("\t", "tab", "tabs"), (",", "comma", "commas"), (";", "semicolon", "semicolons"),
        ("|", "pipe", "vertical bars"), (" ", "space", "spaces"),
    ]

    /// The error of a column that is not there, or, where another separator gives the columns that are wanted, that it
    /// stands between the fields.
    func explained(
        _ error: ImportError, wanted: [DelimitedFormat.ColumnReference], firstLine: [String],
        path: String
    ) -> ImportError {
        guard case .unknownColumn = error else { return error }
        let own = String(
            repeating: Character(UnicodeScalar(delimiter)), count: delimiterWidth)
        let line = firstLine.joined(separator: own)
        let other = Self.separators.first { separator in
            String(separator.character) != own
                && isSplit(line, by: separator.character, into: wanted, from: firstLine.count)
        }
        guard let other else { return error }
        let expected =
            Self.separators.first { String($0.character) == own }?.words ?? "\"\(own)\""
        let advice =
            if takesDelimiter {
                "give --delimiter \(other.name)"
            } else {
                "this format has \(expected)"
            }
        return .malformed(
            path: path, line: 1,
            reason: "fields are separated by \(other.words), not by \(expected); \(advice)")
    }

    /// Whether a separator cuts a first line into what is wanted; numbers of columns alone say so only of a line that was
    /// one field before.
    private func isSplit(
        _ line: String, by separator: Character, into wanted: [DelimitedFormat.ColumnReference],
        from fieldCount: Int
    ) -> Bool {
        let fields = line.split(separator: separator, omittingEmptySubsequences: false).map {
            field in
            let plain = String(field).trimmingSpaces.filter { $0 != "\"" }
            return hasTypedHeader ? String(plain.prefix { $0 != ":" }) : plain
        }
        let hasNames = wanted.contains { if case .name = $0 { true } else { false } }
        guard fields.count > 1, hasNames || fieldCount == 1 else { return false }
        return wanted.allSatisfy { column in
            switch column {
            case .name(let name): fields.contains(name)
            case .number(let number): (1...fields.count).contains(number)
            }
        }
    }
}
