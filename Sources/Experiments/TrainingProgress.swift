/// What happens during training, for whoever shows it.
public enum TrainingEvent: Sendable {
    /// Before the first step: parameters, and the memory that the run will need, in bytes.
    case started(parameters: Int, estimatedMemory: Int, resumedAtEpoch: Int?)
    /// Something worth a word, such as a setting without effect or what the model took of the data; a line.
    case note(String)
    /// Something that was not as expected and was dealt with; a line.
    case warning(String)
    /// After a step.
    case step(StepProgress)
    /// After an epoch with its line of history.
    case epoch(HistoryEntry)
    /// The best epoch's weights are in place and the test part was evaluated.
    case finished(EvaluationResult)
}

/// Where training stands within an epoch.
public struct StepProgress: Sendable {
    /// The phase's name.
    public let phase: String
    /// Whether no other phase follows.
    public let isLastPhase: Bool
    /// The epoch, from 1, and the most there can be.
    public let epoch: Int
    /// The most epochs of the phase.
    public let epochs: Int
    /// Steps done in this epoch.
    public let step: Int
    /// Steps of the epoch.
    public let steps: Int
    /// Tokens, ratings or users a second in this epoch.
    public let examplesPerSecond: Double
    /// The mean loss of the epoch so far.
    public let loss: Double
}

/// One line of a run's history: one epoch.
public struct HistoryEntry: Codable, Equatable, Sendable {
    /// The phase's name.
    public var phase: String
    /// The epoch, from 1.
    public var epoch: Int
    /// The mean loss over examples.
    public var loss: Double
    /// The mean of each part of the loss.
    public var parts: [String: Double]
    /// The learning rate of the last step.
    public var learningRate: Double
    /// Seconds of training.
    public var seconds: Double
    /// Seconds of validation.
    public var validationSeconds: Double
    /// Tokens, ratings or users a second.
    public var examplesPerSecond: Double
    /// The result on validation, if it ran.
    public var validation: EvaluationResult?
    /// Whether this epoch is the best so far.
    public var isBest: Bool
}
