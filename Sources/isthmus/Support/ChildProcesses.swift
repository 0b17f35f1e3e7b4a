import Foundation
import Synchronization

/// Programs that this process started, which must not outlive it.
final class ChildProcesses: Sendable {
    private let running = Mutex<Set<pid_t>>([])

    /// Starts a program.
    func start(_ process: Process) throws {
        try process.run()
        running.withLock { _ = $0.insert(process.processIdentifier) }
    }

    /// Forgets a program that has ended.
    func forget(_ process: Process) {
        running.withLock { _ = $0.remove(process.processIdentifier) }
    }

    /// Tells the programs to end and waits until they have.
    func stop() {
        let all = running.withLock(\.self)
        for process in all { kill(process, SIGTERM) }
        while all.contains(where: { kill($0, 0) == 0 }) { Thread.sleep(forTimeInterval: 0.02) }
    }
}
