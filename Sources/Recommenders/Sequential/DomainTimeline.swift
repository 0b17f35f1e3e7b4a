internal import Interactions
internal import Torch

/// The events of each domain of a batch of mixed sequences, and what is newest at every token.
struct DomainTimeline {
    /// One domain's events.
    struct Thread {
        /// Items, row by row.
        var items: [Int32] = []
        /// Where each row begins.
        var offsets: [Int32] = [0]
        /// Each item's token in the batch.
        var tokens: [Int32] = []
    }

    /// The domains' events in turn.
    private(set) var threads: [Thread]
    /// For each domain and token its newest event up to the token, as an index into its thread; -1 without one.
    private(set) var newest: [[Int32]]
    /// For each domain and token the newest event of any other domain up to the token, as an index into all threads one
    /// after another; -1 without one.
    private(set) var newestElsewhere: [[Int32]]
    /// For each domain and token, how many events of other domains its row has up to the token.
    private(set) var countsElsewhere: [[Int32]]
    /// Each token's event as an index into all threads one after another.
    private(set) var events: [Int32]

    /// Reads the inputs of a batch.
    init(_ batch: SequenceBatch, shape: DataShape) {
        let domains = batch.items.map { shape.domain(of: $0) }
        var starts = [Int32](repeating: 0, count: shape.domains.count + 1)
        for domain in domains { starts[domain + 1] += 1 }
        for domain in shape.domains.indices { starts[domain + 1] += starts[domain] }
        threads = shape.domains.map { _ in Thread() }
        let none = [Int32](repeating: -1, count: batch.items.count)
        newest = shape.domains.map { _ in none }
        newestElsewhere = newest
        countsElsewhere = newest
        events = none
        for row in 0..<batch.rows {
            var own = [Int32](repeating: -1, count: threads.count)
            var elsewhere = own
            var counts = [Int32](repeating: 0, count: threads.count)
            for token in batch.tokens(ofRow: row) {
                let domain = domains[token]
                own[domain] = Int32(threads[domain].items.count)
                events[token] = starts[domain] + own[domain]
                threads[domain].items.append(batch.items[token])
                threads[domain].tokens.append(Int32(token))
                for other in threads.indices {
                    if other != domain {
                        elsewhere[other] = events[token]
                        counts[other] += 1
                    }
                    newest[other][token] = own[other]
                    newestElsewhere[other][token] = elsewhere[other]
                    countsElsewhere[other][token] = counts[other]
                }
            }
            for domain in threads.indices {
                threads[domain].offsets.append(Int32(threads[domain].items.count))
            }
        }
    }
}

extension DomainTimeline {
    /// For each domain its states beside those of the newest event elsewhere, zeros without one. Each [events, 2 h]
    func pairs(_ encoded: [Tensor]) -> [JaggedTensor] {
        let all = Tensor.concatenate(encoded)
        return threads.indices.map { index in
            let elsewhere = threads[index].tokens.map { newestElsewhere[index][Int($0)] }
            return JaggedTensor(
                values: .concatenate([encoded[index], all.rowsOrZeros(elsewhere)], dimension: 1),
                layout: JaggedLayout(offsets: threads[index].offsets))
        }
    }
}

/// Tokens of a batch after which a domain is predicted.
struct PredictedSteps {
    /// Tokens in order; -1 for a row without any.
    var tokens: [Int32] = []
    /// Where each row's begin.
    var offsets: [Int32] = [0]

    /// The tokens of a training batch whose targets are of a domain.
    static func training(_ batch: SequenceBatch, of items: Range<Int32>) -> PredictedSteps {
        var steps = PredictedSteps()
        for row in 0..<batch.rows {
            steps.tokens += batch.tokens(ofRow: row).filter { items.contains(batch.targets[$0]) }
                .map(Int32.init)
            steps.offsets.append(Int32(steps.tokens.count))
        }
        return steps
    }

    /// All tokens of a batch.
    static func all(_ batch: SequenceBatch) -> PredictedSteps {
        PredictedSteps(tokens: (0..<Int32(batch.tokens)).map { $0 }, offsets: batch.offsets)
    }

    /// The last token of each row.
    static func newest(_ batch: SequenceBatch) -> PredictedSteps {
        PredictedSteps(
            tokens: lastPlaces(batch.offsets),
            offsets: (0...Int32(batch.rows)).map { $0 })
    }

    /// What stands at the tokens in a list with one number a token; `absent` in a row without tokens.
    func at(_ numbers: [Int32], absent: Int32 = -1) -> [Int32] {
        tokens.map { $0 < 0 ? absent : numbers[Int($0)] }
    }

    /// Some of the steps, by their places in order.
    func keeping(_ places: [Int], rows: Int) -> PredictedSteps {
        var kept = PredictedSteps()
        var place = 0
        for row in 0..<rows {
            while place < places.count, places[place] < Int(offsets[row + 1]) {
                kept.tokens.append(tokens[places[place]])
                place += 1
            }
            kept.offsets.append(Int32(kept.tokens.count))
        }
        return kept
    }
}
