import Foundation

/// A measure of one ranked list, named as in papers: `HR@10`, `NDCG@10`, `MRR`, `AUC`.
public enum RankingMetric: Hashable, Sendable {
    /// 1 where a relevant item is among the first `at`, else 0.
    case hitRate(at: Int)

    /// Discounted gain of the first `at` over that of the ideal order, with binary relevance.
    case ndcg(at: Int)

    /// The share of the relevant items that are among the first `at`.
    case recall(at: Int)

    /// The share of the first `at` places that hold a relevant item.
    case precision(at: Int)

    /// One over the rank of the first relevant item.
    case mrr

    /// One over the rank of the first relevant item where it is among the first so many, else 0.
    case mrrAt(Int)

    /// The share of the candidates scored below the target, ties counted half.
    case auc

    /// The metric for a list with one relevant item, the target, at `rank` (1 is the best).
    ///
    /// `candidates` counts the target's competitors, so that `rank` is at most `candidates + 1`.
    /// AUC takes ties as the rank does; ``value(_:tie:)`` always counts them half. Without
    /// candidates nothing was compared, and AUC is that of chance, 0.5.
    public func value(rank: Double, candidates: Int) -> Double {
        precondition(
            rank >= 1 && rank <= Double(candidates) + 1,
            "RankingMetric.value: expected a rank in 1...\(candidates + 1), got \(rank)")
        switch self {
        case .hitRate(let cutoff), .recall(let cutoff):
            return rank <= Double(cutoff) ? 1 : 0
        case .ndcg(let cutoff):
            return rank <= Double(cutoff) ? 1 / log2(rank + 1) : 0
        case .precision(let cutoff):
            return rank <= Double(cutoff) ? 1 / Double(cutoff) : 0
        case .mrr:
            return 1 / rank
        case .mrrAt(let cutoff):
            return rank <= Double(cutoff) ? 1 / rank : 0
        case .auc:
            return candidates == 0 ? 0.5 : 1 - (rank - 1) / Double(candidates)
        }
    }

    /// The metric for one case under a rule for ties; AUC counts ties half under every rule.
    public func value(_ rankedCase: RankedCase, tie: TieRule) -> Double {
        value(
            rank: rankedCase.rank(self == .auc ? .average : tie),
            candidates: rankedCase.candidates)
    }
}
