public import Interactions

/// How many items of each domain are drawn as negatives, and for what.
public enum Negatives: Equatable, Sendable {
    /// None.
    case none
    /// So many for each position, none of them its target or an item that the person had in training.
    case perPosition(Int, from: NegativePool = .domain)
    /// So many that a whole batch shares.
    case perBatch(Int, from: NegativePool = .domain)

    /// What is drawn from.
    public var pool: NegativePool {
        switch self {
        case .none: .domain
        case .perPosition(_, let pool), .perBatch(_, let pool): pool
        }
    }
}

/// One phase of training: what it learns from, what it changes, and its loss.
public struct TrainingPhase {
    /// What a phase does, with what it does it to; a loss is typed where it is written.
    public enum Work {
        /// Steps on users' training sequences over all domains, with negatives.
        case sequences(Negatives, loss: (SequenceBatch, DrawnItems) -> Loss)
        /// Steps on the rated training events of some domains.
        case ratings(in: [DomainID], loss: (RatingBatch) -> Loss)
        /// Steps on users with training events in each of some domains.
        case users(in: [DomainID], loss: ([Int32]) -> Loss)
        /// No steps: all training events at once; ratings are empty numbers where the data has none.
        case fit((RatingBatch) -> Void)
    }

    /// The phase's name in history files.
    public let name: String
    /// What it does.
    public let work: Work
    /// Prefixes of the parameters that it changes; nil changes all.
    public let trainable: [String]?
    /// The number of epochs; nil takes the experiment's and stops early on validation.
    public let epochs: Int?

    /// Whether it is made of steps.
    public var hasSteps: Bool { if case .fit = work { false } else { true } }

    /// Whether validation chooses its best epoch.
    public var isValidated: Bool { epochs == nil && hasSteps }

    /// Declares a phase.
    public init(
        _ name: String, _ work: Work, trainable: [String]? = nil, epochs: Int? = nil
    ) {
        self.name = name
        self.work = work
        self.trainable = trainable
        self.epochs = epochs
    }
}
