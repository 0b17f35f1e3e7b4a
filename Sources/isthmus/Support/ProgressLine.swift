import Foundation
import RankingMetrics

/// How far work is: a line that is redrawn on a terminal, now and then a line of its own elsewhere.
final class ProgressLine {
    private static let redrawInterval = 0.1
    private static let lineInterval = 30.0

    private let stream: Console.Stream
    private let clock: () -> Double
    private let isRedrawn: Bool
    private let put: (String) -> Void
    private var last: Double

    /// Shows on a stream; results that are data leave standard output alone.
    convenience init(on stream: Console.Stream = .output) {
        let start = ContinuousClock.now
        let isRedrawn = stream.isRedrawable
        self.init(
            on: stream, isRedrawn: isRedrawn, clock: { Number.seconds(start.duration(to: .now)) },
            put: { text in
                if isRedrawn {
                    Console.redraw(text, on: stream)
                } else if stream == .output {
                    Console.line(text)
                } else {
                    Console.errorText(text)
                }
            })
    }

    init(
        on stream: Console.Stream, isRedrawn: Bool, clock: @escaping () -> Double,
        put: @escaping (String) -> Void
    ) {
        self.stream = stream
        self.isRedrawn = isRedrawn
        self.clock = clock
        self.put = put
        last = isRedrawn ? -Self.redrawInterval : clock()
    }

    /// Shows what is most important first; what is behind is left out where the terminal is narrow.
    ///
    /// The text is made only when it is shown.
    func show(share: Double, _ parts: @autoclosure () -> [String]) {
        Interruption.safePoint()
        let now = clock()
        guard now - last >= (isRedrawn ? Self.redrawInterval : Self.lineInterval) else { return }
        last = now
        put(
            isRedrawn
                ? Self.line(share: share, parts(), columns: stream.columns)
                : parts().joined(separator: ", "))
    }

    /// Removes the line; the next one elsewhere comes as late as after another line.
    func clear() {
        Console.erase()
        last = isRedrawn ? -Self.redrawInterval : clock()
    }

    /// A bar where there is room for one, and as many of the parts as fit.
    static func line(share: Double, _ parts: [String], columns: Int) -> String {
        // In the last column some terminals begin a new line.
        let room = max(columns - 1, 0)
        let bar = bar(share: share, width: room < 60 ? 0 : room < 110 ? 12 : 24)
        guard let first = parts.first else { return bar.cut(toWidth: room) }
        var text = (bar + first).cut(toWidth: room)
        for part in parts.dropFirst() {
            let longer = "\(text), \(part)"
            if longer.displayWidth <= room { text = longer }
        }
        return text
    }

    private static func bar(share: Double, width: Int) -> String {
        guard width > 0 else { return "" }
        let isShare = share >= 0 && share <= 1
        let filled = isShare ? Int((share * Double(width)).rounded()) : share > 1 ? width : 0
        return "[" + String(repeating: "=", count: filled)
            + String(repeating: " ", count: width - filled) + "] "
    }
}
