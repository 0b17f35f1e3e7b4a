internal import Interactions

extension SequenceBatch {
    /// The rows with only their latest `length` tokens.
    func keepingLast(_ length: Int) -> SequenceBatch {
        guard longestRow > length else { return self }
        var kept = SequenceBatch(users: [], offsets: [0], items: [], times: [])
        for row in 0..<rows {
            let tokens = tokens(ofRow: row).suffix(length)
            kept.items += items[tokens]
            kept.times += times[tokens]
            if !targets.isEmpty { kept.targets += targets[tokens] }
            kept.offsets.append(Int32(kept.items.count))
        }
        kept.users = users
        return kept
    }

    /// The rows with only the events of some items; in a training batch inputs and targets are paired anew.
    ///
    /// Rows stay where they are, also when nothing is left of them.
    func restricted(to range: Range<Int32>) -> SequenceBatch {
        var own = SequenceBatch(users: [], offsets: [0], items: [], times: [])
        for row in 0..<rows {
            let tokens = tokens(ofRow: row)
            let kept = tokens.filter { range.contains(items[$0]) }
            if targets.isEmpty {
                own.items += kept.map { items[$0] }
                own.times += kept.map { times[$0] }
            } else {
                let next = tokens.last.flatMap { range.contains(targets[$0]) ? targets[$0] : nil }
                let events = kept.map { items[$0] } + (next.map { [$0] } ?? [])
                own.items += events.dropLast()
                own.targets += events.dropFirst()
                own.times += kept.prefix(max(events.count - 1, 0)).map { times[$0] }
            }
            own.offsets.append(Int32(own.items.count))
        }
        own.users = users
        return own
    }

    /// For each token its distance from the end of its row: 1 is the latest.
    var distancesFromEnd: [Int32] {
        (0..<rows).flatMap { row -> [Int32] in
            let count = tokens(ofRow: row).count
            return (0..<count).map { Int32(count - $0) }
        }
    }
}
