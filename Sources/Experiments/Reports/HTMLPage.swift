internal import Foundation

/// A page for people: one HTML file without anything outside it.
struct HTMLPage {
    let title: String
    let body: [String]

    func write(to url: URL) throws {
        try RunFile.write(Data(text.utf8), to: url)
    }

    private var text: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(Self.escape(title))</title>
        <style>
        :root { color-scheme: light dark; --line: #ccc; --block: #f4f4f4; }
        @media (prefers-color-scheme: dark) { :root { --line: #444; --block: #222; } }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em; }
        table { border-collapse: collapse; margin: 1em 0; display: block; overflow-x: auto; }
        td, th { border: 1px solid var(--line); white-space: nowrap; padding: .2em .7em; text-align: right; }
        td:first-child, th:first-child { text-align: left; }
        svg { max-width: 100%; height: auto; }
        svg text { fill: currentColor; }
        svg line[stroke="#ddd"] { stroke: var(--line); }
        pre { background: var(--block); padding: 1em; overflow-x: auto; }
        </style></head><body>
        <h1>\(Self.escape(title))</h1>
        \(body.filter { !$0.isEmpty }.joined(separator: "\n"))
        </body></html>

        """
    }

    static func heading(_ text: String) -> String { "<h2>\(escape(text))</h2>" }

    static func table(_ columns: [String], _ rows: [[String]]) -> String {
        let header = columns.map { "<th>\(escape($0))</th>" }.joined()
        let lines = rows.map { row in
            "<tr>\(row.map { "<td>\(escape($0))</td>" }.joined())</tr>"
        }
        return "<table>\(columns.isEmpty ? "" : "<tr>\(header)</tr>")\(lines.joined())</table>"
    }

    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
