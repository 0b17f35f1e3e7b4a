/// Draws numbers from a fixed discrete distribution, each in constant time (Walker's alias method).
struct AliasTable: Sendable {
    /// A column: itself when the coin is below the threshold, else its alias.
    struct Column: BitwiseCopyable, Sendable {
        var threshold: UInt32
        var alias: Int32
    }

    let columns: [Column]

    /// Prepares drawing a number in proportion to its weight; weights are positive.
    init(weights: [Double]) {
        precondition(!weights.isEmpty, "AliasTable: expected at least one weight")
        let scale = Double(weights.count) / weights.reduce(0, +)
        var shares = weights.map { $0 * scale }
        var columns = weights.indices.map { Column(threshold: .max, alias: Int32($0)) }
        var small: [Int] = []
        var large: [Int] = []
        for (index, share) in shares.enumerated() {
            if share < 1 { small.append(index) } else { large.append(index) }
        }
        // A column that is less than full is filled up by one that is more than full.
        while let poor = small.popLast(), let rich = large.popLast() {
            columns[poor] = Column(
                threshold: UInt32(min(shares[poor] * 0x1p32, Double(UInt32.max))),
                alias: Int32(rich))
            shares[rich] -= 1 - shares[poor]
            if shares[rich] < 1 { small.append(rich) } else { large.append(rich) }
        }
        self.columns = columns
    }

    /// Draws from the columns with one random number: its upper half chooses, its lower half is the coin.
    @inline(__always)
    static func draw(
        _ columns: UnsafeBufferPointer<Column>, _ random: UInt64
    ) -> Int32 {
        let chosen = Int(truncatingIfNeeded: ((random >> 32) &* UInt64(columns.count)) >> 32)
        let column = columns[chosen]
        return UInt32(truncatingIfNeeded: random) < column.threshold
            ? Int32(truncatingIfNeeded: chosen) : column.alias
    }
}
