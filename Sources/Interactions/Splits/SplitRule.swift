/// How a dataset's events are divided into training, validation and test events.
///
/// In a configuration file a rule is `leave-one-out` or an object with a `kind`:
/// `{kind: ratio, train: 0.8, validation: 0.1}`.
public enum SplitRule: Equatable, Sendable {
    /// Each user's last event is a test event, the one before a validation event; users with fewer
    /// than three events are for training only.
    case leaveOneOut
    /// The same within each domain; a user needs three events in a domain to be held out there.
    case leaveOneOutPerDomain
    /// Each user's events in time order: a share for training, a share for validation, the rest for
    /// test. Held-out shares are rounded to the nearest event, and at least one event trains.
    case ratio(train: Double, validation: Double)
    /// The latest events of all users and domains, by share; one cut for all. Events of one time are not divided: the
    /// cut goes to the nearest change of time, and ``HeldOut/share`` says what came out.
    case timeCut(validation: Double, test: Double)
    /// Events from `validation` on, and from `test` on.
    case timePoints(validation: TimePoint, test: TimePoint)
    /// Of the users with events in the target domain and in another, this share is cold: all their
    /// target events are held out. Of the cold users, `validationShare` is for validation.
    case coldUsers(target: String, share: Double, validationShare: Double)

    /// The names of all kinds.
    public static let kinds = [
        "leave-one-out", "leave-one-out-per-domain", "ratio", "time-cut", "time-points",
        "cold-users",
    ]

    /// The kind's name in a configuration file.
    public var kind: String {
        switch self {
        case .leaveOneOut: "leave-one-out"
        case .leaveOneOutPerDomain: "leave-one-out-per-domain"
        case .ratio: "ratio"
        case .timeCut: "time-cut"
        case .timePoints: "time-points"
        case .coldUsers: "cold-users"
        }
    }

    /// The shares of all events that are asked for; nil for rules that ask for none.
    var askedShares: (validation: Double, test: Double)? {
        switch self {
        case .ratio(let train, let validation): (validation, 1 - train - validation)
        case .timeCut(let validation, let test): (validation, test)
        case .leaveOneOut, .leaveOneOutPerDomain, .timePoints, .coldUsers: nil
        }
    }

    /// Throws when a share is not one, or when nothing would be left for training or test.
    public func validate() throws(SplitError) {
        func check(_ condition: Bool, _ expected: String) throws(SplitError) {
            guard condition else { throw .invalidRule(kind: kind, expected: expected) }
        }
        switch self {
        case .leaveOneOut, .leaveOneOutPerDomain: break
        case .ratio(let train, let validation):
            try check(train > 0 && train < 1, "train between 0 and 1")
            try check(
                validation >= 0 && train + validation < 1,
                "validation of at least 0, and train + validation below 1")
        case .timeCut(let validation, let test):
            try check(test > 0 && test < 1, "test between 0 and 1")
            try check(
                validation >= 0 && validation + test < 1,
                "validation of at least 0, and validation + test below 1")
        case .timePoints(let validation, let test):
            try check(validation <= test, "validation at or before test")
        case .coldUsers(_, let share, let validationShare):
            try check(share > 0 && share < 1, "share between 0 and 1")
            try check(
                validationShare >= 0 && validationShare < 1, "validationShare in 0..<1")
        }
    }
}

/// Why a dataset cannot be split.
public enum SplitError: Error, Equatable, CustomStringConvertible {
    /// A number of the rule is out of range.
    case invalidRule(kind: String, expected: String)
    /// The rule names a domain that the dataset does not have.
    case unknownDomain(String, known: [String], nearest: String?)
    /// The rule needs times and the dataset has none.
    case noTimes(kind: String)
    /// The rule holds out no test event.
    case noTestCases(kind: String, reason: String)
    /// The rule leaves nothing to train.
    case nothingToTrain(kind: String, reason: String)

    /// One line that says what is wrong.
    public var description: String {
        switch self {
        case .invalidRule(let kind, let expected): "split \(kind): expected \(expected)"
        case .unknownDomain(let name, let known, let nearest):
            "split: unknown domain \"\(name)\"; "
                + (nearest.map { "did you mean \"\($0)\"?" }
                    ?? "the dataset has \(known.joined(separator: ", "))")
        case .noTimes(let kind):
            "split \(kind): the dataset has no times; take leave-one-out, ratio or cold-users"
        case .noTestCases(let kind, let reason): "split \(kind): no test case, because \(reason)"
        case .nothingToTrain(let kind, let reason):
            "split \(kind): no event is left to train, because \(reason)"
        }
    }
}
