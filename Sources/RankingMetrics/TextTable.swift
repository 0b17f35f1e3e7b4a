import Foundation

/// A table of text for terminals, documents and other programs.
public struct TextTable: Sendable, Equatable {
    /// The side of a column on which its cells stand.
    public enum Alignment: Sendable {
        /// Cells start at the column's left edge.
        case left

        /// Cells end at the column's right edge.
        case right

        /// Right where every cell that is not missing is a number, else left.
        case automatic
    }

    /// The forms in which a table can be written.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// Columns padded with spaces, a rule below the titles.
        case plain

        /// A pipe table.
        case markdown

        /// Comma-separated values as in RFC 4180.
        case csv
    }

    /// A column's title and alignment.
    public struct Column: Sendable, Equatable {
        /// The text at the head of the column.
        public let title: String

        /// The side on which cells stand.
        public let alignment: Alignment

        /// Creates a column.
        public init(_ title: String, alignment: Alignment = .automatic) {
            self.title = title
            self.alignment = alignment
        }
    }

    /// The columns from left to right.
    public let columns: [Column]

    /// The rows from top to bottom, each with a cell per column.
    public private(set) var rows: [[String]] = []

    /// What stands for a value that is missing.
    public static let missing = "–"

    /// Creates a table without rows.
    public init(columns: [Column]) {
        self.columns = columns
    }

    /// Creates a table without rows, whose columns align their cells by what these hold.
    public init(_ titles: [String]) {
        self.init(columns: titles.map { Column($0) })
    }

    /// Adds a row with a cell per column.
    public mutating func append(_ row: [String]) {
        precondition(
            row.count == columns.count,
            "TextTable.append: expected \(columns.count) cells, got \(row.count)")
        rows.append(row)
    }

    /// A number with a fixed count of decimals; the sign for missing where there is none.
    public static func number(_ value: Double?, digits: Int = 4) -> String {
        guard let value, value.isFinite else { return missing }
        return String(format: "%.\(digits)f", value)
    }

    /// The table in one of the forms, with a line feed at the end.
    public func rendered(as format: Format) -> String {
        switch format {
        case .plain: plain()
        case .markdown: markdown()
        case .csv: ([columns.map(\.title)] + rows).map(CSV.line).joined()
        }
    }

    private func plain() -> String {
        let lines = ([columns.map(\.title)] + rows).map { $0.map(Self.singleLine) }
        let widths = widths(lines)
        let sides = sides
        var text = lines.map { line in
            padded(line, widths, sides).joined(separator: "  ").trimmingTrailingSpaces() + "\n"
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        text.insert(rule + "\n", at: 1)
        return text.joined()
    }

    private func markdown() -> String {
        let lines = ([columns.map(\.title)] + rows).map { line in
            line.map { Self.singleLine($0).escapingPipes() }
        }
        let sides = sides
        let widths = widths(lines).map { max($0, 3) }
        var text = lines.map { "| " + padded($0, widths, sides).joined(separator: " | ") + " |\n" }
        let rules = zip(widths, sides).map { width, side in
            side == .right
                ? String(repeating: "-", count: width - 1) + ":"
                : String(repeating: "-", count: width)
        }
        text.insert("| " + rules.joined(separator: " | ") + " |\n", at: 1)
        return text.joined()
    }

    /// Left or right for each column, whatever it was declared as.
    private var sides: [Alignment] {
        columns.indices.map { index in
            guard columns[index].alignment == .automatic else { return columns[index].alignment }
            let cells = rows.map { $0[index] }.filter { !$0.isEmpty && $0 != Self.missing }
            return !cells.isEmpty && cells.allSatisfy(Self.isNumber) ? .right : .left
        }
    }

    private func widths(_ lines: [[String]]) -> [Int] {
        columns.indices.map { index in lines.map { $0[index].displayWidth }.max() ?? 0 }
    }

    private func padded(_ line: [String], _ widths: [Int], _ sides: [Alignment]) -> [String] {
        line.indices.map { index in
            let padding = String(
                repeating: " ", count: widths[index] - line[index].displayWidth)
            return sides[index] == .right ? padding + line[index] : line[index] + padding
        }
    }

    /// Whether a cell reads as a number, also one with a unit of percent or a deviation.
    private static func isNumber(_ cell: String) -> Bool {
        guard let first = cell.first, first.isASCII, first.isNumber || "+-.".contains(first) else {
            return false
        }
        return cell.contains(where: \.isNumber)
            && cell.allSatisfy { ($0.isASCII && $0.isNumber) || "+-.,±% ()eE".contains($0) }
    }

    private static func singleLine(_ cell: String) -> String {
        String(cell.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    }
}

extension String {
    fileprivate func trimmingTrailingSpaces() -> String {
        guard let end = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...end])
    }

    fileprivate func escapingPipes() -> String {
        split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
