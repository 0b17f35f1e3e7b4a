import Experiments
import Synchronization

/// Shows training: a line that is redrawn on a terminal, a line an epoch everywhere.
final class TrainingDisplay {
    /// What a signal leaves, which another thread may ask for at any time.
    final class Kept: Sendable {
        private let epoch = Mutex<String?>(nil)

        fileprivate func set(_ name: String) { epoch.withLock { $0 = name } }

        /// The last whole epoch, if there is one.
        var lastEpoch: String? { epoch.withLock(\.self) }
    }

    /// The epochs that are safe on disk.
    let kept = Kept()
    private let selection: String
    private let line: ProgressLine
    private let clock: () -> Double
    /// When the epoch began, and the seconds of the last whole one with its validation.
    private var begin: Double
    private var lastEpoch: (training: Double, validation: Double)?

    /// Shows the epochs by the metric that selects the best one.
    convenience init(selection: String) {
        let start = ContinuousClock.now
        self.init(
            selection: selection, line: ProgressLine(),
            clock: { Number.seconds(start.duration(to: .now)) })
    }

    init(selection: String, line: ProgressLine, clock: @escaping () -> Double) {
        self.selection = selection
        self.line = line
        self.clock = clock
        begin = clock()
    }

    /// Shows an event.
    func show(_ event: TrainingEvent) {
        // The epoch's state is on disk before the event comes.
        if case .epoch(let entry) = event { kept.set("\(entry.phase) epoch \(entry.epoch)") }
        Interruption.safePoint()
        switch event {
        case .started(let parameters, let memory, let resumed):
            Console.line(
                "\(Number.grouped(parameters)) parameters, about \(Number.memory(memory)) of memory"
                    + (resumed.map { ", resumed after epoch \($0)" } ?? ""))
            if let resumed, resumed > 0 { kept.set("epoch \(resumed)") }
        case .note(let text): Console.line(text)
        case .notice(let text): Console.error(text)
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
