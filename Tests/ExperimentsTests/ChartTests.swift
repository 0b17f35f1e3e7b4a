import Foundation
import Interactions
import Testing

@testable import Experiments

/// Pictures of reports.
@Suite struct ChartTests {
    @Test func ticksAreRoundAndInside() {
        // Air of 4 % on both sides: -4 to 104, in steps of 50 or less.
        let axis = Axis([0, 100], from: 0, to: 108)
        #expect(axis.ticks == [0, 50, 100])
        #expect(axis.ticks.map(axis.text) == ["0", "50", "100"])
        #expect(abs(axis.place(0) - 4) < 1e-9 && abs(axis.place(100) - 104) < 1e-9)
        let fine = Axis([0.1312, 0.1371], from: 0, to: 1)
        #expect(fine.ticks.map(fine.text) == ["0.132", "0.134", "0.136"])
        let large = Axis([9_651_200, 15_956_480], from: 0, to: 1)
        #expect(large.ticks.map(large.text) == ["10M", "12M", "14M", "16M"])
    }

    @Test(arguments: 0..<20) func ticksOfAnyRange(seed: Int) {
        var random = RandomStream(seed: UInt64(seed), name: "axis")
        let scale = pow(10, Double(Int.random(in: -6...9, using: &random)))
        let low = Double.random(in: -1...1, using: &random) * scale
        let axis = Axis(
            [low, low + Double.random(in: 0.01...1, using: &random) * scale], from: 5, to: 95)
        #expect((2...11).contains(axis.ticks.count))
        #expect(axis.ticks.allSatisfy { (5...95).contains(axis.place($0)) })
        #expect(Set(axis.ticks.map(axis.text)).count == axis.ticks.count)
    }

    @Test func aValueOfNoSpanHasAnAxis() {
        let axis = Axis([3, 3], from: 0, to: 10)
        #expect(axis.place(3) == 5 && !axis.ticks.isEmpty)
    }

    @Test(arguments: [
        [-1e308, 1e308], [.leastNonzeroMagnitude, .leastNormalMagnitude], [1, 1 + 1e-16],
        [0, .greatestFiniteMagnitude],
        [1e150, 1e150 * 1.0000000001],
    ])
    func spansThatNoStepDividesHaveAnAxis(values: [Double]) {
        let axis = Axis(values, from: 0, to: 10)
        #expect(!axis.ticks.isEmpty && axis.ticks.count < 20)
        #expect(axis.ticks.allSatisfy { !axis.text($0).isEmpty })
    }

    @Test func pointsStandWhereTheyBelong() {
        let chart = Chart(
            title: "a < b", xLabel: "x", yLabel: "y",
            series: [
                Chart.Series(name: "line", points: [(0, 0), (1, 1)]),
                Chart.Series(name: "dots & co", points: [(0.5, 0.5)], isLine: false),
            ])
        let svg = chart.svg()
        #expect(svg.contains("a &lt; b") && svg.contains("dots &amp; co"))
        // The plane is 70 to 520 wide and 265 to 15 high, with air of 1/27 of it on each side.
        #expect(svg.contains(#"points="86.7,255.7 503.3,24.3""#))
        #expect(
            svg.contains(
                ##"<circle cx="295.0" cy="140.0" r="4" fill="#d55e00"><title>dots &amp; co</title>"##
            ))
        #expect(Chart(title: "", xLabel: "", yLabel: "", series: []).svg().isEmpty)
    }

    @Test func deviationsAreDrawnAndHaveRoom() {
        let points = [(x: 0.0, y: 1.0), (1, 2)]
        let chart = Chart(
            title: "", xLabel: "", yLabel: "",
            series: [Chart.Series(name: "mean", points: points, deviations: [1, 0])])
        // From 0 to 2 on an axis of 0 to 2: the height of 250 has air of 1/27 of it on each side.
        #expect(
            chart.svg().contains(
                ##"<line x1="86.7" y1="255.7" x2="86.7" y2="24.3" stroke="#0072b2"/>"##))
    }

    @Test func longNamesHaveRoom() {
        let name = String(repeating: "n", count: 100)
        let chart = Chart(
            title: "", xLabel: "", yLabel: "",
            series: [Chart.Series(name: name, points: [(0, 0), (1, 1)])])
        #expect(chart.svg().contains(#"viewBox="0 0 1220 320""#))
    }

    @Test func manyLinesHaveRoomColoursAndNumbers() {
        let series = (0..<30).map {
            Chart.Series(name: "line \($0)", points: [(Double($0), 1), (Double($0) + 1, 2)])
        }
        let svg = Chart(title: "", xLabel: "", yLabel: "", series: series).svg()
        // 15 above, 30 lines of 18, 10 below.
        #expect(svg.contains(#"viewBox="0 0 820 565""#))
        // The number stands at the line's end and before its name.
        #expect(svg.matches(of: />27</).count == 1 && svg.contains(">27 line 26<"))
        #expect(Set(svg.matches(of: /hsl\(\d+ 70% 42%\)/).map { String($0.0) }).count == 30)
        // A line, two points and the legend in each colour.
        #expect(svg.matches(of: /hsl\(\d+ 70% 42%\)/).count == 4 * 30)
    }
}
