import Foundation
import Interactions

/// A dataset while it is being made.
enum NewDataset {
    /// Shows how far the work is; a signal leaves nothing of it.
    static func make(
        at url: URL,
        _ work: (_ progress: @escaping (ImportProgress) -> Void) throws -> DatasetManifest
    ) throws -> DatasetManifest {
        let line = ProgressLine()
        defer { line.clear() }
        let place = PlaceOfWork(url)
        return try Interruption.guarding {
            place.end("\(url.path) was not made whole, so nothing of it is kept")
        } work: {
            try work { progress in
                let share = Double(progress.completed) / Double(max(progress.total, 1))
                let percent = Int((min(max(share, 0), 1) * 100).rounded(.down))
                line.show(share: share, [progress.stage, "\(percent) %"])
            }
        }
    }
}
