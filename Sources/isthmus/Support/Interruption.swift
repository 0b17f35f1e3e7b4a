import Foundation
import Synchronization

/// The number of the signal that came last; 0 for none.
///
/// A handler may touch nothing but such a number.
private let arrived = Atomic<Int32>(0)
/// How many came.
private let arrivals = Atomic<Int32>(0)
/// Whether some work is guarded now, and whether its thread waits for the end.
private let isGuarding = Atomic<Bool>(false)
private let isParked = Atomic<Bool>(false)

/// Ends the process in good order when it is interrupted, told to end, or its terminal or pipe is closed.
///
/// The work goes on to its next safe point, at most for a second, so that no file is half written. Then what is
/// left over is removed, one line says what is kept, and the signal does what it always does. A second signal
/// cuts the waiting short; a third ends the process at once.
enum Interruption {
    private static let patience = 1.0
    private static let pause = 0.02

    /// Runs work; if a signal ends it, `last` tidies up and says what is kept.
    static func guarding<Result>(
        last: @escaping @Sendable () -> String, work: () throws -> Result
    ) rethrows -> Result {
        let numbers = catchSignals([SIGINT, SIGTERM, SIGHUP, SIGPIPE])
        isParked.store(false, ordering: .relaxed)
        isGuarding.store(true, ordering: .relaxed)
        defer {
            // A signal that came at the very end finds the watcher at work, or is let through.
            safePoint()
            isGuarding.store(false, ordering: .relaxed)
            for number in numbers { signal(number, SIG_DFL) }
            let late = arrived.load(ordering: .relaxed)
            if late != 0 { raise(late) }
        }
        Thread.detachNewThread { watch(last) }
        return try work()
    }

    /// A place at which the work may end, as nothing is half written; after a signal it is the last.
    static func safePoint() {
        guard isGuarding.load(ordering: .relaxed), arrived.load(ordering: .relaxed) != 0 else {
            return
        }
        park()
    }

    private static func park() {
        isParked.store(true, ordering: .relaxed)
        while true { sleep(1) }
    }

    private static func watch(_ last: @Sendable () -> String) {
        while isGuarding.load(ordering: .relaxed) {
            Thread.sleep(forTimeInterval: pause)
            let number = arrived.load(ordering: .relaxed)
            guard number != 0 else { continue }
            let deadline = Date(timeIntervalSinceNow: patience)
            while !isParked.load(ordering: .relaxed), arrivals.load(ordering: .relaxed) < 2,
                Date() < deadline
            {
                Thread.sleep(forTimeInterval: pause)
            }
            let words = last()
            // A pipe that is closed has nobody to tell.
            if number != SIGPIPE { Console.lastWords("\(cause(number)); \(words)") }
            signal(number, SIG_DFL)
            kill(getpid(), number)
        }
    }

    private static func cause(_ number: Int32) -> String {
        switch number {
        case SIGINT: "interrupted"
        case SIGHUP: "the terminal was closed"
        default: "told to end"
        }
    }

    /// Signals that are ignored stay so, as those of the terminal are for a program in the background.
    ///
    /// A handler is not inherited by the programs that this process starts, as ignoring a signal would be.
    private static func catchSignals(_ numbers: [Int32]) -> [Int32] {
        arrived.store(0, ordering: .relaxed)
        arrivals.store(0, ordering: .relaxed)
        let caught = numbers.filter { number in
            let before = signal(number) {
                arrived.store($0, ordering: .relaxed)
                // Again and again, from somebody who does not want to wait.
                if arrivals.add(1, ordering: .relaxed).newValue > 2 {
                    signal($0, SIG_DFL)
                    raise($0)
                }
            }
            let wasIgnored =
                unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
            if wasIgnored { signal(number, SIG_IGN) }
            return !wasIgnored
        }
        // Who starts this program from a thread that blocks signals, as a worker of Dispatch does, hands that down.
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        return caught
    }
}
