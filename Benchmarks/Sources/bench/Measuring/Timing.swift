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
func measure(_ effort: Effort, _ body: () throws -> Void) throws -> Timing {
    try withoutActuallyEscaping(body) { try measureInTurn(effort, [$0])[0] }
}

/// Measures bodies that are to be compared: one repetition of each in turn, so that all meet the same disturbances.
func measureInTurn(_ effort: Effort, _ bodies: [() throws -> Void]) throws -> [Timing] {
    let clock = ContinuousClock()
    for body in bodies { try body() }
    var user = [Double](repeating: 0, count: bodies.count)
    var times = [[Double]](repeating: [], count: bodies.count)
    var total = 0.0
    while times[0].count < effort.repetitions.lowerBound
        || (total < effort.seconds * Double(bodies.count)
            && times[0].count < effort.repetitions.upperBound)
    {
        for (index, body) in bodies.enumerated() {
            let begin = processorTime().user
            let seconds = try clock.measure(body) / .seconds(1)
            user[index] += processorTime().user - begin
            times[index].append(seconds)
            total += seconds
        }
    }
    return zip(times, user).map { Timing($0, user: $1) }
}
