import Foundation

/// Draws numbers from a fixed discrete distribution, each in constant time (Walker's alias method).
struct AliasTable: Sendable {
    /// A column: itself when the coin is below the threshold, else its alias.
    struct Column: BitwiseCopyable, Sendable {
        var threshold: UInt32
        var alias: Int32
    }

    let columns: [Column]

    /// Prepares drawing a number in proportion to its weight; weights are positive.
    init(weights: some Collection<Double>) {
        precondition(!weights.isEmpty, "AliasTable: expected at least one weight")
        let scale = Double(weights.count) / weights.reduce(0, +)
        var shares = weights.map { $0 * scale }
        var columns = shares.indices.map { Column(threshold: .max, alias: Int32($0)) }
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
}

/// Draws ranks by Zipf's law, rank 0 the most often.
///
/// The first ranks have an alias table of their own: most draws are of them, and a small table stays in
/// the processor's cache, however large the catalog is.
struct PopularityTable: Sendable {
    private static let headSize = 4096
    /// The columns of the head, then those of the tail; aliases are ranks.
    let columns: [AliasTable.Column]
    let headCount: Int
    /// The share of draws that are of the head, times 2³².
    let headShare: UInt64

    /// Ranks below `count`, weighted by their number from 1 to the power of `-skew`.
    init(count: Int, skew: Double) {
        let weights = (0..<count).map { PopularityTable.weight(rank: $0, skew: skew) }
        guard count > Self.headSize * 2 else {
            columns = AliasTable(weights: weights).columns
            headCount = count
            headShare = 1 << 32
            return
        }
        let head = weights[..<Self.headSize]
        let tail = weights[Self.headSize...]
        headCount = Self.headSize
        let sums = (head.reduce(0, +), tail.reduce(0, +))
        headShare = UInt64(sums.0 / (sums.0 + sums.1) * 0x1p32)
        columns =
            AliasTable(weights: head).columns
            + AliasTable(weights: tail).columns.map {
                AliasTable.Column(
                    threshold: $0.threshold, alias: $0.alias + Int32(Self.headSize))
            }
    }

    /// The weight of a rank.
    static func weight(rank: Int, skew: Double) -> Double { pow(Double(rank + 1), -skew) }

    /// Fills a buffer with ranks; `coins` is a place for as many numbers.
    ///
    /// The first pass waits for random numbers only and the second for memory only, so that the waits
    /// overlap instead of following one another.
    @inline(__always)
    func draw(
        into ranks: UnsafeMutableBufferPointer<Int32>, coins: UnsafeMutableBufferPointer<UInt32>,
        _ stream: inout RandomStream
    ) {
        let (headCount, headShare) = (UInt64(headCount), headShare)
        let tailCount = UInt64(columns.count) - headCount
        var local = stream
        for index in ranks.indices {
            let position = local.next()
            // Without a tail the position's lower half, which nothing else reads, is coin enough.
            let chance = tailCount == 0 ? position : local.next()
            // Masks of ones or zeros: a branch on a random number is foreseen by nobody.
            let isTail = Self.mask(headShare &- 1, isBelow: chance >> 32)
            let size = headCount ^ ((headCount ^ tailCount) & isTail)
            let chosen = (headCount & isTail) &+ (((position >> 32) &* size) >> 32)
            ranks[index] = Int32(truncatingIfNeeded: chosen)
            coins[index] = UInt32(truncatingIfNeeded: chance)
        }
        stream = local
        columns.withUnsafeBufferPointer { columns in
            for index in ranks.indices {
                let column = columns[Int(ranks[index])]
                let isKept = Int32(
                    truncatingIfNeeded: Self.mask(
                        UInt64(coins[index]), isBelow: UInt64(column.threshold)))
                ranks[index] = ranks[index] & isKept | column.alias & ~isKept
            }
        }
    }

    /// All ones where one number of at most 32 bits is below another, else zero.
    @inline(__always)
    private static func mask(_ left: UInt64, isBelow right: UInt64) -> UInt64 {
        UInt64(bitPattern: Int64(bitPattern: left &- right) >> 63)
    }
}
