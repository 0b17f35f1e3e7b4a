import RankingMetrics
import Testing

/// How many columns text takes on a terminal.
struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("日本語", 6), ("한국", 4), ("e\u{301}", 1), ("\u{301}", 0),
        ("🎬", 2), ("👩‍👩‍👧", 2), ("🇯🇵", 2), ("☀\u{FE0F}", 2), ("☀", 1), ("ＡＢ", 4), ("–…é", 3),
        ("कि", 2), ("a\u{200B}b", 2), ("«ß»", 3), ("界a", 3),
    ])
    func widthOfText(_ text: String, _ width: Int) {
        #expect(text.displayWidth == width, "\(text)")
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 1, "…"), ("abc", 0, ""),
        ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本", 2, "…"),
        ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
    ])
    func textIsCut(_ text: String, _ width: Int, _ cut: String) {
        #expect(text.cut(toWidth: width) == cut)
    }

    @Test func columnsOfWideTextStandBelowEachOther() {
        var table = TextTable(["name", "value"])
        table.append(["日本", "1.5"])
        table.append(["book", "2.5"])
        #expect(table.rendered(as: .plain) == "name  value\n----  -----\n日本    1.5\nbook    2.5\n")
    }
}
