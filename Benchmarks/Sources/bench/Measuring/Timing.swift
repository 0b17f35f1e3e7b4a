import Foundation

/// How long something is measured: until the time is spent, within limits of repetitions.
struct Effort {
    let repetitions: ClosedRange<Int>
    let seconds: Double
}

/// The wall times of repetitions.
struct Timing {
    let median: Double
    let fastest: Double
    /// Processor time in user mode, all threads, of a repetition on the average.
    let user: Double
    let repetitions: Int

    /// A single run.
    init(single seconds: Double, user: Double) {
        median = seconds
        fastest = seconds
        self.user = user
        repetitions = 1
    }

    /// Repetitions, one or more.
    init(_ times: [Double], user: Double) {
        let sorted = times.sorted()
        let middle = sorted.count / 2
        median =
            sorted.count.isMultiple(of: 2)
            ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        fastest = sorted[0]
        self.user = user / Double(sorted.count)
        repetitions = sorted.count
    }
}

/// Processor time that this process has spent, in seconds, all threads together.
func processorTime() -> (user: Double, system: Double) {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return (seconds(usage.ru_utime), seconds(usage.ru_stime))
}

/// Measures a body after one unmeasured run, which fills caches, pages and thread pools.
func measure(_ effort: Effort, _ body: () throws -> Void) rethrows -> Timing {
    let clock = ContinuousClock()
    try body()
    let user = processorTime().user
    var times: [Double] = []
    var total = 0.0
    while times.count < effort.repetitions.lowerBound
        || (total < effort.seconds && times.count < effort.repetitions.upperBound)
    {
        let seconds = try clock.measure(body) / .seconds(1)
        times.append(seconds)
        total += seconds
    }
    return Timing(times, user: processorTime().user - user)
}
