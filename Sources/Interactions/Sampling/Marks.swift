/// Which items are excluded or were drawn at the current position: one number an item, so that
/// starting a new position costs nothing.
struct Marks {
    private static let excluded = UInt32.max
    private var marks: [UInt32]
    private var position: UInt32 = 0

    init(itemCount: Int) { marks = [UInt32](repeating: 0, count: itemCount + 1) }

    /// Excludes items until they are readmitted; returns how many of each pool are left.
    mutating func exclude(
        _ items: some Sequence<Int32>, from pools: [ClosedRange<Int32>]
    ) -> [Int] {
        var available = pools.map(\.count)
        for item in items where marks[Int(item)] != Self.excluded {
            marks[Int(item)] = Self.excluded
            for pool in pools.indices where pools[pool].contains(item) { available[pool] -= 1 }
        }
        return available
    }

    /// Ends the exclusion of items.
    mutating func readmit(_ items: some Sequence<Int32>) {
        for item in items { marks[Int(item)] = 0 }
    }

    func isExcluded(_ item: Int32) -> Bool { marks[Int(item)] == Self.excluded }

    /// Whether an item is neither excluded nor drawn at the current position.
    func isFree(_ item: Int32) -> Bool { marks[Int(item)] < position }

    /// Starts a position at which nothing is drawn yet and `target` (0 for none) must not be.
    mutating func startPosition(target: Int32) {
        position += 1
        if position == Self.excluded {
            for item in marks.indices where marks[item] != Self.excluded { marks[item] = 0 }
            position = 1
        }
        if target > 0, marks[Int(target)] != Self.excluded { marks[Int(target)] = position }
    }

    /// Draws different free items of a pool.
    mutating func draw(
        into output: UnsafeMutableBufferPointer<Int32>, from pool: ClosedRange<Int32>,
        stream: inout RandomStream
    ) {
        let current = position
        let size = pool.count
        var local = stream
        marks.withUnsafeMutableBufferPointer { marks in
            for index in output.indices {
                while true {
                    let item = Int(pool.lowerBound) + local.uniform(below: size)
                    // Excluded items have the largest mark, drawn ones the current position's.
                    guard marks[item] < current else { continue }
                    marks[item] = current
                    output[index] = Int32(item)
                    break
                }
            }
        }
        stream = local
    }
}
