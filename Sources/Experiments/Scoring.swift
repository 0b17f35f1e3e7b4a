internal import Interactions
internal import Recommenders
internal import Torch

/// Scores of some rows in one domain as inner products: of a row's state with an item's vector.
struct ScoreFactors {
    /// A row a history. [rows, width]
    let states: Tensor
    /// A row an item. [items, width]
    let vectors: Tensor
}

/// Scores histories with any model that ranks.
///
/// Scores that are no inner products are written as such, of unit vectors with columns of scores: ranking and retrieval
/// then know one kind of model. Their memory is rows × items.
struct Scoring {
    private let model: any Ranker
    private var vectors: [DomainID: Tensor] = [:]

    /// Takes a model in evaluation state, whose weights do not change meanwhile.
    init(_ model: any Ranker) {
        self.model = model
    }

    mutating func callAsFunction(
        _ histories: SequenceBatch, in domain: DomainID
    ) -> ScoreFactors {
        let rows = histories.rows
        if let model = model as? any ItemRanker {
            let known = vectors[domain] ?? model.itemVectors(of: domain)
            vectors[domain] = known
            let domains = [DomainID](repeating: domain, count: rows)
            return ScoreFactors(
                states: model.states(of: histories, in: domains), vectors: known)
        }
        guard let model = model as? any ItemScorer else {
            preconditionFailure("Scoring: a ranker is an ItemRanker or an ItemScorer")
        }
        let scores = model.scores(of: histories, in: domain)  // [rows, items]
        var units = [Float](repeating: 0, count: rows * rows)
        for row in 0..<rows { units[row * rows + row] = 1 }
        return ScoreFactors(
            states: Tensor(units, shape: [rows, rows], device: scores.device),
            vectors: scores.transposed())
    }
}
