import Foundation

/// One line on a terminal that is redrawn; nothing elsewhere.
final class ProgressBar {
    private static let width = 24
    private let isEnabled = Console.isTerminal
    private var lastDrawn = Date.distantPast
    private var isDrawn = false

    /// Draws the line, at most ten times a second unless the work is done.
    func show(share: Double, _ text: String) {
        guard isEnabled else { return }
        let now = Date()
        guard share >= 1 || now.timeIntervalSince(lastDrawn) >= 0.1 else { return }
        lastDrawn = now
        isDrawn = true
        let filled = Int((min(max(share, 0), 1) * Double(Self.width)).rounded())
        let bar =
            String(repeating: "=", count: filled)
            + String(repeating: " ", count: Self.width - filled)
        Console.write("\r\u{1B}[2K[\(bar)] \(text)")
    }

    /// Removes the line.
    func clear() {
        guard isDrawn else { return }
        Console.write("\r\u{1B}[2K")
        isDrawn = false
    }
}
