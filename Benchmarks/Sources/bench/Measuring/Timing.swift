/// How long something is measured: until the time is spent, within limits of repetitions.
struct Effort {
    let repetitions: ClosedRange<Int>
    let seconds: Double
}

/// The wall times of repetitions.
struct Timing {
    let median: Double
    let fastest: Double
    let repetitions: Int
}

/// Measures a body after one unmeasured run, which fills caches, pages and thread pools.
func measure(_ effort: Effort, _ body: () throws -> Void) rethrows -> Timing {
    let clock = ContinuousClock()
    try body()
    var times: [Double] = []
    var total = 0.0
    while times.count < effort.repetitions.lowerBound
        || (total < effort.seconds && times.count < effort.repetitions.upperBound)
    {
        let seconds = try clock.measure(body) / .seconds(1)
        times.append(seconds)
        total += seconds
    }
    times.sort()
    let middle = times.count / 2
    let median =
        times.count.isMultiple(of: 2) ? (times[middle - 1] + times[middle]) / 2 : times[middle]
    return Timing(median: median, fastest: times[0], repetitions: times.count)
}
