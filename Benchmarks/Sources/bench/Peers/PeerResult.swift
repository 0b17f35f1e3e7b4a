import Foundation

/// Ours and a peer's in turn: ours, theirs, ours.
struct PeerResult: Codable {
    static let abxi = "ABXI Food-Kitchen"
    static let sasRec = "SASRec MovieLens-1M"

    let name: String
    let ours: [EpochReport]
    let theirs: EpochReport
    /// Seconds of ours, the mean of both measurements.
    let seconds: Double
    /// Theirs over ours, wall time.
    let ratio: Double
    /// Theirs over ours, processor time in user mode.
    let userRatio: Double
    let memoryRatio: Double

    init(
        name: String, ours measureOurs: () throws -> EpochReport,
        theirs measureTheirs: () throws -> EpochReport
    ) throws {
        self.name = name
        let before = try measureOurs()
        theirs = try measureTheirs()
        ours = [before, try measureOurs()]
        seconds = ours.reduce(0) { $0 + $1.seconds } / Double(ours.count)
        ratio = theirs.seconds / seconds
        let user = ours.reduce(0) { $0 + $1.userSeconds } / Double(ours.count)
        userRatio = theirs.userSeconds / user
        memoryRatio = Double(theirs.peakMemory) / Double(ours.map(\.peakMemory).max() ?? 1)
    }

    /// A few lines for people.
    var lines: String {
        let extent =
            theirs.isWhole
            ? "whole epochs" : "\(theirs.stepSeconds.count) steps, scaled to an epoch"
        let reports = [("ours  ", ours[0]), ("theirs", theirs), ("ours  ", ours[1])]
        return "\(name), \(extent)\n"
            + reports.map { "  \($0): \($1.line)\n" }.joined()
            + String(format: "  theirs over ours: %.2f", ratio)
    }
}

extension EpochReport {
    fileprivate var line: String {
        String(
            format:
                "%.2f s for %d predictions, user %.2f s, system %.2f s, %.2f GB (%@, %d threads)",
            seconds, predictions, userSeconds, systemSeconds, Double(peakMemory) / 1e9, engine,
            threads)
    }
}
