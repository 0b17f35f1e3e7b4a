/// A dataset's events divided by a rule, and the cases that evaluate a model.
///
/// A case's history is every event of the user before the case's event, so that a test case sees
/// the validation event and later events are never seen. Under ``SplitRule/coldUsers`` it is the
/// user's events in the other domains: those before the case's event, or all of them when the
/// dataset has no times. A held-out event without any history gives no case; such events are
/// counted in ``eventsWithoutHistory``.
public struct Split: Sendable {
    /// The rule that made the split.
    public let rule: SplitRule
    /// The seed of the split's random choices.
    public let seed: UInt64
    /// The dataset that was split.
    public let dataset: Dataset
    /// The held-out events that give no case because the user has no history before them.
    public let eventsWithoutHistory: Int
    private let roles: [Role]
    private let validationCases: [EvaluationCase]
    private let testCases: [EvaluationCase]
    /// The domain hidden from cold users' histories.
    private let coldTarget: Int?

    /// Splits a dataset; only ``SplitRule/coldUsers`` uses the seed.
    public init(_ rule: SplitRule, dataset: Dataset, seed: UInt64) throws(SplitError) {
        let assigned = try RoleAssignment(rule, dataset: dataset, seed: seed)
        self.rule = rule
        self.seed = seed
        self.dataset = dataset
        roles = assigned.roles
        coldTarget = assigned.coldTarget
        let builder = CaseBuilder(
            dataset: dataset, roles: assigned.roles, coldTarget: assigned.coldTarget)
        let cases = builder.build()
        validationCases = cases.validation
        testCases = cases.test
        eventsWithoutHistory = cases.withoutHistory
        guard !testCases.isEmpty else {
            throw .noTestCases(kind: rule.kind, reason: "no user has enough events")
        }
    }

    /// What an event is used for.
    public func role(ofEvent event: Int) -> Role { roles[event] }

    /// The cases of a part, in the order of users and times.
    public func cases(_ part: Part) -> [EvaluationCase] {
        part == .validation ? validationCases : testCases
    }

    /// The positions of a user's training events, in time order.
    public func trainingEvents(of user: UserID) -> [Int32] {
        var events: [Int32] = []
        for event in dataset.events(of: user) where roles[event] == .train {
            events.append(Int32(event))
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
        guard let coldTarget else {
            return (events.lowerBound..<evaluationCase.event).map { Int32($0) }
        }
        let end = dataset.hasTimes ? evaluationCase.event : events.upperBound
        return (events.lowerBound..<end).compactMap { event in
            dataset.domainIndex(ofItem: dataset.items[event]) == coldTarget ? nil : Int32(event)
        }
    }
}

/// Turns held-out events into cases.
private struct CaseBuilder {
    let dataset: Dataset
    let roles: [Role]
    let coldTarget: Int?
    var validation: [EvaluationCase] = []
    var test: [EvaluationCase] = []
    var withoutHistory = 0

    init(dataset: Dataset, roles: [Role], coldTarget: Int?) {
        self.dataset = dataset
        self.roles = roles
        self.coldTarget = coldTarget
    }

    consuming func build() -> CaseBuilder {
        var seen = [Int](repeating: 0, count: dataset.domainCount)
        for user in 0..<dataset.userCount {
            let events = dataset.events(of: UserID(rawValue: Int32(user)))
            guard events.contains(where: { roles[$0] != .train }) else { continue }
            for domain in seen.indices { seen[domain] = 0 }
            if coldTarget != nil && !dataset.hasTimes {
                for event in events { count(event, in: &seen) }
            }
            for event in events {
                if roles[event] != .train { add(event, user: user, seen: seen) }
                if coldTarget == nil || dataset.hasTimes { count(event, in: &seen) }
            }
        }
        return self
    }

    private func count(_ event: Int, in seen: inout [Int]) {
        let domain = dataset.domainIndex(ofItem: dataset.items[event])
        if domain != coldTarget { seen[domain] += 1 }
    }

    private mutating func add(_ event: Int, user: Int, seen: [Int]) {
        let item = ItemID(rawValue: dataset.items[event])
        let domain = dataset.domain(of: item)
        let own = seen[domain.rawValue]
        let total = seen.reduce(0, +)
        guard total > 0 else {
            withoutHistory += 1
            return
        }
        let evaluationCase = EvaluationCase(
            user: UserID(rawValue: Int32(user)), event: event, item: item, domain: domain,
            eventsInDomain: own, isOverlapping: own > 0 && total > own)
        if roles[event] == .validation {
            validation.append(evaluationCase)
        } else {
            test.append(evaluationCase)
        }
    }
}
