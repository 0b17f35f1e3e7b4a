internal import Interactions
internal import RankingMetrics

/// What the targets of a part compete with, drawn once: so many items of a case after those of another.
struct DrawnCandidates {
    /// Of each case.
    let number: Int
    /// A checksum of each case's items, whatever their order.
    let checksums: [UInt64]
    private let items: [Int32]

    init(_ items: [Int32], number: Int) {
        self.items = items
        self.number = number
        checksums = stride(from: 0, to: items.count, by: number).map {
            Self.checksum(items[$0..<$0 + number])
        }
    }

    /// The candidates of a case.
    subscript(place: Int) -> ArraySlice<Int32> { items[place * number..<(place + 1) * number] }

    /// A checksum of different items in any order.
    static func checksum(_ items: some Sequence<Int32>) -> UInt64 {
        items.reduce(0) { sum, item in
            let number = UInt64(UInt32(bitPattern: item)) &+ 1
            return sum &+ RandomStream.mix(number &* 0x9E37_79B9_7F4A_7C15)
        }
    }
}

/// Counts cases with fewer competitors than a metric looks at.
struct CertainHits {
    private let cutoffs: [Int]
    /// By domain and cutoff, where there are any.
    private(set) var counts: [String: [String: Int]] = [:]

    init(_ metrics: [RankingMetric]) {
        cutoffs = Set(metrics.map(\.cutoff)).union([1]).sorted()
    }

    mutating func add(_ outcome: RankedCase, domain: String) {
        for cutoff in cutoffs.reversed() {
            guard outcome.candidates < cutoff else { return }
            counts[domain, default: [:]][String(cutoff), default: 0] += 1
        }
    }
}

extension RankingMetric {
    /// The places that count; 1 where all do.
    fileprivate var cutoff: Int {
        switch self {
        case .hitRate(let cutoff), .ndcg(let cutoff), .recall(let cutoff), .precision(let cutoff),
            .mrrAt(let cutoff):
            cutoff
        case .mrr, .auc: 1
        }
    }
}
