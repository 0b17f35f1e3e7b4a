internal import Interactions
internal import Recommenders
internal import Torch

/// Scores of some rows in one domain as inner products: of a row's state with an item's vector.
struct ScoreFactors {
    /// A row a history. [rows, width]
    let states: Tensor
    /// A row an item. [items, width]
    let vectors: Tensor
    /// The rows that popularity scored, as the model knows nothing of the person.
    let byPopularity: [Bool]
}

/// Scores histories with any model that ranks.
///
/// Histories that say nothing to the model are scored by popularity, in evaluation as in recommendation. Scores that are
/// no inner products are written as such, of unit vectors with columns of scores: ranking and retrieval then know one
/// kind of model. Their memory is rows × items.
struct Scoring {
    private let model: any Ranker
    /// Training events of each item of a domain.
    private let popularity: (DomainID) -> [Float]
    private var vectors: [DomainID: Tensor] = [:]

    /// Takes a model in evaluation state, whose weights do not change meanwhile.
    init(_ model: any Ranker, popularity: @escaping (DomainID) -> [Float]) {
        self.model = model
        self.popularity = popularity
    }

    mutating func callAsFunction(
        _ histories: SequenceBatch, in domain: DomainID
    ) -> ScoreFactors {
        let known = (0..<histories.rows).map { row in
            model.learns(from: histories.items[histories.tokens(ofRow: row)], about: domain)
        }
        guard known.contains(true) else { return popular(rows: histories.rows, in: domain) }
        let own = preferences(histories, in: domain)
        guard known.contains(false) else { return own }
        // One more column: the popularity of items, which rows that are known multiply by zero.
        let device = own.states.device
        func column(_ numbers: [Float]) -> Tensor {
            Tensor(numbers, shape: [numbers.count, 1], device: device)
        }
        let states = own.states * column(known.map { $0 ? 1 : 0 })
        return ScoreFactors(
            states: .concatenate([states, column(known.map { $0 ? 0 : 1 })], dimension: 1),
            vectors: .concatenate([own.vectors, column(popularity(domain))], dimension: 1),
            byPopularity: known.map { !$0 })
    }

    /// The same popularity for every row.
    func popular(rows: Int, in domain: DomainID) -> ScoreFactors {
        let events = popularity(domain)
        return ScoreFactors(
            states: .ones([rows, 1]), vectors: Tensor(events, shape: [events.count, 1]),
            byPopularity: Array(repeating: true, count: rows))
    }

    /// The model's own scores.
    private mutating func preferences(
        _ histories: SequenceBatch, in domain: DomainID
    ) -> ScoreFactors {
        let rows = histories.rows
        let byPopularity = [Bool](repeating: false, count: rows)
        if let model = model as? any ItemRanker {
            let table = vectors[domain] ?? model.itemVectors(of: domain)
            vectors[domain] = table
            return ScoreFactors(
                states: model.states(of: histories, in: domain), vectors: table,
                byPopularity: byPopularity)
        }
        guard let model = model as? any ItemScorer else {
            preconditionFailure("Scoring: a ranker is an ItemRanker or an ItemScorer")
        }
        let scores = model.scores(of: histories, in: domain)  // [rows, items]
        var units = [Float](repeating: 0, count: rows * rows)
        for row in 0..<rows { units[row * rows + row] = 1 }
        return ScoreFactors(
            states: Tensor(units, shape: [rows, rows], device: scores.device),
            vectors: scores.transposed(), byPopularity: byPopularity)
    }
}
