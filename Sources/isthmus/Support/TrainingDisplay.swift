import Experiments
import Synchronization

/// Shows training: a line that is redrawn on a terminal, a line an epoch everywhere.
final class TrainingDisplay {
    /// What a signal leaves.
    enum Left {
        /// Nothing: no epoch had ended.
        case nothing
        /// The run as of its last whole epoch.
        case epoch(String)
        /// The whole run.
        case everything
    }

    /// What a signal leaves, which another thread may ask for at any time.
    final class Kept: Sendable {
        private let state = Mutex(Left.nothing)

        fileprivate func set(_ left: Left) { state.withLock { $0 = left } }

        /// What is safe on disk.
        var left: Left { state.withLock(\.self) }
    }

    /// What is safe on disk.
    let kept = Kept()
    private let model: String
    private let selection: String
    private let line: ProgressLine
    private let clock: () -> Double
    /// When the epoch began, and the seconds of the last whole one with its validation.
    private var begin: Double
    private var lastEpoch: (training: Double, validation: Double)?

    /// Shows the epochs by the metric that selects the best one.
    convenience init(model: String, selection: String) {
        let start = ContinuousClock.now
        self.init(
            model: model, selection: selection, line: ProgressLine(),
            clock: { Number.seconds(start.duration(to: .now)) })
    }

    init(model: String, selection: String, line: ProgressLine, clock: @escaping () -> Double) {
        self.model = model
        self.selection = selection
        self.line = line
        self.clock = clock
        begin = clock()
    }

    /// Shows an event.
    func show(_ event: TrainingEvent) {
        // What an event tells of is on disk before it comes.
        switch event {
        case .started(_, _, let resumed?) where resumed > 0: kept.set(.epoch("epoch \(resumed)"))
        case .epoch(let entry): kept.set(.epoch("\(entry.phase) epoch \(entry.epoch)"))
        case .finished: kept.set(.everything)
        default: break
        }
        Interruption.safePoint()
        switch event {
        case .started(let parameters, let memory, let resumed):
            Console.line(
                "\(model): \(Number.grouped(parameters)) parameters, about \(Number.memory(memory)) of memory"
                    + (resumed.map { ", resumed after epoch \($0)" } ?? ""))
        case .note(let text): Console.line("note: \(text)")
        case .warning(let text): ResultTable.warn([text])
        case .step(let progress):
            let share = Double(progress.step) / Double(max(progress.steps, 1))
            line.show(share: share, parts(progress))
            return
        case .epoch(let entry):
            lastEpoch = (entry.seconds, entry.validationSeconds)
            Console.line(Self.line(entry, selection: selection))
        case .finished: break
        }
        line.clear()
        begin = clock()
    }

    private func parts(_ progress: StepProgress) -> [String] {
        var parts = ["\(progress.phase) epoch \(progress.epoch)/\(progress.epochs)"]
        if let left = secondsLeft(progress) {
            // Training may end earlier, when validation gains nothing any more.
            parts.append(
                "at most \(Number.duration(max(left.rounded(.up), 1))) left"
                    + (progress.isLastPhase ? "" : " in this phase"))
        }
        return parts + [
            "step \(progress.step)/\(progress.steps)", "loss \(Number.decimals(progress.loss))",
            "\(Number.rate(progress.examplesPerSecond)) examples/s",
        ]
    }

    /// What the phase still takes; nil while a step or two say little of it.
    private func secondsLeft(_ progress: StepProgress) -> Double? {
        let elapsed = clock() - begin
        guard elapsed > 0, progress.step > 0, progress.step >= 3 || elapsed >= 2 else { return nil }
        let training = elapsed / Double(progress.step) * Double(progress.steps)
        let whole = lastEpoch.map { $0.training + $0.validation } ?? training
        return training - elapsed + (lastEpoch?.validation ?? 0)
            + Double(progress.epochs - progress.epoch) * whole
    }

    /// An epoch's line.
    static func line(_ entry: HistoryEntry, selection: String) -> String {
        var line = "\(entry.phase) epoch \(entry.epoch): loss \(Number.decimals(entry.loss))"
        if let mean = entry.validation?.mean(selection) {
            line += ", validation \(selection) \(Number.decimals(mean))"
            if entry.isBest { line += " (best)" }
        }
        return line + ", \(Number.rate(entry.examplesPerSecond)) examples/s, "
            + Number.duration(entry.seconds + entry.validationSeconds)
    }
}
