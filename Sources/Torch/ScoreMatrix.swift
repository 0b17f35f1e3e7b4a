/// Scores of items for some rows that are no inner products: one number a row and item.
///
/// It ranks and finds as inner products are ranked and found: excluded items do not take part, equal scores tie, and of
/// equal scores the lower item comes first.
public struct ScoreMatrix: Sendable {
    /// The number of items.
    public let items: Int
    private var scores: [Float]

    /// Takes scores [rows, items].
    public init(_ scores: Tensor) {
        items = scores.size(1)
        self.scores = scores.elements()
    }

    /// The number of rows.
    public var rows: Int { items == 0 ? 0 : scores.count / items }

    /// The scores of a row.
    public subscript(row: Int) -> ArraySlice<Float> {
        get { scores[row * items..<(row + 1) * items] }
        set { scores.replaceSubrange(row * items..<(row + 1) * items, with: newValue) }
    }

    /// The items of the largest scores for each row; fewer than `count` where there are no more.
    ///
    /// Throws ``TorchError`` naming the first row and item whose score is infinite or not a number.
    public func topItems(
        count: Int, excluding excluded: ItemSelection
    ) throws(TorchError) -> TopItems {
        try requireFinite("topItems")
        let width = max(0, min(count, items))
        var found: [Int64] = []
        var best: [Int32] = []
        var values: [Float] = []
        for row in 0..<rows {
            let chosen = largest(width, of: row, excluding: excluded[row])
            found.append(Int64(chosen.count))
            let rest = width - chosen.count
            best += chosen.map(\.item) + [Int32](repeating: 0, count: rest)
            values += chosen.map(\.score) + [Float](repeating: 0, count: rest)
        }
        return TopItems(width: width, found: found, items: best, scores: values)
    }

    /// Counts the items above and like each row's target among all items that are not excluded.
    ///
    /// Throws ``TorchError`` naming the first row and item whose score is infinite or not a number.
    public func ranks(
        of targets: [Int32], excluding excluded: ItemSelection
    ) throws(TorchError) -> RankCounts {
        try requireFinite("ranks")
        var greater = [Int64](repeating: 0, count: targets.count)
        var equal = greater
        for (row, target) in targets.enumerated() {
            let own = self[row]
            let score = own[own.startIndex + Int(target)]
            for value in own {
                greater[row] += value > score ? 1 : 0
                equal[row] += value == score ? 1 : 0
            }
            equal[row] -= 1
            for item in excluded[row] where item != target {
                let value = own[own.startIndex + Int(item)]
                greater[row] -= value > score ? 1 : 0
                equal[row] -= value == score ? 1 : 0
            }
        }
        return RankCounts(greater: greater, equal: equal)
    }

    /// Counts the items above and like each row's target among as many candidates for each row, one row's after another's.
    ///
    /// Throws ``TorchError`` naming the first row and item whose score is infinite or not a number.
    public func ranks(
        of targets: [Int32], candidates: [Int32]
    ) throws(TorchError) -> RankCounts {
        try requireFinite("ranks")
        let number = targets.isEmpty ? 0 : candidates.count / targets.count
        var greater = [Int64](repeating: 0, count: targets.count)
        var equal = greater
        for (row, target) in targets.enumerated() {
            let own = self[row]
            let score = own[own.startIndex + Int(target)]
            for item in candidates[row * number..<(row + 1) * number] {
                let value = own[own.startIndex + Int(item)]
                greater[row] += value > score ? 1 : 0
                equal[row] += value == score ? 1 : 0
            }
        }
        return RankCounts(greater: greater, equal: equal)
    }

    /// In one pass over the items, for few are asked for.
    private func largest(
        _ count: Int, of row: Int, excluding excluded: ArraySlice<Int32>
    ) -> [(item: Int32, score: Float)] {
        var best: [(item: Int32, score: Float)] = []
        guard count > 0 else { return best }
        var next = excluded.startIndex
        for (place, score) in self[row].enumerated() {
            // Both are in ascending order.
            if next < excluded.endIndex, excluded[next] == Int32(place) {
                next += 1
                continue
            }
            if best.count == count {
                guard score > best[count - 1].score else { continue }
                best.removeLast()
            }
            let position = best.lastIndex { $0.score >= score }.map { $0 + 1 } ?? 0
            best.insert((Int32(place), score), at: position)
        }
        return best
    }

    private func requireFinite(_ operation: String) throws(TorchError) {
        guard let place = scores.firstIndex(where: { !$0.isFinite }) else { return }
        throw TorchError(
            operation: operation,
            message: "the score of row \(place / items) and item \(place % items) is not finite")
    }
}
