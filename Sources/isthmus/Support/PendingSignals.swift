import Foundation
import Synchronization

/// The number of the signal that came last; 0 for none.
///
/// A handler may touch nothing but such a number.
private let arrived = Atomic<Int32>(0)

/// Signals that would end this process, kept until there is time for them.
struct PendingSignals: ~Copyable {
    private let numbers: [Int32]

    /// Holds back some signals, until the value is gone; those that are ignored stay so, as those of the terminal are
    /// for a program in the background.
    ///
    /// A handler is not inherited by the programs that this process starts, as ignoring a signal would be.
    init(_ numbers: [Int32]) {
        arrived.store(0, ordering: .relaxed)
        self.numbers = numbers.filter { number in
            let before = signal(number) { arrived.store($0, ordering: .relaxed) }
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
    }

    deinit {
        for number in numbers { signal(number, SIG_DFL) }
    }

    /// The signal that came last, if any did.
    var latest: Int32? {
        let number = arrived.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// Lets a signal do what it does.
    func deliver(_ number: Int32) {
        signal(number, SIG_DFL)
        raise(number)
    }
}
