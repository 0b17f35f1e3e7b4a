/// Gives every event of a dataset its role under a rule.
struct RoleAssignment {
    private(set) var roles: [Role]
    /// The domain that is hidden from cold users; nil for other rules.
    private(set) var coldTarget: Int?
    private let dataset: Dataset

    init(_ rule: SplitRule, dataset: Dataset, seed: UInt64) throws(SplitError) {
        try rule.validate()
        self.dataset = dataset
        roles = [Role](repeating: .train, count: dataset.eventCount)
        switch rule {
        case .leaveOneOut: holdOutLast()
        case .leaveOneOutPerDomain: holdOutLastPerDomain()
        case .ratio(let train, let validation): holdOutShares(train: train, validation: validation)
        case .timeCut(let validation, let test):
            try cut(validation: validation, test: test)
        case .timePoints(let validation, let test):
            try cut(
                kind: rule.kind, validation: Self.ticks(validation), test: Self.ticks(test))
        case .coldUsers(let target, let share, let validationShare):
            try hideTarget(
                target, share: share, validationShare: validationShare, seed: seed)
        }
    }

    private mutating func holdOutLast() {
        for user in 0..<dataset.userCount {
            let events = dataset.events(of: UserID(rawValue: Int32(user)))
            guard events.count >= 3 else { continue }
            roles[events.upperBound - 1] = .test
            roles[events.upperBound - 2] = .validation
        }
    }

    private mutating func holdOutLastPerDomain() {
        var lists = [[Int]](repeating: [], count: dataset.domainCount)
        for user in 0..<dataset.userCount {
            for domain in lists.indices { lists[domain].removeAll(keepingCapacity: true) }
            for event in dataset.events(of: UserID(rawValue: Int32(user))) {
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
            for event in (events.upperBound - held)..<events.upperBound {
                roles[event] = event >= events.upperBound - tested ? .test : .validation
            }
        }
    }

    private static func rounded(_ count: Double) -> Int {
        Int(((count * 1e6).rounded() / 1e6).rounded(.toNearestOrAwayFromZero))
    }

    private mutating func cut(validation: Double, test: Double) throws(SplitError) {
        guard dataset.hasTimes else { throw .noTimes(kind: "time-cut") }
        let sorted = dataset.times.withUnsafeBufferPointer { $0.sorted() }
        func time(after share: Double) -> Int64 {
            let position = Int((Double(sorted.count) * (1 - share)).rounded())
            return sorted[min(max(position, 0), sorted.count - 1)]
        }
        try cut(
            kind: "time-cut", validation: time(after: validation + test), test: time(after: test))
    }

    /// Seconds in the unit of events' times; what is beyond all times stays beyond them.
    private static func ticks(_ seconds: Int64) -> Int64 {
        let (ticks, isTooLarge) = seconds.multipliedReportingOverflow(by: Dataset.ticksPerSecond)
        return isTooLarge ? (seconds < 0 ? .min : .max) : ticks
    }

    private mutating func cut(kind: String, validation: Int64, test: Int64) throws(SplitError) {
        guard dataset.hasTimes else { throw .noTimes(kind: kind) }
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
                reason: "\(overlapping.count) users have events in \(name) and another domain")
        }
    }

    private func isTarget(_ event: Int, _ target: DomainID) -> Bool {
        dataset.domainIndex(ofItem: dataset.items[event]) == target.rawValue
    }
}
