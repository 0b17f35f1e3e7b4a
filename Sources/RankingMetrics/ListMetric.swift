import Foundation

/// Metrics of a ranked list of ids against a set of relevant ids, for several relevant items.
///
/// All are nil where nothing is relevant, since there is nothing to find. A list shorter than the
/// cutoff counts as one whose missing places are misses. An id that is repeated in the list can
/// hit at its first place only.
public enum ListMetric {
    /// 1 where one of the first `cutoff` ids is relevant, else 0.
    public static func hitRate<ID: Hashable>(
        ranked: [ID], relevant: Set<ID>, at cutoff: Int
    ) -> Double? {
        hits(ranked, relevant, cutoff).map { $0.isEmpty ? 0 : 1 }
    }

    /// The discounted gain of the first `cutoff` ids over that of the best possible order.
    ///
    /// The best order has `min(cutoff, relevant.count)` relevant ids at the top.
    public static func ndcg<ID: Hashable>(
        ranked: [ID], relevant: Set<ID>, at cutoff: Int
    ) -> Double? {
        hits(ranked, relevant, cutoff).map { ranks in
            gain(ranks) / gain(Array(1...min(cutoff, relevant.count)))
        }
    }

    /// The share of the relevant ids that are among the first `cutoff`.
    public static func recall<ID: Hashable>(
        ranked: [ID], relevant: Set<ID>, at cutoff: Int
    ) -> Double? {
        hits(ranked, relevant, cutoff).map { Double($0.count) / Double(relevant.count) }
    }

    /// The share of `cutoff` places that hold a relevant id, also where the list is shorter.
    public static func precision<ID: Hashable>(
        ranked: [ID], relevant: Set<ID>, at cutoff: Int
    ) -> Double? {
        hits(ranked, relevant, cutoff).map { Double($0.count) / Double(cutoff) }
    }

    /// The precision at each relevant id's place, summed, over the number of relevant ids.
    ///
    /// A relevant id that the list lacks adds 0. The mean over users is MAP.
    public static func averagePrecision<ID: Hashable>(
        ranked: [ID], relevant: Set<ID>
    ) -> Double? {
        hits(ranked, relevant, max(1, ranked.count)).map { ranks in
            let precisions = ranks.enumerated().map { Double($0.offset + 1) / Double($0.element) }
            return precisions.reduce(0, +) / Double(relevant.count)
        }
    }

    /// One over the place of the first relevant id, 0 where the list has none.
    public static func reciprocalRank<ID: Hashable>(
        ranked: [ID], relevant: Set<ID>
    ) -> Double? {
        hits(ranked, relevant, max(1, ranked.count)).map { ranks in
            ranks.first.map { 1 / Double($0) } ?? 0
        }
    }

    /// The places, from 1, of the relevant ids among the first `cutoff`; nil where none is relevant.
    private static func hits<ID: Hashable>(
        _ ranked: [ID], _ relevant: Set<ID>, _ cutoff: Int
    ) -> [Int]? {
        precondition(cutoff >= 1, "ListMetric: expected a cutoff of at least 1, got \(cutoff)")
        guard !relevant.isEmpty else { return nil }
        var missing = relevant
        return ranked.prefix(cutoff).enumerated().compactMap { index, id in
            missing.remove(id) == nil ? nil : index + 1
        }
    }

    private static func gain(_ ranks: [Int]) -> Double {
        ranks.reduce(0) { $0 + 1 / log2(Double($1 + 1)) }
    }
}
