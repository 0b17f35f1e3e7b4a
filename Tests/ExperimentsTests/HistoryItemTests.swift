import Experiments
import Interactions
import Testing

/// Histories typed in: `domain:item,domain:item`, by code points.
struct HistoryItemTests {
    @Test(arguments: [
        ("a:b", [["a", "b"]]), ("a:b,c:d", [["a", "b"], ["c", "d"]]), ("a:b:c", [["a", "b:c"]]),
        ("a:x\\,y", [["a", "x,y"]]), ("a\\:b:c", [["a:b", "c"]]), ("a:\\\\", [["a", "\\"]]),
        ("a:\\x", [["a", "\\x"]]), ("a:b\\", [["a", "b\\"]]), ("a: 7 ", [["a", " 7 "]]),
        ("a:\"q\"", [["a", "\"q\""]]), ("a:one\ntwo", [["a", "one\ntwo"]]),
        ("\u{301}a:\u{301}b,\u{301}:c", [["\u{301}a", "\u{301}b"], ["\u{301}", "c"]]),
        ("a:x\\,\u{301}", [["a", "x,\u{301}"]]),
        ("a:\u{200D},b:c", [["a", "\u{200D}"], ["b", "c"]]),
        ("film:1,film2:1", [["film", "1"], ["film2", "1"]]),
    ])
    func historyIsRead(_ text: String, _ events: [[String]]) throws {
        let items = try HistoryItem.list(parsing: text)
        #expect(
            items.map { [Array($0.domain.utf8), Array($0.item.utf8)] }
                == events.map { $0.map { Array($0.utf8) } })
    }

    @Test(arguments: [
        ("", 1, ""), ("a", 1, "a"), ("a:", 1, "a:"), (":b", 1, ":b"), ("a:b,", 2, ""),
        (",a:b", 1, ""), ("a:b,c,d:e", 2, "c"), ("a\\:b", 1, "a:b"),
    ])
    func otherTextIsRefused(_ text: String, _ event: Int, _ part: String) {
        let error = #expect(throws: HistoryError.self) { try HistoryItem.list(parsing: text) }
        #expect(error?.event == event && error?.text == part)
        #expect(error?.description.contains("expected domain:item") == true)
    }

    /// Whatever names are made of, what is written with escapes is read back.
    @Test func escapedNamesComeBack() throws {
        let scalars = Array("ab,:\\\" \n\t\u{301}\u{200D}é日🎬\u{FE0F}'=|".unicodeScalars)
        var random = RandomStream(seed: 1, name: "names")
        func name() -> String {
            var view = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                view.append(scalars.randomElement(using: &random) ?? "a")
            }
            return String(view)
        }
        func escaped(_ text: String) -> String {
            var view = String.UnicodeScalarView()
            for scalar in text.unicodeScalars {
                if ",:\\".unicodeScalars.contains(scalar) { view.append("\\") }
                view.append(scalar)
            }
            return String(view)
        }
        for _ in 0..<2000 {
            let events = (0..<Int.random(in: 1...4, using: &random)).map { _ in [name(), name()] }
            let text = events.map { $0.map(escaped).joined(separator: ":") }.joined(separator: ",")
            let items = try HistoryItem.list(parsing: text)
            #expect(
                items.map { [Array($0.domain.utf8), Array($0.item.utf8)] }
                    == events.map { $0.map { Array($0.utf8) } }, "\(text)")
        }
    }
}
