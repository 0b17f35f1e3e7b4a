/// Gives every event of a dataset its role under a rule.
struct RoleAssignment {
    private(set) var roles: [Role]
    /// The domain that is hidden from cold users; nil for other rules.
    private(set) var coldTarget: Int?
    private let dataset: Dataset
    private let order: EventOrder

    init(
        _ rule: SplitRule, dataset: Dataset, order: EventOrder, seed: UInt64
    ) throws(SplitError) {
        try rule.validate()
        self.dataset = dataset
        self.order = order
        roles = [Role](repeating: .train, count: dataset.eventCount)
        switch rule {
        case .leaveOneOut: holdOutLast()
        case .leaveOneOutPerDomain: holdOutLastPerDomain()
        case .ratio(let train, let validation): holdOutShares(train: train, validation: validation)
        case .timeCut(let validation, let test):
            try cut(validation: validation, test: test)
        case .timePoints(let validation, let test):
            try cut(at: validation, test)
        case .coldUsers(let target, let share, let validationShare):
            try hideTarget(
                target, share: share, validationShare: validationShare, seed: seed)
        }
    }

    private mutating func holdOutLast() {
        for user in 0..<dataset.userCount {
            let events = dataset.events(of: UserID(rawValue: Int32(user)))
            guard events.count >= 3 else { continue }
            roles[order[events.upperBound - 1]] = .test
            roles[order[events.upperBound - 2]] = .validation
        }
    }

    private mutating func holdOutLastPerDomain() {
        var lists = [[Int]](repeating: [], count: dataset.domainCount)
        for user in 0..<dataset.userCount {
            for domain in lists.indices { lists[domain].removeAll(keepingCapacity: true) }
            for position in dataset.events(of: UserID(rawValue: Int32(user))) {
                let event = order[position]
                lists[dataset.domainIndex(ofItem: dataset.items[event])].append(event)
            }
            for list in lists where list.count >= 3 {
                roles[list[list.count - 1]] = .test
                roles[list[list.count - 2]] = .validation
            }
        }
    }

    private mutating func holdOutShares(train: Double, validation: Double) {
        for user in 0..<dataset.userCount {
            let events = dataset.events(of: UserID(rawValue: Int32(user)))
            guard !events.isEmpty else { continue }
            let count = Double(events.count)
            // Rounded twice, because 1 - 0.8 - 0.1 is not 0.1 and 0.5 must not depend on that.
            let test = Self.rounded(count * (1 - train - validation))
            let held = min(test + Self.rounded(count * validation), events.count - 1)
            let tested = min(test, held)
            for position in (events.upperBound - held)..<events.upperBound {
                roles[order[position]] =
                    position >= events.upperBound - tested ? .test : .validation
            }
        }
    }

    private static func rounded(_ count: Double) -> Int {
        Int(((count * 1e6).rounded() / 1e6).rounded(.toNearestOrAwayFromZero))
    }

    private mutating func cut(validation: Double, test: Double) throws(SplitError) {
        guard dataset.hasTimes else { throw .noTimes(kind: "time-cut") }
        let sorted = dataset.times.withUnsafeBufferPointer { $0.sorted() }
        // Events of one time stay together: the change of time that is nearest to the share.
        func time(after share: Double) -> Int64? {
            let wanted = Int((Double(sorted.count) * (1 - share)).rounded())
            guard wanted < sorted.count else { return nil }
            let time = sorted[wanted]
            let first = sorted.firstPlace { $0 >= time }
            let next = sorted.firstPlace { $0 > time }
            let takesNext = next < sorted.count && (first == 0 || next - wanted < wanted - first)
            return sorted[takesNext ? next : first]
        }
        // What is nearest to no event at all is still the latest.
        guard let latest = sorted.last else { return }
        let testTime = time(after: test) ?? latest
        cut(validation: min(time(after: validation + test) ?? testTime, testTime), test: testTime)
    }

    private mutating func cut(at validation: TimePoint, _ test: TimePoint) throws(SplitError) {
        let kind = "time-points"
        guard dataset.hasTimes else { throw .noTimes(kind: kind) }
        guard dataset.eventCount > 0 else { return }
        let range = dataset.timeRange
        guard test <= range.upperBound else {
            throw .noTestCases(
                kind: kind,
                reason: "test \(test) is after the last event; \(dataset.timeRangeText)"
                    + Self.unitHint(test, range))
        }
        guard validation > range.lowerBound else {
            throw .nothingToTrain(
                kind: kind,
                reason: "validation \(validation) is not after the first event; "
                    + dataset.timeRangeText)
        }
        cut(validation: validation.ticks, test: test.ticks)
    }

    /// The unit that a number of seconds seems to have been written in.
    private static func unitHint(_ point: TimePoint, _ range: ClosedRange<TimePoint>) -> String {
        for (format, perSecond) in TimeFormat.units where perSecond > 1 {
            let seconds = TimePoint(seconds: (point.seconds / Double(perSecond)).rounded(.down))
            // A day around the data's own range, for a cut is set near its end.
            guard seconds.seconds >= range.lowerBound.seconds - 86_400,
                seconds.seconds <= range.upperBound.seconds + 86_400
            else { continue }
            return
                "; \(TimePoint(seconds: point.seconds).number) looks like \(format.words): give seconds, "
                + seconds.number
        }
        return ""
    }

    private mutating func cut(validation: Int64, test: Int64) {
        for event in roles.indices {
            let time = dataset.times[event]
            if time >= test {
                roles[event] = .test
            } else if time >= validation {
                roles[event] = .validation
            }
        }
    }

    private mutating func hideTarget(
        _ name: String, share: Double, validationShare: Double, seed: UInt64
    ) throws(SplitError) {
        guard let target = dataset.domain(named: name) else {
            let known = dataset.catalogs.map(\.name)
            throw .unknownDomain(name, known: known, nearest: nearestName(to: name, in: known))
        }
        coldTarget = target.rawValue
        var overlapping: [Int32] = []
        for user in 0..<Int32(dataset.userCount) {
            let events = dataset.events(of: UserID(rawValue: user))
            let inTarget = events.count { isTarget($0, target) }
            if inTarget > 0, inTarget < events.count { overlapping.append(user) }
        }
        var stream = RandomStream(seed: seed, name: "split.cold-users")
        stream.shuffle(&overlapping)
        let cold = Int((Double(overlapping.count) * share).rounded())
        let validating = Int((Double(cold) * validationShare).rounded())
        for (index, user) in overlapping.prefix(cold).enumerated() {
            for event in dataset.events(of: UserID(rawValue: user)) where isTarget(event, target) {
                roles[event] = index < validating ? .validation : .test
            }
        }
        guard cold > validating else {
            throw .noTestCases(
                kind: "cold-users",
                reason:
                    "\(overlapping.count) users have events in \(name) and another domain, and share "
                    + "and validationShare leave \(cold) of them to validation and none to test")
        }
    }

    private func isTarget(_ event: Int, _ target: DomainID) -> Bool {
        dataset.domainIndex(ofItem: dataset.items[event]) == target.rawValue
    }
}

extension [Int64] {
    /// The first place, in ascending order, where a condition holds that all later ones share; their number without any.
    fileprivate func firstPlace(where holds: (Int64) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
