import Experiments

/// Shows training: a line that is redrawn on a terminal, a line an epoch everywhere.
final class TrainingDisplay {
    private let bar = ProgressBar()
    /// Seconds of the last whole epoch with its validation, to foresee those that are left.
    private var epochSeconds: Double?

    /// Shows an event.
    func show(_ event: TrainingEvent) {
        switch event {
        case .started(let parameters, let memory, let resumed):
            Console.line(
                "\(Number.grouped(parameters)) parameters, about \(Number.memory(memory)) of memory"
                    + (resumed.map { ", resumed after epoch \($0)" } ?? ""))
        case .notice(let text): Console.error(text)
        case .step(let progress): show(progress)
        case .epoch(let entry):
            epochSeconds = entry.seconds + entry.validationSeconds
            bar.clear()
            Console.line(Self.line(entry))
        case .finished: bar.clear()
        }
    }

    private func show(_ progress: StepProgress) {
        let epochs = Double(progress.epochs - progress.epoch)
        let elapsed = progress.secondsLeft * Double(progress.step)
        let epoch = elapsed / Double(max(progress.steps - progress.step, 1)) + progress.secondsLeft
        let left = progress.secondsLeft + epochs * (epochSeconds ?? epoch)
        bar.show(
            share: Double(progress.step) / Double(max(progress.steps, 1)),
            "\(progress.phase) epoch \(progress.epoch)/\(progress.epochs) "
                + "step \(progress.step)/\(progress.steps) "
                + "\(Number.grouped(Int(progress.examplesPerSecond)))/s "
                + "loss \(Number.decimals(progress.loss)) "
                + "at most \(Number.duration(left)) left")
    }

    /// An epoch's line.
    static func line(_ entry: HistoryEntry) -> String {
        var line =
            "\(entry.phase) epoch \(entry.epoch): loss \(Number.decimals(entry.loss)), "
            + "\(Number.grouped(Int(entry.examplesPerSecond)))/s, "
            + Number.duration(entry.seconds)
        if let validation = entry.validation {
            let metrics = ResultTable.metrics(of: validation).filter {
                ["NDCG@10", "MRR", "MAE", "RMSE"].contains($0)
            }
            for metric in metrics.prefix(2) {
                guard let mean = validation.mean(metric) else { continue }
                line += ", validation \(metric) \(Number.decimals(mean))"
            }
            if entry.isBest { line += " (best)" }
        }
        return line
    }
}
