import Testing

@testable import RankingMetrics

@Suite("Text tables")
struct TextTableTests {
    static var table: TextTable {
        var table = TextTable(["model", "HR@10", "note"])
        table.append(["π-Net", "0.1000", "a|b"])
        table.append(["SASRec", "12.5 ± 0.3", ""])
        table.append(["none", TextTable.missing, "two\nlines, \"quoted\""])
        return table
    }

    @Test func plain() {
        let expected = """
            model        HR@10  note
            ------  ----------  -------------------
            π-Net       0.1000  a|b
            SASRec  12.5 ± 0.3
            none             –  two lines, "quoted"

            """
        #expect(Self.table.rendered(as: .plain) == expected)
    }

    @Test func markdown() {
        let expected = #"""
            | model  |      HR@10 | note                |
            | ------ | ---------: | ------------------- |
            | π-Net  |     0.1000 | a\|b                |
            | SASRec | 12.5 ± 0.3 |                     |
            | none   |          – | two lines, "quoted" |

            """#
        #expect(Self.table.rendered(as: .markdown) == expected)
    }

    @Test func csv() {
        let expected = """
            model,HR@10,note
            π-Net,0.1000,a|b
            SASRec,12.5 ± 0.3,
            none,–,"two
            lines, ""quoted""\"

            """
        #expect(Self.table.rendered(as: .csv) == expected)
    }

    @Test func declaredAlignmentWins() {
        var table = TextTable(columns: [
            .init("id", alignment: .left), .init("name", alignment: .right), .init("x1"),
        ])
        table.append(["7", "ab", "x1"])
        table.append(["123", "c", "2"])
        let expected = """
            id   name  x1
            ---  ----  --
            7      ab  x1
            123     c  2

            """
        #expect(table.rendered(as: .plain) == expected)
    }

    @Test func withoutRows() {
        #expect(TextTable(["a", "bc"]).rendered(as: .plain) == "a  bc\n-  --\n")
        #expect(TextTable(["a"]).rendered(as: .markdown) == "| a   |\n| --- |\n")
        #expect(TextTable(["a", "b"]).rendered(as: .csv) == "a,b\n")
    }

    @Test func numbers() {
        #expect(TextTable.number(0.12346) == "0.1235")
        #expect(TextTable.number(2.0 / 3, digits: 2) == "0.67")
        #expect(TextTable.number(-1, digits: 0) == "-1")
        #expect(TextTable.number(nil) == "–")
        #expect(TextTable.number(.nan) == "–")
    }
}
