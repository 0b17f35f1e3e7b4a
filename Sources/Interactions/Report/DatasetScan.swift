/// One pass over a dataset's events.
struct DatasetScan {
    var users: [Int]
    var usersOnlyHere: [Int]
    var events: [Int]
    var firstTimes: [Int64]
    var lastTimes: [Int64]
    /// Whether all times of a domain are the beginnings of days.
    var hasDaysAlone: [Bool]
    var sharedUsers: [[Int]]
    var lengths: [Int] = []
    var duplicateEvents = 0
    var zeroTimes = 0
    /// The events of each domain that are not their user's first, and those of them with an item the user had before.
    var laterEvents: [Int]
    var repeats: [Int]
    var ties: TieScan
    /// The number of events of each item, from item 1.
    var itemEvents: [Int32]
    var lowestRating = Float.infinity
    var highestRating = -Float.infinity

    init(_ dataset: Dataset) {
        let domainCount = dataset.domainCount
        users = [Int](repeating: 0, count: domainCount)
        usersOnlyHere = users
        events = users
        laterEvents = users
        repeats = users
        ties = TieScan(domainCount: domainCount)
        itemEvents = [Int32](repeating: 0, count: dataset.itemCount)
        firstTimes = [Int64](repeating: .max, count: domainCount)
        lastTimes = [Int64](repeating: .min, count: domainCount)
        hasDaysAlone = [Bool](repeating: true, count: domainCount)
        let day = 86_400 * Dataset.ticksPerSecond
        sharedUsers = [[Int]](repeating: users, count: domainCount)
        lengths.reserveCapacity(dataset.userCount)
        var lastUser = [Int32](repeating: -1, count: dataset.itemCount + 1)
        var perDomain = users
        for user in 0..<Int32(dataset.userCount) {
            let range = dataset.events(of: UserID(rawValue: user))
            lengths.append(range.count)
            for domain in perDomain.indices { perDomain[domain] = 0 }
            for event in range {
                let item = dataset.items[event]
                let time = dataset.times[event]
                let domain = dataset.domainIndex(ofItem: item)
                perDomain[domain] += 1
                events[domain] += 1
                itemEvents[Int(item) - 1] += 1
                laterEvents[domain] += event > range.lowerBound ? 1 : 0
                firstTimes[domain] = min(firstTimes[domain], time)
                lastTimes[domain] = max(lastTimes[domain], time)
                if time % day != 0 { hasDaysAlone[domain] = false }
                zeroTimes += time == 0 ? 1 : 0
                if lastUser[Int(item)] == user {
                    repeats[domain] += 1
                    duplicateEvents += Self.isDuplicate(event, in: range, dataset) ? 1 : 0
                }
                lastUser[Int(item)] = user
            }
            count(perDomain)
            ties.add(range, of: dataset)
        }
        if let ratings = dataset.ratings {
            for rating in ratings where !rating.isNaN {
                lowestRating = min(lowestRating, rating)
                highestRating = max(highestRating, rating)
            }
        }
    }

    private mutating func count(_ perDomain: [Int]) {
        let present = perDomain.indices.filter { perDomain[$0] > 0 }
        for domain in present {
            users[domain] += 1
            for other in present where other != domain { sharedUsers[domain][other] += 1 }
        }
        if present.count == 1 { usersOnlyHere[present[0]] += 1 }
    }

    /// Whether an earlier event of the user has the same item and time.
    private static func isDuplicate(_ event: Int, in range: Range<Int>, _ dataset: Dataset)
        -> Bool
    {
        var earlier = event - 1
        while earlier >= range.lowerBound, dataset.times[earlier] == dataset.times[event] {
            if dataset.items[earlier] == dataset.items[event] { return true }
            earlier -= 1
        }
        return false
    }

    var lengthQuantiles: DatasetReport.Lengths {
        let sorted = lengths.sorted()
        func quantile(_ share: Double) -> Int {
            guard !sorted.isEmpty else { return 0 }
            let rank = Int((share * Double(sorted.count)).rounded(.up))
            return sorted[min(max(rank, 1), sorted.count) - 1]
        }
        return DatasetReport.Lengths(
            minimum: sorted.first ?? 0, quarter: quantile(0.25), median: quantile(0.5),
            threeQuarters: quantile(0.75), ninetyFive: quantile(0.95),
            maximum: sorted.last ?? 0,
            mean: sorted.isEmpty ? 0 : Double(sorted.reduce(0, +)) / Double(sorted.count))
    }
}
