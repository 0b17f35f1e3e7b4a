/// Why negatives cannot be drawn.
public enum NegativeSamplerError: Error, Equatable, CustomStringConvertible {
    /// A domain has fewer items outside the excluded ones than negatives are asked for.
    case tooFewItems(domain: DomainID, user: UserID?, available: Int, requested: Int)

    /// One line that says what is wrong.
    public var description: String {
        switch self {
        case .tooFewItems(let domain, let user, let available, let requested):
            "negatives: expected \(counted(requested, "item")) in domain \(domain.rawValue)"
                + (user.map { " outside those excluded for user \($0.rawValue)" } ?? "")
                + ", got \(available)"
        }
    }
}

/// Draws items uniformly, without replacement within a position, from one domain at a time.
///
/// A position's own target is never drawn; the caller says what else is excluded.
public struct NegativeSampler: Sendable {
    /// The ids that may be drawn in each domain.
    public let pools: [ClosedRange<Int32>]
    private let itemCount: Int

    /// Draws from the catalogs of a dataset.
    public init(dataset: Dataset, pool: NegativePool = .domain) {
        self.init(itemRanges: dataset.domains.map { dataset.itemRange(of: $0) }, pool: pool)
    }

    /// Draws from ranges of item ids, one a domain.
    public init(itemRanges: [ClosedRange<Int32>], pool: NegativePool = .domain) {
        pools = itemRanges.enumerated().map { index, range in
            pool == .domainAndIDBefore && index > 0
                ? range.lowerBound - 1...range.upperBound : range
        }
        itemCount = Int(itemRanges.map(\.upperBound).max() ?? 0)
    }

    /// Negatives for each token of a batch, `count` of each domain.
    ///
    /// Each row draws from a stream of its own, so that it gets the same in any batch.
    public func perPosition(
        _ count: Int, for batch: SequenceBatch, excluding excluded: ItemSets,
        stream: (_ row: Int) -> RandomStream
    ) throws(NegativeSamplerError) -> DrawnItems {
        var marks = Marks(itemCount: itemCount)
        // Before there is memory for them.
        for domain in pools.indices {
            try requireFree(count, domain: domain, available: pools[domain].count, marks: marks)
        }
        let perToken = pools.count * count
        let total = batch.tokens * perToken
        var failure: NegativeSamplerError?
        let negatives = [Int32](unsafeUninitializedCapacity: total) { buffer, filled in
            var position = 0
            do throws(NegativeSamplerError) {
                for row in 0..<batch.rows {
                    let user = batch.users[row]
                    var stream = stream(row)
                    let available = marks.exclude(excluded[user], from: pools)
                    defer { marks.readmit(excluded[user]) }
                    for token in batch.tokens(ofRow: row) {
                        let target = batch.targets.isEmpty ? 0 : batch.targets[token]
                        for domain in pools.indices {
                            let output = UnsafeMutableBufferPointer(
                                rebasing: buffer[position..<position + count])
                            let free = try requireFree(
                                count, domain: domain, available: available[domain],
                                user: user, target: target, marks: marks)
                            fill(
                                output, domain: domain, free: free, target: target,
                                marks: &marks, stream: &stream)
                            position += count
                        }
                    }
                }
            } catch {
                failure = error
            }
            filled = position
        }
        if let failure { throw failure }
        return DrawnItems(negatives, count: count, domains: pools.count)
    }

    /// Negatives that a whole batch shares: `count` different items of each domain in turn.
    ///
    /// Nothing is excluded, as what one user has seen is unseen by most others of the batch.
    public func perBatch(
        _ count: Int, stream: inout RandomStream
    ) throws(NegativeSamplerError) -> DrawnItems {
        var marks = Marks(itemCount: itemCount)
        var negatives: [Int32] = []
        for domain in pools.indices {
            negatives += try draw(
                count, domain: domain, available: pools[domain].count, marks: &marks,
                stream: &stream)
        }
        return DrawnItems(negatives, count: count, domains: pools.count)
    }

    /// `count` different items of the case's domain, without its own item and the excluded ones.
    public func candidates(
        for evaluationCase: EvaluationCase, count: Int, excluding excluded: some Sequence<Int32>,
        stream: inout RandomStream
    ) throws(NegativeSamplerError) -> [Int32] {
        var marks = Marks(itemCount: itemCount)
        let available = marks.exclude(excluded, from: pools)
        return try candidates(
            for: evaluationCase, count: count, available: available, marks: &marks,
            stream: &stream)
    }

    /// The same for many cases, with what to exclude for each; one array of `count` a case, flat.
    public func candidates(
        for cases: [EvaluationCase], count: Int, excluding excluded: (EvaluationCase) -> [Int32],
        stream: inout RandomStream
    ) throws(NegativeSamplerError) -> [Int32] {
        var marks = Marks(itemCount: itemCount)
        var all: [Int32] = []
        // More than there are is an error at the first case.
        if count <= itemCount { all.reserveCapacity(cases.count * count) }
        for evaluationCase in cases {
            let items = excluded(evaluationCase)
            let available = marks.exclude(items, from: pools)
            defer { marks.readmit(items) }
            all += try candidates(
                for: evaluationCase, count: count, available: available, marks: &marks,
                stream: &stream)
        }
        return all
    }

    /// Throws what `candidates` would throw for the first case that has fewer than `count`; draws nothing.
    public func require(
        _ count: Int, for cases: [EvaluationCase], excluding excluded: (EvaluationCase) -> [Int32]
    ) throws(NegativeSamplerError) {
        var marks = Marks(itemCount: itemCount)
        for evaluationCase in cases {
            let items = excluded(evaluationCase)
            let available = marks.exclude(items, from: pools)
            defer { marks.readmit(items) }
            let domain = evaluationCase.domain.rawValue
            try requireFree(
                count, domain: domain, available: available[domain], user: evaluationCase.user,
                target: evaluationCase.item.rawValue, marks: marks)
        }
    }

    private func candidates(
        for evaluationCase: EvaluationCase, count: Int, available: [Int], marks: inout Marks,
        stream: inout RandomStream
    ) throws(NegativeSamplerError) -> [Int32] {
        let domain = evaluationCase.domain.rawValue
        return try draw(
            count, domain: domain, available: available[domain], user: evaluationCase.user,
            target: evaluationCase.item.rawValue, marks: &marks, stream: &stream)
    }

    /// `count` different items of a domain's pool that are neither excluded nor `target`.
    private func draw(
        _ count: Int, domain: Int, available: Int, user: UserID? = nil, target: Int32 = 0,
        marks: inout Marks, stream: inout RandomStream
    ) throws(NegativeSamplerError) -> [Int32] {
        let free = try requireFree(
            count, domain: domain, available: available, user: user, target: target, marks: marks)
        return [Int32](unsafeUninitializedCapacity: count) { buffer, filled in
            fill(
                UnsafeMutableBufferPointer(rebasing: buffer[0..<count]), domain: domain,
                free: free, target: target, marks: &marks, stream: &stream)
            filled = count
        }
    }

    /// The items of a domain's pool that are neither excluded nor `target`, which must be `count` or more.
    @discardableResult
    private func requireFree(
        _ count: Int, domain: Int, available: Int, user: UserID? = nil, target: Int32 = 0,
        marks: Marks
    ) throws(NegativeSamplerError) -> Int {
        let withoutTarget =
            available - (pools[domain].contains(target) && !marks.isExcluded(target) ? 1 : 0)
        guard count <= withoutTarget else {
            throw .tooFewItems(
                domain: DomainID(rawValue: domain), user: user, available: withoutTarget,
                requested: count)
        }
        return withoutTarget
    }

    /// Fills `output` with different ones of the `free` items of a domain's pool: those neither excluded nor `target`.
    private func fill(
        _ output: UnsafeMutableBufferPointer<Int32>, domain: Int, free: Int, target: Int32,
        marks: inout Marks, stream: inout RandomStream
    ) {
        let pool = pools[domain]
        marks.startPosition(target: target)
        // Rejection is the fastest while most draws are accepted; beyond half of what is available
        // the rest is listed and shuffled instead, which takes bounded time.
        if output.count * 2 <= free {
            marks.draw(into: output, from: pool, stream: &stream)
        } else {
            var rest = pool.filter { marks.isFree($0) }
            for index in output.indices {
                rest.swapAt(index, index + stream.uniform(below: rest.count - index))
                output[index] = rest[index]
            }
        }
    }
}
