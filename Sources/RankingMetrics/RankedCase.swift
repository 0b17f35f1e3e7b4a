/// How one target item scored against its candidates, before a rule for ties makes it a rank.
public struct RankedCase: Sendable, Codable, Equatable {
    /// The number of candidates that scored above the target.
    public let greater: Int

    /// The number of candidates, other than the target, that scored exactly as it did.
    public let equal: Int

    /// The number of candidates, without the target.
    public let candidates: Int

    /// Creates a case from counts; `greater + equal` is at most `candidates`.
    public init(greater: Int, equal: Int, candidates: Int) {
        precondition(
            greater >= 0 && equal >= 0 && greater + equal <= candidates,
            "RankedCase: expected greater >= 0, equal >= 0 and their sum at most candidates, "
                + "got greater \(greater), equal \(equal), candidates \(candidates)")
        self.greater = greater
        self.equal = equal
        self.candidates = candidates
    }

    /// Creates a case by comparing the target's score with those of its candidates.
    ///
    /// A score that is not a number counts against the target, whichever side has it: a model whose
    /// weights have diverged is ranked last, not first.
    public init(targetScore: Float, candidateScores: [Float]) {
        var greater = 0
        var equal = 0
        for score in candidateScores {
            if score == targetScore {
                equal += 1
            } else if !(score < targetScore) {
                greater += 1
            }
        }
        self.init(greater: greater, equal: equal, candidates: candidateScores.count)
    }

    /// The target's rank, 1 for the best, between whole numbers only under the average rule.
    public func rank(_ tie: TieRule) -> Double {
        switch tie {
        case .optimistic: Double(1 + greater)
        case .pessimistic: Double(1 + greater + equal)
        case .average: Double(1 + greater) + Double(equal) / 2
        }
    }
}
