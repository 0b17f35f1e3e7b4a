internal import Files
internal import Foundation

/// A run directory or one of its files is not what it should be.
public enum RunError: Error, Equatable, CustomStringConvertible {
    /// A file is missing, damaged or of another version.
    case unreadable(path: String, reason: String)
    /// A file cannot be written.
    case unwritable(path: String, reason: String)
    /// A new run would overwrite one.
    case exists(path: String)
    /// A new run would mix with something that is none.
    case occupied(path: String, name: String)
    /// There is nothing to resume from.
    case nothingToResume(path: String)
    /// What is asked for is there only when the run has ended.
    case unfinished(path: String)
    /// Another process trains there.
    case busy(path: String)
    /// The resumed run was started with other settings or data.
    case changed(what: String, path: String)
    /// A run that has ended is to be trained for longer.
    case ended(path: String, differences: String)
    /// A file without which the run cannot be continued is lost or damaged.
    case lost(path: String, file: String, reason: String)
    /// Training produced a loss that is not a number.
    case lossNotFinite(phase: String, epoch: Int, step: Int, kept: String)
    /// An epoch left weights, moments of the optimizer or scores that are not numbers.
    case notFinite(what: String, phase: String, epoch: Int, kept: String)
    /// The split leaves nothing to learn from.
    case noExamples(phase: String)
    /// The run does not fit the dataset that it is evaluated on.
    case otherData(path: String, reason: String)

    /// A file that could not be read.
    init(reading error: FileError) { self = .unreadable(path: error.path, reason: error.reason) }

    /// A run that is to go on with other settings.
    static func otherExperiment(_ differences: String, in run: RunDirectory) -> RunError {
        .changed(what: "experiment (\(differences))", path: run.url.path)
    }

    /// A run that is to go on with another dataset, by the checksums of both.
    static func otherDataset(_ then: String, now: String, in run: RunDirectory) -> RunError {
        .changed(what: "dataset (\(then) then, \(now) now)", path: run.url.path)
    }

    private static let tame =
        "Lower training.optimizer.learningRate or set training.clipNorm, and train into another "
        + "--output"

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
        case .exists(let path):
            "\(path) exists already; choose another --output, or --resume to continue it"
        case .occupied(let path, let name):
            "\(path) holds \(name), which is no part of a run; choose another --output"
        case .nothingToResume(let path): "\(path) holds no run to resume; leave out --resume"
        case .unfinished(let path):
            "\(path) is not finished; continue it with the command that began it and --resume"
        case .busy(let path): "\(path): another process is training there"
        case .changed(let what, let path):
            "\(path) was started with another \(what); resume it with the same, or choose another "
                + "--output"
        case .ended(let path, let differences):
            "\(path) is finished, and what it takes to go on was removed: \(differences); train "
                + "into another --output"
        case .lost(let path, let file, let reason):
            "\(file): \(reason); without it the run cannot be continued: remove \(path) and train "
                + "anew without --resume"
        case .lossNotFinite(let phase, let epoch, let step, let kept):
            "the loss is not a number in phase \(phase), epoch \(epoch), step \(step); \(kept). "
                + Self.tame
        case .notFinite(let what, let phase, let epoch, let kept):
            "\(what): not a number after epoch \(epoch) of phase \(phase); \(kept). " + Self.tame
        case .noExamples(let phase):
            "phase \(phase) has no example to learn from; leave-one-out takes two events of a person, and a "
                + "model that learns from sequences needs two more, four in all; look at the dataset "
                + "with describe"
        case .otherData(let path, let reason): "\(path): \(reason)"
        }
    }
}
