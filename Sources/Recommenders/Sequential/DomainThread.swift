// The threads of the domains on the time axis of the mixed sequence: what may be read at which step.

internal import Interactions
public import Torch

/// One domain's tokens at some place of a host, as they predict and as other domains read them.
///
/// A token stands at its event's place in the row, and predicts at a later step: the place before its domain's next
/// event. There it may read what other domains had until then, their newest event included. Whoever reads the token
/// in between must not learn of that through it, so that others read the token's memory, which has itself read only
/// what came before its place. Both versions are one until a stage has crossed the threads.
public struct DomainThread {
    /// The tokens that predict. [queries, width]
    public private(set) var queries: JaggedTensor
    /// The place of the newest event that each of these knows; increasing within a row.
    public let steps: [Int32]
    /// Where each token of the memory stands; increasing within a row.
    public let places: [Int32]
    private var kept: Memory

    private enum Memory {
        case sameAsQueries
        case apart(JaggedTensor)
        case dropped
    }

    /// Tokens that predict and are read alike, until a stage crosses them.
    public init(_ tokens: JaggedTensor, places: [Int32], steps: [Int32]) {
        precondition(
            places.count == tokens.layout.tokenCount && steps.count == places.count,
            "DomainThread: expected a place and a step for each token")
        (queries, self.places, self.steps, kept) = (tokens, places, steps, .sameAsQueries)
    }

    /// Tokens that predict, and others that are read.
    public init(queries: JaggedTensor, steps: [Int32], memory: JaggedTensor, places: [Int32]) {
        precondition(
            steps.count == queries.layout.tokenCount && places.count == memory.layout.tokenCount
                && queries.layout.rowCount == memory.layout.rowCount,
            "DomainThread: expected a step for each query, a place for each token of the memory")
        (self.queries, self.steps, self.places) = (queries, steps, places)
        kept = .apart(memory)
    }

    /// The tokens as other domains read them. [tokens, width]
    public var memory: JaggedTensor {
        switch kept {
        case .sameAsQueries: queries
        case .apart(let memory): memory
        case .dropped: preconditionFailure("DomainThread: expected a later stage to read memory")
        }
    }

    /// Puts both versions through a layer of the host, once while they are the same.
    public mutating func update(_ layer: (JaggedTensor) -> JaggedTensor) {
        update(queries: layer, memory: layer)
    }

    /// Puts each version through a layer that knows what else it needs of its tokens.
    mutating func update(
        queries layer: (JaggedTensor) -> JaggedTensor, memory: (JaggedTensor) -> JaggedTensor
    ) {
        queries = layer(queries)
        if case .apart(let tokens) = kept { kept = .apart(memory(tokens)) }
    }

    /// Takes what a stage made of both versions; without a memory nobody can read the thread any more.
    mutating func take(queries: JaggedTensor, memory: JaggedTensor?) {
        self.queries = queries
        kept = memory.map(Memory.apart) ?? .dropped
    }
}

extension DomainThread {
    /// For each query, how many tokens of another domain's memory its row has up to the query's step.
    func queryLimits(in other: DomainThread) -> [Int32] {
        other.counts(upTo: steps, of: queries.layout)
    }

    /// For each token of the memory, how many tokens of another domain's memory its row has up to the token's place.
    func memoryLimits(in other: DomainThread) -> [Int32] {
        other.counts(upTo: places, of: memory.layout)
    }

    private func counts(upTo bounds: [Int32], of layout: JaggedLayout) -> [Int32] {
        let own = memory.layout
        var counts = [Int32](repeating: 0, count: bounds.count)
        for row in 0..<layout.rowCount {
            let tokens = own.tokens(of: row)
            var next = tokens.lowerBound
            for reader in layout.tokens(of: row) {
                while next < tokens.upperBound, places[next] <= bounds[reader] { next += 1 }
                counts[reader] = Int32(next - tokens.lowerBound)
            }
        }
        return counts
    }

    /// The steps of all of a domain's events: the place before the domain's next event, the row's last one for the
    /// newest.
    static func steps(of places: [Int32], offsets: [Int32], in batch: SequenceBatch) -> [Int32] {
        (0..<batch.rows).flatMap { row -> [Int32] in
            let own = places[Int(offsets[row])..<Int(offsets[row + 1])]
            let end = Int32(batch.tokens(ofRow: row).count)
            return own.isEmpty ? [] : (own.dropFirst() + [end]).map { $0 - 1 }
        }
    }
}
