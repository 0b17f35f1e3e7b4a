internal import Interactions
internal import Torch

/// States that are scored in training, and the token of the batch after which each stands.
struct TrainingStates {
    /// Positions on the batch's token axis.
    let tokens: [Int32]
    /// One state a token. [tokens, width]
    let states: Tensor
}

/// A model that learns from sequences step by step: no state may know what comes after its token.
protocol SteppedInTraining: Ranker {
    /// The states of all steps, for each encoder or domain in turn.
    func trainingStates(of sequences: SequenceBatch) -> [TrainingStates]
}
