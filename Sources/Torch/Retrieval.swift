internal import CTorch

/// For each of several rows a set of items, as ascending row numbers of a table.
public struct ItemSelection: Equatable, Sendable {
    /// Where each row's items begin, and at the end their number.
    public private(set) var offsets: [Int64]
    /// The items of all rows, one row after another.
    public private(set) var items: [Int32]

    /// No row yet.
    public init() {
        offsets = [0]
        items = []
    }

    /// Rows without items.
    public init(emptyRows count: Int) {
        offsets = [Int64](repeating: 0, count: count + 1)
        items = []
    }

    /// The number of rows.
    public var rowCount: Int { offsets.count - 1 }

    /// The items of a row.
    public subscript(row: Int) -> ArraySlice<Int32> {
        items[Int(offsets[row])..<Int(offsets[row + 1])]
    }

    /// Adds a row; the items may come in any order and more than once.
    public mutating func append(_ row: some Sequence<Int32>) {
        let start = items.count
        items += row
        items[start...].sort()
        var end = start
        for place in start..<items.count where end == start || items[place] != items[end - 1] {
            items[end] = items[place]
            end += 1
        }
        items.removeLast(items.count - end)
        offsets.append(Int64(end))
    }

    func withExclusions<Result>(_ body: (ct_exclusions) -> Result) -> Result {
        offsets.withUnsafeBufferPointer { offsets in
            items.withUnsafeBufferPointer { items in
                body(ct_exclusions(offsets: offsets.baseAddress, items: items.baseAddress))
            }
        }
    }
}

/// The best items of several states, best first.
public struct TopItems: Equatable, Sendable {
    /// Items of one state by their row numbers, and their scores.
    public typealias Row = (items: ArraySlice<Int32>, scores: ArraySlice<Float>)

    private let ends: [Range<Int>]
    private let items: [Int32]
    private let scores: [Float]

    init(width: Int, found: [Int64], items: [Int32], scores: [Float]) {
        ends = found.enumerated().map { $0 * width..<$0 * width + Int($1) }
        self.items = items
        self.scores = scores
    }

    /// The number of states.
    public var rowCount: Int { ends.count }

    /// One state's best items; fewer than asked for when there were no more.
    public subscript(row: Int) -> Row { (items[ends[row]], scores[ends[row]]) }
}

/// How targets scored among other items.
public struct RankCounts: Equatable, Sendable {
    /// For each state, how many items scored above its target.
    public let greater: [Int64]
    /// For each state, how many items other than the target scored exactly as it did.
    public let equal: [Int64]
}

/// Scores are the inner products of states, the rows of this tensor [states, width], with the rows of a table
/// [items, width]. States × items are never held. On the CPU in float32 a score depends on the two vectors alone, so
/// that equal vectors tie exactly wherever they stand, and results do not depend on the number of threads.
extension Tensor {
    /// The items of the largest scores for each state; of equal scores the lower row comes first.
    ///
    /// Throws ``TorchError`` naming the first state and item whose score is infinite or not a number.
    public func topItems(
        of table: Tensor, count: Int, excluding excluded: ItemSelection? = nil
    ) throws(TorchError) -> TopItems {
        let states = size(0)
        let excluded = checked(excluded, rows: states, "topItems")
        let width = Swift.max(0, Swift.min(count, table.size(0)))
        var items = [Int32](repeating: 0, count: states * width)
        var scores = [Float](repeating: 0, count: states * width)
        var found = [Int64](repeating: 0, count: states)
        var infinite = ct_infinite_score(state: -1, item: -1)
        let status = excluded.withExclusions {
            ct_top_products(
                pointer, table.pointer, Int64(width), $0, &scores, &items, &found, &infinite)
        }
        check(status, "topItems of \(shape) and \(table.shape)")
        try requireFinite(infinite, "topItems")
        return TopItems(width: width, found: found, items: items, scores: scores)
    }

    /// Counts the items above and like each state's target among all items that are not excluded.
    ///
    /// Throws ``TorchError`` naming the first state and item whose score is infinite or not a number.
    public func ranks(
        of targets: [Int32], among table: Tensor, excluding excluded: ItemSelection? = nil
    ) throws(TorchError) -> RankCounts {
        let excluded = checked(excluded, rows: size(0), "ranks")
        return try counts(targets, "ranks of \(shape) among \(table.shape)") {
            greater, equal, infinite in
            excluded.withExclusions {
                ct_rank_among_all(
                    pointer, table.pointer, targets, $0, greater, equal, infinite)
            }
        }
    }

    /// Counts the items above and like each state's target among as many candidates for each state.
    ///
    /// `candidates` holds the row numbers of one state's candidates after another's.
    public func ranks(
        of targets: [Int32], among table: Tensor, candidates: some RandomAccessCollection<Int32>
    ) throws(TorchError) -> RankCounts {
        let number = targets.isEmpty ? 0 : candidates.count / targets.count
        require(
            number * targets.count == candidates.count,
            "ranks: \(candidates.count) candidates for \(targets.count) states")
        let candidates = Array(candidates)
        return try counts(targets, "ranks of \(shape) among candidates of \(table.shape)") {
            greater, equal, infinite in
            ct_rank_among_candidates(
                pointer, table.pointer, targets, candidates, Int64(number), greater, equal,
                infinite)
        }
    }

    private func counts(
        _ targets: [Int32], _ operation: @autoclosure () -> String,
        _ body: (
            UnsafeMutablePointer<Int64>?, UnsafeMutablePointer<Int64>?,
            UnsafeMutablePointer<ct_infinite_score>
        ) -> ct_status
    ) throws(TorchError) -> RankCounts {
        require(
            targets.count == size(0), "ranks: \(targets.count) targets for \(size(0)) states")
        var greater = [Int64](repeating: 0, count: targets.count)
        var equal = greater
        var infinite = ct_infinite_score(state: -1, item: -1)
        let status = greater.withUnsafeMutableBufferPointer { greater in
            equal.withUnsafeMutableBufferPointer { equal in
                body(greater.baseAddress, equal.baseAddress, &infinite)
            }
        }
        check(status, operation())
        try requireFinite(infinite, "ranks")
        return RankCounts(greater: greater, equal: equal)
    }

    private func checked(
        _ excluded: ItemSelection?, rows: Int, _ operation: String
    ) -> ItemSelection {
        let excluded = excluded ?? ItemSelection(emptyRows: rows)
        require(
            excluded.rowCount == rows,
            "\(operation): exclusions for \(excluded.rowCount) rows, \(rows) states")
        return excluded
    }

    private func requireFinite(
        _ score: ct_infinite_score, _ operation: String
    ) throws(TorchError) {
        guard score.state >= 0 else { return }
        throw TorchError(
            operation: operation,
            message: "the score of state \(score.state) and item \(score.item) is not finite")
    }
}
