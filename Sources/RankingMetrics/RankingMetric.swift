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

    /// The metric for one case under a rule for ties: its mean over the ranks that the rule gives the target.
    ///
    /// AUC counts ties half under every rule. It is nil without candidates, where nothing was compared.
    public func value(_ rankedCase: RankedCase, tie: TieRule) -> Double? {
        if self == .auc {
            let candidates = Double(rankedCase.candidates)
            return candidates == 0 ? nil : 1 - (rankedCase.rank - 1) / candidates
        }
        let places = rankedCase.places(tie)
        return sum(over: places) / Double(places.count)
    }

    /// The sum of a metric's values at some ranks of the one relevant item, 1 for the best.
    private func sum(over places: ClosedRange<Int>) -> Double {
        switch self {
        case .hitRate(let cutoff), .recall(let cutoff):
            return Double(places.prefixUpTo(cutoff)?.count ?? 0)
        case .precision(let cutoff):
            return Double(places.prefixUpTo(cutoff)?.count ?? 0) / Double(cutoff)
        case .ndcg(let cutoff):
            return places.prefixUpTo(cutoff)?.reduce(0) { $0 + 1 / log2(Double($1) + 1) } ?? 0
        case .mrr: return places.sumOfReciprocals
        case .mrrAt(let cutoff): return places.prefixUpTo(cutoff)?.sumOfReciprocals ?? 0
        case .auc: return 0
        }
    }
}

extension ClosedRange<Int> {
    /// The part that is at most `cutoff`; nil where there is none.
    fileprivate func prefixUpTo(_ cutoff: Int) -> ClosedRange<Int>? {
        cutoff < lowerBound ? nil : lowerBound...Swift.min(upperBound, cutoff)
    }

    /// The sum of 1 / n; of many by the expansion of the harmonic numbers, which is exact to the last digits there.
    fileprivate var sumOfReciprocals: Double {
        let first = count <= 256 ? upperBound + 1 : Swift.max(lowerBound, 100)
        let direct = (lowerBound..<first).reduce(0) { $0 + 1 / Double($1) }
        guard first <= upperBound else { return direct }
        func rest(_ number: Int) -> Double {
            let inverse = 1 / Double(number)
            let square = inverse * inverse
            return inverse / 2 - square / 12 + square * square / 120
        }
        let before = first - 1
        return direct + log(Double(upperBound) / Double(before)) + rest(upperBound) - rest(before)
    }
}
