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

    /// The mean of the target's ranks, 1 for the best, over all orders of its ties.
    public var rank: Double { Double(1 + greater) + Double(equal) / 2 }

    /// The ranks that a rule for ties gives the target, each as likely.
    public func places(_ tie: TieRule) -> ClosedRange<Int> {
        switch tie {
        case .expectation: 1 + greater...1 + greater + equal
        case .optimistic: 1 + greater...1 + greater
        case .pessimistic: 1 + greater + equal...1 + greater + equal
        }
    }
}
