internal import Interactions

/// Where the last of each row stands, by where rows begin; -1 for a row without any.
func lastPlaces(_ offsets: [Int32]) -> [Int32] {
    zip(offsets, offsets.dropFirst()).map { $0 < $1 ? $1 - 1 : -1 }
}

extension SequenceBatch {
    /// The inputs alone, as histories are.
    var withoutTargets: SequenceBatch {
        var inputs = self
        inputs.targets = []
        return inputs
    }

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

    /// The rows, and behind all of them once more the items of a range of each.
    func joined(with own: Range<Int32>) -> SequenceBatch {
        var joined = self
        joined.items.reserveCapacity(2 * items.count)
        for row in 0..<rows {
            joined.items += items[tokens(ofRow: row)].lazy.filter(own.contains)
            joined.offsets.append(Int32(joined.items.count))
        }
        joined.users = users + users
        joined.times = [Int64](repeating: 0, count: joined.items.count)
        return joined
    }

    /// For each token its distance from the end of its row: 1 is the latest.
    var distancesFromEnd: [Int32] {
        var distances: [Int32] = []
        distances.reserveCapacity(tokens)
        for row in 0..<rows {
            let count = Int32(tokens(ofRow: row).count)
            for token in 0..<count { distances.append(count - token) }
        }
        return distances
    }
}
