internal import Foundation
public import Interactions
internal import Recommenders
public import Torch

/// A run cannot be evaluated as asked.
public enum RunEvaluationError: Error, Equatable, CustomStringConvertible {
    /// The stored result is of another part or with other candidates, so the dataset is needed.
    case needsDataset(asked: String, stored: String)
    /// The dataset is not the one of the run.
    case otherDataset(path: String, expected: String, got: String)

    /// One line that says what to do.
    public var description: String {
        switch self {
        case .needsDataset(let asked, let stored):
            "the run holds the result for \(stored), not for \(asked); give --data to evaluate again"
        case .otherDataset(let path, let expected, let got):
            "\(path) has the checksum \(got), the run was trained on \(expected); give the "
                + "dataset of the run"
        }
    }
}

/// Evaluates a finished run again, under its own protocol or with other candidates.
public struct RunEvaluation {
    private let run: RunDirectory
    private let configuration: ExperimentConfiguration
    private let result: EvaluationResult

    /// Reads the experiment and the result of a finished run.
    public init(_ run: RunDirectory) throws {
        result = try run.requireFinished()
        self.run = run
        configuration = try ExperimentConfiguration(contentsOf: run.experiment)
    }

    /// The result that the run holds; throws when it is not of this part and these candidates.
    public func stored(part: Part?, candidates: Candidates?) throws -> EvaluationResult {
        let askedPart = part?.rawValue ?? result.split
        let askedCandidates = candidates?.description ?? result.candidates
        guard askedPart == result.split, askedCandidates == result.candidates else {
            throw RunEvaluationError.needsDataset(
                asked: "\(askedPart) with candidates \(askedCandidates)",
                stored: "\(result.split) with candidates \(result.candidates)")
        }
        return result
    }

    /// Evaluates the run's model on the dataset that it was trained on; nothing is written.
    ///
    /// Without `candidates` the run's own are taken. Ties, exclusion and metrics are the run's.
    public func evaluate(
        on dataset: Dataset, part: Part, candidates: Candidates? = nil, device: Device = .cpu
    ) throws -> EvaluationResult {
        let saved = try SavedModel(run, device: device)
        guard saved.datasetChecksum == dataset.checksum else {
            throw RunEvaluationError.otherDataset(
                path: dataset.directory?.path ?? "the dataset", expected: saved.datasetChecksum,
                got: dataset.checksum)
        }
        var evaluation = configuration.evaluation.resolved
        if let candidates {
            try require(
                evaluation.task == .ranking, "candidates",
                expected: "none, as ratings are predicted", got: candidates.description)
            evaluation = evaluation.among(candidates)
        }
        let split = try configuration.data.split(dataset, seed: configuration.seed)
        return try Evaluator(evaluation, split: split, seed: configuration.seed)
            .evaluate(saved.model, on: part)
    }
}
