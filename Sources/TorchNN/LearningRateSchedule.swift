internal import Foundation

/// How the learning rate moves after the warm-up.
public enum ScheduleKind: String, Codable, Sendable, CaseIterable {
    /// It stays.
    case constant
    /// Multiplied by `factor` when `patience` validations brought no gain.
    case plateau
    /// Multiplied by `factor` after each epoch.
    case exponential
    /// Half a cosine from the full rate to `minimum` over all steps, without restarts.
    case cosine
}

/// Settings of a learning-rate schedule.
public struct ScheduleConfiguration: Codable, Equatable, Sendable {
    /// What happens after the warm-up.
    public var kind = ScheduleKind.constant
    /// Epochs of linear warm-up; the rate changes between epochs.
    public var warmupEpochs = 0
    /// The first epoch's share of the full rate.
    public var warmupStart = 1e-5
    /// What a plateau, or an epoch of the exponential, multiplies the rate by.
    public var factor = 0.3162
    /// How many validations without gain a plateau forgives.
    public var patience = 30
    /// The rate at the end of the cosine.
    public var minimum = 0.0

    /// A constant rate.
    public init() {}
}

/// The learning rate of each step, and the little state that a plateau needs.
public struct LearningRateSchedule: Codable, Equatable, Sendable {
    private let configuration: ScheduleConfiguration
    private let base: Double
    private let epochs: Int
    private var reductions = 0
    private var epochsWithoutGain = 0

    /// Plans for at most `epochs` epochs from the full rate `base`.
    public init(_ configuration: ScheduleConfiguration, base: Double, epochs: Int) {
        self.configuration = configuration
        self.base = base
        self.epochs = epochs
    }

    /// Goes on where a stored schedule stood; false when that cannot have stood there.
    public mutating func resume(from stored: LearningRateSchedule) -> Bool {
        let possible = 0...Int(Int32.max)
        guard possible.contains(stored.reductions), possible.contains(stored.epochsWithoutGain)
        else { return false }
        (reductions, epochsWithoutGain) = (stored.reductions, stored.epochsWithoutGain)
        return true
    }

    /// Whether an epoch (from 0) belongs to the warm-up.
    public func isWarmup(epoch: Int) -> Bool { epoch < configuration.warmupEpochs }

    /// The rate of a step, with `progress` in [0, 1) the share of the epoch that is done.
    public func rate(epoch: Int, progress: Double) -> Double {
        if isWarmup(epoch: epoch) {
            let share = Double(epoch) / Double(configuration.warmupEpochs)
            return base * (configuration.warmupStart + (1 - configuration.warmupStart) * share)
        }
        switch configuration.kind {
        case .constant: return base
        case .plateau: return base * pow(configuration.factor, Double(reductions))
        case .exponential:
            return base * pow(configuration.factor, Double(epoch - configuration.warmupEpochs))
        case .cosine:
            let start = Double(configuration.warmupEpochs)
            let span = max(Double(epochs) - start, 1)
            let share = min(max((Double(epoch) + progress - start) / span, 0), 1)
            return configuration.minimum
                + (base - configuration.minimum) / 2 * (1 + cos(.pi * share))
        }
    }

    /// Tells the plateau whether an epoch after the warm-up brought a gain.
    public mutating func epochEnded(gained: Bool) {
        guard configuration.kind == .plateau else { return }
        epochsWithoutGain = gained ? 0 : epochsWithoutGain + 1
        if epochsWithoutGain > configuration.patience {
            reductions += 1
            epochsWithoutGain = 0
        }
    }
}
