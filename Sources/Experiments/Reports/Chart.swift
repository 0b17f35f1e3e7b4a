internal import Foundation

/// Points in a plane, joined by lines or not, as a picture that needs nothing outside it.
struct Chart {
    /// Points of one name and colour.
    struct Series {
        let name: String
        let points: [(x: Double, y: Double)]
        /// How far each point's value may be off, drawn up and down; empty where that is unknown.
        var deviations: [Double] = []
        var isLine = true

        /// The points that have a place, each with its deviation or 0.
        fileprivate var shown: [(x: Double, y: Double, deviation: Double)] {
            points.indices.map { index in
                let deviation = deviations.indices.contains(index) ? deviations[index] : 0
                return (points[index].x, points[index].y, deviation.isFinite ? deviation : 0)
            }
            .filter { $0.x.isFinite && $0.y.isFinite }
        }
    }

    let title: String
    let xLabel: String
    let yLabel: String
    let series: [Series]

    /// As wide as the plane with its legend, whose letters are half as wide as they are high.
    private var width: Double {
        let longest = series.map(\.name.count).max() ?? 0
        return max(820, Self.plane.right + 50 + 6.5 * Double(longest))
    }
    /// As high as the plane with its labels, or as the legend.
    private var height: Double { max(320, Self.plane.top + 18 * Double(series.count) + 10) }
    /// The plane's edges within the picture.
    private static let plane = (left: 70.0, right: 520.0, top: 15.0, bottom: 265.0)
    /// Colours that the colour-blind tell apart (Okabe and Ito).
    private static let colours = [
        "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
    ]

    /// The picture; empty for fewer than two points.
    func svg() -> String {
        let points = series.flatMap(\.shown)
        guard points.count > 1 else { return "" }
        let x = Axis(points.map(\.x), from: Self.plane.left, to: Self.plane.right)
        let ends = points.flatMap { [$0.y - $0.deviation, $0.y + $0.deviation] }
        let y = Axis(ends, from: Self.plane.bottom, to: Self.plane.top)
        return """
            <h2>\(HTMLPage.escape(title))</h2>
            <svg viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" \
            role="img" aria-label="\(HTMLPage.escape(title))" font-size="12">
            \(grid(x, y))
            \(series.enumerated().map { marks($1, $0, x, y) }.joined(separator: "\n"))
            </svg>
            """
    }

    private func grid(_ x: Axis, _ y: Axis) -> String {
        let plane = Self.plane
        let vertical = x.ticks.map { value in
            line(x.place(value), plane.top, x.place(value), plane.bottom)
                + text(x.text(value), x.place(value), plane.bottom + 16, anchor: "middle")
        }
        let horizontal = y.ticks.map { value in
            line(plane.left, y.place(value), plane.right, y.place(value))
                + text(y.text(value), plane.left - 6, y.place(value) + 4, anchor: "end")
        }
        let middle = (plane.left + plane.right) / 2
        return (vertical + horizontal).joined(separator: "\n")
            + text(xLabel, middle, plane.bottom + 38, anchor: "middle")
                + """
                <text transform="translate(14 \((plane.top + plane.bottom) / 2)) rotate(-90)" \
                text-anchor="middle">\(HTMLPage.escape(yLabel))</text>
                """
    }

    private func marks(_ series: Series, _ index: Int, _ x: Axis, _ y: Axis) -> String {
        let colour = colour(index)
        let places = series.shown.map { (x: x.place($0.x), y: y.place($0.y)) }
        var parts = series.shown.filter { $0.deviation > 0 }.map { point in
            line(
                x.place(point.x), y.place(point.y - point.deviation), x.place(point.x),
                y.place(point.y + point.deviation), colour)
        }
        if series.isLine, places.count > 1 {
            let text = places.map { String(format: "%.1f,%.1f", $0.x, $0.y) }
            parts.append(
                """
                <polyline fill="none" stroke="\(colour)" stroke-width="2" \
                points="\(text.joined(separator: " "))"/>
                """)
        }
        // Many points of a line would only blur it.
        if !series.isLine || places.count <= 12 {
            let title = "<title>\(HTMLPage.escape(series.name))</title></circle>"
            parts += places.map {
                String(format: #"<circle cx="%.1f" cy="%.1f" r="4""#, $0.x, $0.y)
                    + " fill=\"\(colour)\">" + title
            }
        }
        if isNumbered {
            parts += (series.isLine ? places.suffix(1) : places[...]).map {
                text("\(index + 1)", $0.x + 6, $0.y + 4, anchor: "start")
            }
        }
        if self.series.count > 1 {
            let place = Self.plane.top + 8 + 18 * Double(index)
            let name = isNumbered ? "\(index + 1) \(series.name)" : series.name
            parts.append(
                #"<circle cx="\#(Self.plane.right + 16)" cy="\#(place)" r="5" fill="\#(colour)"/>"#
                    + text(name, Self.plane.right + 26, place + 4, anchor: "start"))
        }
        return parts.joined(separator: "\n")
    }

    /// More series than colours that are easily told apart have numbers too.
    private var isNumbered: Bool { series.count > Self.colours.count }

    /// One of the few that are easily told apart, or one of many around the circle of hues.
    private func colour(_ index: Int) -> String {
        isNumbered ? "hsl(\(360 * index / series.count) 70% 42%)" : Self.colours[index]
    }

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String = "#ddd"
    ) -> String {
        String(format: #"<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f""#, x1, y1, x2, y2)
            + " stroke=\"\(colour)\"/>"
    }

    private func text(_ text: String, _ x: Double, _ y: Double, anchor: String) -> String {
        let place = String(format: #"x="%.1f" y="%.1f""#, x, y)
        return #"<text \#(place) text-anchor="\#(anchor)">\#(HTMLPage.escape(text))</text>"#
    }
}

/// A range of values laid out on one side of a picture.
struct Axis {
    /// Round values within the range.
    let ticks: [Double]
    private let low: Double
    private let high: Double
    private let from: Double
    private let to: Double
    private let step: Double

    /// Spans the values, a little air included.
    init(_ values: [Double], from: Double, to: Double) {
        // Beyond these a span overflows, or is too small for a step that is a number; a file can hold either.
        let inReach = values.map { max(-1e150, min(1e150, $0)) }
        let least = inReach.min() ?? 0
        let most = inReach.max() ?? 1
        let smallest = max(1e-12 * max(abs(least), abs(most)), 1e-100)
        let span = most > least ? max(most - least, smallest) : max(abs(most), 1)
        low = least - 0.04 * span
        high = most + 0.04 * span
        self.from = from
        self.to = to
        let rough = (high - low) / 5
        let power = pow(10, floor(log10(rough)))
        step = power * ([1, 2, 5].first { $0 * power >= rough } ?? 10)
        let first = (low / step).rounded(.up)
        let last = (high / step).rounded(.down)
        // Adding zero turns -0 into 0.
        ticks = stride(from: first, through: last, by: 1).map { [step] in $0 * step + 0 }
    }

    /// Where a value stands in the picture.
    func place(_ value: Double) -> Double {
        from + (to - from) * (value - low) / (high - low)
    }

    /// A tick's label, with as many digits as its step needs; large values in k, M or G.
    func text(_ value: Double) -> String {
        let most = max(abs(low), abs(high))
        let (unit, letter) =
            [(1e9, "G"), (1e6, "M"), (1e3, "k")].first { most >= 10 * $0.0 } ?? (1, "")
        let digits = max(0, Int((-log10(step / unit) - 1e-9).rounded(.up)))
        return String(format: "%.\(digits)f", value / unit) + letter
    }
}
