internal import Interactions
internal import Recommenders
internal import Torch

/// Scores of some rows in one domain.
struct Scores {
    private enum Values {
        /// Inner products of states, a row a history [rows, width], with vectors, a row an item [items, width].
        case products(states: Tensor, vectors: Tensor)
        /// One number a row and item.
        case matrix(ScoreMatrix)
    }

    private let values: Values
    /// The rows that popularity scored, as the model knows nothing of the person.
    let byPopularity: [Bool]

    init(states: Tensor, vectors: Tensor, byPopularity: [Bool]) {
        values = .products(states: states, vectors: vectors)
        self.byPopularity = byPopularity
    }

    init(_ matrix: ScoreMatrix, byPopularity: [Bool]) {
        values = .matrix(matrix)
        self.byPopularity = byPopularity
    }

    /// The places of the best items of each row.
    func topItems(
        count: Int, excluding excluded: ItemSelection
    ) throws(TorchError) -> TopItems {
        switch values {
        case .products(let states, let vectors):
            try states.topItems(of: vectors, count: count, excluding: excluded)
        case .matrix(let scores): try scores.topItems(count: count, excluding: excluded)
        }
    }

    /// How many items score above and like each row's target, of all that are not excluded.
    func ranks(
        of targets: [Int32], excluding excluded: ItemSelection
    ) throws(TorchError) -> RankCounts {
        switch values {
        case .products(let states, let vectors):
            try states.ranks(of: targets, among: vectors, excluding: excluded)
        case .matrix(let scores): try scores.ranks(of: targets, excluding: excluded)
        }
    }

    /// How many items score above and like each row's target, of as many candidates for each.
    func ranks(of targets: [Int32], candidates: [Int32]) throws(TorchError) -> RankCounts {
        switch values {
        case .products(let states, let vectors):
            try states.ranks(of: targets, among: vectors, candidates: candidates)
        case .matrix(let scores): try scores.ranks(of: targets, candidates: candidates)
        }
    }
}

/// Scores histories with any model that ranks.
///
/// Histories that say nothing to the model are scored by popularity, in evaluation as in recommendation.
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

    mutating func callAsFunction(_ histories: SequenceBatch, in domain: DomainID) -> Scores {
        let known = (0..<histories.rows).map { row in
            model.learns(from: histories.items[histories.tokens(ofRow: row)], about: domain)
        }
        guard known.contains(true) else { return popular(rows: histories.rows, in: domain) }
        let byPopularity = known.map { !$0 }
        if let model = model as? any ItemRanker {
            let table = vectors[domain] ?? model.itemVectors(of: domain)
            vectors[domain] = table
            return products(
                model.states(of: histories, in: domain), table, byPopularity, in: domain)
        }
        guard let model = model as? any ItemScorer else {
            preconditionFailure("Scoring: a ranker is an ItemRanker or an ItemScorer")
        }
        var scores = ScoreMatrix(model.scores(of: histories, in: domain))
        if byPopularity.contains(true) {
            let popular = popularity(domain)[...]
            for row in byPopularity.indices where byPopularity[row] { scores[row] = popular }
        }
        return Scores(scores, byPopularity: byPopularity)
    }

    /// The same popularity for every row.
    func popular(rows: Int, in domain: DomainID) -> Scores {
        let events = popularity(domain)
        return Scores(
            states: .ones([rows, 1]), vectors: Tensor(events, shape: [events.count, 1]),
            byPopularity: Array(repeating: true, count: rows))
    }

    private func products(
        _ states: Tensor, _ vectors: Tensor, _ byPopularity: [Bool], in domain: DomainID
    ) -> Scores {
        guard byPopularity.contains(true) else {
            return Scores(states: states, vectors: vectors, byPopularity: byPopularity)
        }
        // One more column: the popularity of items, which rows that are known multiply by zero.
        func column(_ numbers: [Float]) -> Tensor {
            Tensor(numbers, shape: [numbers.count, 1], device: states.device)
        }
        let known = states * column(byPopularity.map { $0 ? 0 : 1 })
        return Scores(
            states: .concatenate([known, column(byPopularity.map { $0 ? 1 : 0 })], dimension: 1),
            vectors: .concatenate([vectors, column(popularity(domain))], dimension: 1),
            byPopularity: byPopularity)
    }
}
