internal import Foundation
internal import Interactions
internal import RankingMetrics

/// What a person has to know to read a result, from one place for tables, reports and warnings.
extension EvaluationResult {
    /// How ties and seen items were treated, in one line; empty where ratings were predicted.
    public var protocolText: String {
        guard let ties, let exclusion else { return "" }
        let left =
            switch exclusion {
            case .none: "nothing"
            case .history:
                "what the person had before"
                    + (groups[UserGroup.repeated.rawValue] == nil
                        ? "" : " (but for targets that repeat)")
            case .seen: "what the person had before, also where the target is one of it"
            case .everything: "what the person ever had"
            }
        return "ties in scores: \(ties.rawValue); left out of the candidates: \(left)"
    }

    /// What became of held-out events that are no cases, and cases that are in no mean; empty where there are none.
    public var countsText: String {
        let heldOut = heldOut
        var parts: [String] = []
        func note(_ count: Int, _ text: String) {
            if count > 0 { parts.append("\(count) \(text)") }
        }
        note(heldOut.withoutHistory, "without a history before them")
        note(heldOut.droppedRepeats, "that repeat an item of the person (data.repeats: drop)")
        note(heldOut.droppedTies, "tied in time (data.ties: drop)")
        var text =
            parts.isEmpty
            ? "" : "no cases of \(heldOut.events) held-out events: " + parts.joined(separator: ", ")
        if unrated > 0 {
            text +=
                (text.isEmpty ? "" : "; ")
                + "\(counted(unrated, "case")) without a rating, in no mean"
        }
        return text
    }

    /// What makes the figures other than they look, a line each.
    public var warnings: [String] {
        heldOut.warnings(part: split, repeats: repeats, exclusion: exclusion)
            + popularityWarnings + hitWarnings
    }

    private var popularityWarnings: [String] {
        byPopularity.sorted { $0.key < $1.key }.compactMap { domain, count in
            let cases = domains[domain].map(Self.cases(of:)) ?? 0
            guard HeldOut.isMuch(count, of: cases) else { return nil }
            return
                "\(count) of \(cases) cases of \(domain) were ranked by popularity: the model knows "
                + "nothing of them"
        }
    }

    private var hitWarnings: [String] {
        var lines: [String] = []
        for (domain, counts) in certainHits.sorted(by: { $0.key < $1.key }) {
            let cases = domains[domain].map(Self.cases(of:)) ?? 0
            // Keys are a number, and the candidates where they are others than the result's own.
            let keys = Dictionary(grouping: counts.keys) { key in
                key.split(separator: " ", maxSplits: 1).dropFirst().joined()
            }
            for (among, keys) in keys.sorted(by: { $0.key < $1.key }) {
                var worst: (cutoff: Int, count: Int)?
                for key in keys {
                    guard let cutoff = Self.cutoff(key), let count = counts[key],
                        HeldOut.isMuch(count, of: cases)
                    else { continue }
                    // Of those that concern as many cases the smallest says most.
                    if let known = worst, (known.count, -known.cutoff) >= (count, -cutoff) {
                        continue
                    }
                    worst = (cutoff, count)
                }
                guard let worst else { continue }
                let what =
                    "\(domain): \(worst.count) of \(cases) cases"
                    + (among.isEmpty ? "" : " among \(among)")
                lines.append(
                    worst.cutoff == 1
                        ? "\(what) have no competitor, so every model hits; AUC leaves them out"
                        : "\(what) have fewer than \(worst.cutoff) competitors, so every model has a hit at "
                            + "\(worst.cutoff); take a smaller k")
            }
        }
        return lines
    }
}

extension HeldOut {
    /// Whether a count is more than one in a hundred.
    static func isMuch(_ count: Int, of all: Int) -> Bool { count > 0 && count * 100 > all }

    /// What the split does to the figures of a part, a line each.
    ///
    /// Where nothing is left out of the candidates, those of all cases are the figures of what `recommend --include-seen`
    /// reaches.
    func warnings(part: String, repeats rule: RepeatedItems, exclusion: Exclusion?) -> [String] {
        var lines: [String] = []
        if Self.isMuch(repeats, of: withHistory), rule == .drop || exclusion != Exclusion.none {
            let share = Self.percent(repeats, of: withHistory)
            lines.append(
                rule == .drop
                    ? "\(repeats) of \(withHistory) held-out \(part) events (\(share)) repeat an item that the "
                        + "person had and are no cases, as recommend does not return what was had; where "
                        + "people come back to items, set data.repeats=keep and use recommend --include-seen"
                    : "\(repeats) of \(withHistory) held-out \(part) events (\(share)) repeat an item that the "
                        + "person had, which recommend leaves out unless --include-seen is given: the "
                        + "group new measures what it serves"
                        + Self.ways(out: exclusion)
            )
        }
        if Self.isMuch(tied, of: withHistory) {
            let share = Self.percent(tied, of: withHistory)
            let left = droppedTies > 0 ? "; they are no cases (data.ties: drop)" : ""
            lines.append(
                "\(tied) of \(withHistory) held-out \(part) events (\(share)) hang on a tie in time: another "
                    + "event of the person at the same time (or, without times, of another file) could "
                    + "stand in their place"
                    + (left.isEmpty ? "; data.ties is order, drop or draw" : left))
        }
        if let asked = askedShare, abs(share - asked) > 0.25 * asked + 0.005 {
            lines.append(
                "data.split asks for \(Self.percent(asked)) of the events as \(part), and "
                    + "\(Self.percent(share)) came out (\(events)): few events of a person, or many of one "
                    + "time, cannot be divided so")
        }
        return lines
    }

    /// How to measure what is served where repeats are cases; nothing where ratings were predicted.
    private static func ways(out exclusion: Exclusion?) -> String {
        guard let exclusion else { return "" }
        let mixture =
            exclusion == .history
            ? "; repeats compete with everything, new targets with unseen items only" : ""
        return mixture + "; data.repeats: drop measures what recommend reaches, "
            + "evaluation.exclusion: none what --include-seen reaches"
    }

    private static func percent(_ count: Int, of all: Int) -> String {
        percent(Double(count) / Double(max(all, 1)))
    }

    private static func percent(_ share: Double) -> String {
        String(format: "%.1f %%", share * 100)
    }
}
