import Foundation
import Interactions
import Synchronization

/// Removes what a command has not finished when ^C or a polite kill ends it.
final class CleanUp: Sendable {
    private let signals = PendingSignals([SIGINT, SIGTERM, SIGHUP])
    private let isOver = Atomic(false)

    /// Watches over what this process is making under a name until ``end()``.
    init(unfinished target: URL) {
        let place = target.standardizedFileURL
        let unfinished = Unfinished.url(
            of: place.lastPathComponent, in: place.deletingLastPathComponent())
        Thread.detachNewThread { [self] in
            while !isOver.load(ordering: .relaxed) {
                if let number = signals.latest { stop(unfinished, by: number) }
                usleep(20_000)
            }
        }
    }

    /// Ends the watch.
    func end() { isOver.store(true, ordering: .relaxed) }

    private func stop(_ unfinished: URL, by number: Int32) {
        // The command goes on writing meanwhile; what it adds is removed in the next round.
        for _ in 0..<50 {
            try? FileManager.default.removeItem(at: unfinished)
            usleep(1000)
        }
        Console.errorText("")
        Console.error("stopped before the end; nothing was written")
        // Ends as the signal would have, so that a shell's loop ends too.
        signals.deliver(number)
    }
}
