/// A dataset's events divided by a rule, and the cases that evaluate a model.
///
/// A case's history is every event of the user before the case's event, so that a test case sees
/// the validation event and later events are never seen. Under ``SplitRule/coldUsers`` it is the
/// user's events in the other domains: those before the case's event, or all of them when the
/// dataset has no times. A held-out event without any history gives no case; ``heldOut(_:)``
/// counts such events, and those that are dropped because they repeat an item or are tied.
public struct Split: Sendable {
    /// The rule that made the split.
    public let rule: SplitRule
    /// The seed of the split's random choices.
    public let seed: UInt64
    /// The dataset that was split.
    public let dataset: Dataset
    /// Whether held-out events that repeat an item are cases.
    public let repeats: RepeatedItems
    /// What it does where events of a user have one time.
    public let ties: TiedEvents
    private let order: EventOrder
    private let roles: [Role]
    private let validation: HeldOutPart
    private let test: HeldOutPart
    /// The domain hidden from cold users' histories.
    private let coldTarget: Int?

    /// Splits a dataset; ``SplitRule/coldUsers`` and ``TiedEvents/draw`` use the seed.
    public init(
        _ rule: SplitRule, dataset: Dataset, seed: UInt64, ties: TiedEvents = .order,
        repeats: RepeatedItems = .keep
    ) throws(SplitError) {
        let order = EventOrder(dataset, drawing: ties == .draw ? seed : nil)
        let assigned = try RoleAssignment(rule, dataset: dataset, order: order, seed: seed)
        self.rule = rule
        self.seed = seed
        self.dataset = dataset
        self.repeats = repeats
        self.ties = ties
        self.order = order
        roles = assigned.roles
        coldTarget = assigned.coldTarget
        let parts = CaseBuilder(
            assigned, rule: rule, dataset: dataset, order: order, ties: ties, repeats: repeats
        ).build()
        validation = parts.validation
        test = parts.test
        guard roles.contains(.train) else {
            throw .nothingToTrain(
                kind: rule.kind, reason: "every event is held out; " + dataset.timeRangeText)
        }
        guard !test.cases.isEmpty else {
            throw .noTestCases(
                kind: rule.kind,
                reason: test.heldOut.events == 0
                    ? "no user has enough events" : test.heldOut.reasonForNoCase)
        }
    }

    /// What an event is used for.
    public func role(ofEvent event: Int) -> Role { roles[event] }

    /// The cases of a part, in the order of users and times.
    public func cases(_ part: Part) -> [EvaluationCase] {
        part == .validation ? validation.cases : test.cases
    }

    /// What became of the events that are held out for a part.
    public func heldOut(_ part: Part) -> HeldOut {
        part == .validation ? validation.heldOut : test.heldOut
    }

    /// Why a part has no case; nil where it has one.
    public func reasonForNoCase(_ part: Part) -> String? {
        cases(part).isEmpty ? heldOut(part).reasonForNoCase : nil
    }

    /// The positions of a user's training events, in time order.
    public func trainingEvents(of user: UserID) -> [Int32] {
        var events: [Int32] = []
        for position in dataset.events(of: user) {
            let event = order[position]
            if roles[event] == .train { events.append(Int32(event)) }
        }
        return events
    }

    /// Whether a user has any training event.
    public func isTrainingUser(_ user: UserID) -> Bool {
        dataset.events(of: user).contains { roles[$0] == .train }
    }

    /// The number of training events.
    public var trainingEventCount: Int { roles.count { $0 == .train } }

    /// The positions of the events that a case may be predicted from, in time order.
    public func history(of evaluationCase: EvaluationCase) -> [Int32] {
        let events = dataset.events(of: evaluationCase.user)
        precondition(
            events.contains(evaluationCase.event),
            "Split: expected an event in \(events), got \(evaluationCase.event)")
        let before = events.lowerBound..<events.lowerBound + evaluationCase.position
        guard let coldTarget else { return before.map { Int32(order[$0]) } }
        return (dataset.hasTimes ? before : events).compactMap { position in
            let event = order[position]
            return dataset.domainIndex(ofItem: dataset.items[event]) == coldTarget
                ? nil : Int32(event)
        }
    }
}

/// The order of users' events that a split goes by: the dataset's, or one in which events of one time are shuffled.
struct EventOrder: Sendable {
    /// The event at each position; nil where it is the position itself.
    private let events: [Int32]?

    init(_ dataset: Dataset, drawing seed: UInt64?) {
        guard let seed, dataset.hasTimes else {
            events = nil
            return
        }
        var stream = RandomStream(seed: seed, name: "split.ties")
        var drawn = [Int32](unsafeUninitializedCapacity: dataset.eventCount) { buffer, count in
            for event in 0..<dataset.eventCount { buffer[event] = Int32(event) }
            count = dataset.eventCount
        }
        for user in 0..<Int32(dataset.userCount) {
            let range = dataset.events(of: UserID(rawValue: user))
            var start = range.lowerBound
            while start < range.upperBound {
                let end = dataset.endOfTie(at: start, in: range)
                for last in stride(from: end - 1, to: start, by: -1) {
                    drawn.swapAt(last, start + stream.uniform(below: last - start + 1))
                }
                start = end
            }
        }
        events = drawn
    }

    /// The event at a position.
    subscript(position: Int) -> Int { events.map { Int($0[position]) } ?? position }
}

extension Dataset {
    /// Whether there are no times and which file's events come first was drawn for each user.
    package var drawsFiles: Bool {
        !hasTimes && manifest.notes.contains { $0.code == DatasetManifest.Note.drawnFiles }
    }

    /// Where the events that have the time of the one at `start` end, among a user's.
    func endOfTie(at start: Int, in range: Range<Int>) -> Int {
        var end = start + 1
        while end < range.upperBound, times[end] == times[start] { end += 1 }
        return end
    }

    /// When the events begin and end.
    var timeRangeText: String {
        guard hasTimes, eventCount > 0 else { return "the dataset has \(eventCount) events" }
        let range = timeRange
        return "the dataset's events are from \(range.lowerBound) to \(range.upperBound)"
    }

    /// The first and the last time of an event; there must be one.
    var timeRange: ClosedRange<TimePoint> {
        var first = Int64.max
        var last = Int64.min
        for time in times {
            first = min(first, time)
            last = max(last, time)
        }
        return TimePoint(ticks: first)...TimePoint(ticks: last)
    }
}

/// The cases of a part and what was held out for it.
struct HeldOutPart {
    var cases: [EvaluationCase] = []
    var heldOut = HeldOut()
}

/// Turns held-out events into cases.
private struct CaseBuilder {
    private let roles: [Role]
    private let coldTarget: Int?
    private let rule: SplitRule
    private let dataset: Dataset
    private let order: EventOrder
    private let ties: TiedEvents
    private let repeats: RepeatedItems
    /// Events of each domain in the history at the current position.
    private var seen: [Int]
    /// The last user, from 1, whose history held each item.
    private var holders: [Int32]
    private(set) var validation = HeldOutPart()
    private(set) var test = HeldOutPart()

    init(
        _ assigned: RoleAssignment, rule: SplitRule, dataset: Dataset, order: EventOrder,
        ties: TiedEvents, repeats: RepeatedItems
    ) {
        roles = assigned.roles
        coldTarget = assigned.coldTarget
        self.rule = rule
        self.dataset = dataset
        self.order = order
        self.ties = ties
        self.repeats = repeats
        seen = [Int](repeating: 0, count: dataset.domainCount)
        holders = [Int32](repeating: 0, count: dataset.itemCount + 1)
    }

    consuming func build() -> CaseBuilder {
        let seesAll = coldTarget != nil && !dataset.hasTimes
        for user in 0..<Int32(dataset.userCount) {
            let range = dataset.events(of: UserID(rawValue: user))
            guard range.contains(where: { roles[$0] != .train }) else { continue }
            for domain in seen.indices { seen[domain] = 0 }
            if seesAll { for event in range { remember(event, of: user) } }
            for position in range {
                let event = order[position]
                switch roles[event] {
                case .train: break
                case .validation: add(event, at: position, in: range, user: user, to: \.validation)
                case .test: add(event, at: position, in: range, user: user, to: \.test)
                }
                if !seesAll { remember(event, of: user) }
            }
        }
        let total = Double(max(dataset.eventCount, 1))
        validation.heldOut.askedShare = rule.askedShares?.validation
        test.heldOut.askedShare = rule.askedShares?.test
        validation.heldOut.share = Double(validation.heldOut.events) / total
        test.heldOut.share = Double(test.heldOut.events) / total
        return self
    }

    private mutating func remember(_ event: Int, of user: Int32) {
        let item = dataset.items[event]
        let domain = dataset.domainIndex(ofItem: item)
        guard domain != coldTarget else { return }
        seen[domain] += 1
        holders[Int(item)] = user + 1
    }

    private mutating func add(
        _ event: Int, at position: Int, in range: Range<Int>, user: Int32,
        to part: WritableKeyPath<CaseBuilder, HeldOutPart>
    ) {
        let item = ItemID(rawValue: dataset.items[event])
        let domain = dataset.domain(of: item)
        let own = seen[domain.rawValue]
        let total = seen.reduce(0, +)
        self[keyPath: part].heldOut.events += 1
        guard total > 0 else {
            self[keyPath: part].heldOut.withoutHistory += 1
            return
        }
        let isRepeat = holders[Int(item.rawValue)] == user + 1
        let isTied = couldBeAnother(event, at: position, in: range)
        if isRepeat { self[keyPath: part].heldOut.repeats += 1 }
        if isTied { self[keyPath: part].heldOut.tied += 1 }
        if isTied && ties == .drop {
            self[keyPath: part].heldOut.droppedTies += 1
        } else if isRepeat && repeats == .drop {
            self[keyPath: part].heldOut.droppedRepeats += 1
        } else {
            self[keyPath: part].cases.append(
                EvaluationCase(
                    user: UserID(rawValue: user), event: event, item: item, domain: domain,
                    eventsInDomain: own, isOverlapping: own > 0 && total > own,
                    position: position - range.lowerBound, isRepeat: isRepeat))
        }
    }

    /// Whether another event of the user, of the same time but with another role, could stand in this one's place.
    private func couldBeAnother(_ event: Int, at position: Int, in range: Range<Int>) -> Bool {
        // Without times, a draw between files alone orders events of several domains.
        let isDrawn = dataset.drawsFiles
        guard dataset.hasTimes || isDrawn else { return false }
        let isPerDomain: Bool
        switch rule {
        // All events of one time have one role, or the role does not depend on time.
        case .timeCut, .timePoints, .coldUsers: return false
        case .leaveOneOut, .ratio: isPerDomain = false
        case .leaveOneOutPerDomain: isPerDomain = true
        }
        let domain = dataset.domainIndex(ofItem: dataset.items[event])
        func differs(_ position: Int) -> Bool {
            let other = order[position]
            let isOfDomain = dataset.domainIndex(ofItem: dataset.items[other]) == domain
            return roles[other] != roles[event]
                && (!isPerDomain || isOfDomain) && (!isDrawn || !isOfDomain)
        }
        let time = dataset.times[event]
        var other = position - 1
        while other >= range.lowerBound, dataset.times[order[other]] == time {
            if differs(other) { return true }
            other -= 1
        }
        other = position + 1
        while other < range.upperBound, dataset.times[order[other]] == time {
            if differs(other) { return true }
            other += 1
        }
        return false
    }
}
