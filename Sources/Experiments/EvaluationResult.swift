internal import Foundation
public import Interactions
public import RankingMetrics

/// The measured values of one evaluation.
public struct EvaluationResult: Codable, Equatable, Sendable {
    /// Values of one domain or group: metrics by name, and `cases`.
    public typealias Values = [String: Double]

    /// Which part of the split was evaluated.
    public var split: String
    /// What targets competed with; `ratings` when ratings were predicted.
    public var candidates: String
    /// How candidates with the target's score were counted; nil when ratings were predicted.
    public var ties: TieRule?
    /// What was left out of the candidates; nil when ratings were predicted.
    public var exclusion: Exclusion?
    /// The number of cases.
    public var cases: Int
    /// Metrics by domain; a domain without cases has `cases` 0 alone.
    public var domains: [String: Values]
    /// Metrics by group of users, then by domain.
    public var groups: [String: [String: Values]] = [:]
    /// What became of the events that the split holds out.
    public var heldOut = HeldOut()
    /// Whether held-out events that repeat an item were cases.
    public var repeats = RepeatedItems.keep
    /// What the split did where events of a person have one time.
    public var timeTies = TiedEvents.order
    /// How many cases of a domain, by number k, had fewer than k competitors: a hit among the best k was certain.
    ///
    /// Those without any are counted for k = 1.
    public var certainHits: [String: [String: Int]] = [:]
    /// Cases whose event has no rating, where ratings were predicted; they are in no mean.
    public var unrated = 0
    /// Cases of a domain that popularity ranked, as the model knows nothing of the person; domains without are absent.
    public var byPopularity: [String: Int] = [:]
    /// What was drawn and what came out, case by case; nil when ratings were predicted.
    public var checksums: ResultChecksums?
    /// Which cases they were where ratings were predicted; nil of a ranking.
    public var ratedCases: String?
    /// What the model measured of itself.
    public var diagnostics: [String: Double] = [:]

    /// A result without values.
    init(
        split: String, candidates: String, ties: TieRule? = nil, exclusion: Exclusion? = nil,
        cases: Int = 0, domains: [String: Values] = [:]
    ) {
        self.split = split
        self.candidates = candidates
        self.ties = ties
        self.exclusion = exclusion
        self.cases = cases
        self.domains = domains
    }

    /// Nothing was measured.
    static func none(on part: Part, among candidates: Candidates) -> EvaluationResult {
        EvaluationResult(split: part.rawValue, candidates: candidates.description)
    }

    /// The number of cases that values are means of.
    public static func cases(of values: Values) -> Int {
        values["cases"].flatMap { Int(exactly: $0) } ?? 0
    }

    /// The mean of a metric over the domains that have cases; nil without any.
    public func mean(_ metric: String) -> Double? {
        let values = domains.values.compactMap { $0[metric] }
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// Takes in the metrics of another evaluation of the same cases, with a name behind theirs.
    mutating func add(_ other: EvaluationResult, named name: String) {
        func renamed(_ values: [String: Values]) -> [String: Values] {
            values.mapValues { values in
                let metrics = values.filter { $0.key != "cases" }
                return Dictionary(
                    uniqueKeysWithValues: metrics.map { ("\($0.key) \(name)", $0.value) })
            }
        }
        let merge: (Values, Values) -> Values = { $0.merging($1) { first, _ in first } }
        domains.merge(renamed(other.domains), uniquingKeysWith: merge)
        groups.merge(other.groups.mapValues(renamed)) { $0.merging($1, uniquingKeysWith: merge) }
        for (domain, counts) in other.certainHits {
            for (cutoff, count) in counts {
                certainHits[domain, default: [:]]["\(cutoff) \(name)"] = count
            }
        }
    }
}

extension EvaluationResult {
    private enum CodingKeys: String, CodingKey {
        case formatVersion, split, candidates, ties, exclusion, cases, domains, groups, heldOut
        case repeats, timeTies, certainHits, unrated, byPopularity, checksums, ratedCases
        case diagnostics
    }

    /// The form in which results are written.
    private static let formatVersion = 2

    /// Reads a result; what no evaluation gives is an error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func wrong(_ what: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: what))
        }
        let version = try container.decodeIfPresent(Double.self, forKey: .formatVersion) ?? 1
        guard version == Double(Self.formatVersion) else {
            throw wrong(
                "a result of format \(TextTable.number(version, digits: 0)); this version of Isthmus "
                    + "reads \(Self.formatVersion): train the run again, or use the version it was made with"
            )
        }
        split = try container.decode(String.self, forKey: .split)
        candidates = try container.decode(String.self, forKey: .candidates)
        ties = try container.decodeIfPresent(TieRule.self, forKey: .ties)
        exclusion = try container.decodeIfPresent(Exclusion.self, forKey: .exclusion)
        let number = try container.decode(Double.self, forKey: .cases)
        domains = try container.decode([String: Values].self, forKey: .domains)
        groups = try container.decode([String: [String: Values]].self, forKey: .groups)
        heldOut = try container.decode(HeldOut.self, forKey: .heldOut)
        repeats = try container.decode(RepeatedItems.self, forKey: .repeats)
        timeTies = try container.decode(TiedEvents.self, forKey: .timeTies)
        certainHits = try container.decode([String: [String: Int]].self, forKey: .certainHits)
        unrated = try container.decode(Int.self, forKey: .unrated)
        byPopularity =
            try container.decodeIfPresent([String: Int].self, forKey: .byPopularity) ?? [:]
        checksums = try container.decodeIfPresent(ResultChecksums.self, forKey: .checksums)
        ratedCases = try container.decodeIfPresent(String.self, forKey: .ratedCases)
        diagnostics = try container.decode(Values.self, forKey: .diagnostics)
        guard let cases = Self.count(number) else { throw wrong("cases: expected a count") }
        self.cases = cases
        // Without them a ranking could be compared with none, or with one that it has nothing in common with.
        let isRanking = candidates != "ratings"
        for (key, isThere) in [
            ("ties", ties != nil), ("exclusion", exclusion != nil),
            ("checksums", checksums != nil),
        ] where isThere != isRanking {
            throw wrong("\(key): expected \(isRanking ? "them of a ranking" : "none of ratings")")
        }
        guard (ratedCases != nil) != isRanking else {
            throw wrong(
                "ratedCases: expected \(isRanking ? "none of a ranking" : "them of ratings")")
        }
        for (group, values) in groups.merging(["": domains], uniquingKeysWith: { $1 }) {
            for (domain, values) in values {
                let place = group.isEmpty ? domain : "\(group) \(domain)"
                guard let own = values["cases"].flatMap(Self.count), own <= cases else {
                    throw wrong("cases of \(place): expected a count of at most \(cases)")
                }
                for (metric, value) in values {
                    guard value.isFinite else {
                        throw wrong("\(metric) of \(place): expected a finite value")
                    }
                    guard !Self.isShare(metric) || (0...1).contains(value) else {
                        throw wrong("\(metric) of \(place): expected 0 to 1, got \(value)")
                    }
                }
            }
        }
        let counts =
            [
                heldOut.events, heldOut.withoutHistory, heldOut.repeats, heldOut.tied,
                heldOut.droppedRepeats, heldOut.droppedTies, unrated,
            ] + certainHits.values.flatMap(\.values) + byPopularity.values
        guard counts.allSatisfy({ (0...Self.largestCount).contains($0) }),
            heldOut.share.isFinite, heldOut.askedShare?.isFinite != false
        else { throw wrong("a count of cases or events is out of range") }
        guard domains.values.reduce(0, { $0 + Self.cases(of: $1) }) == cases - unrated else {
            throw wrong("the domains' cases do not add up to \(cases)")
        }
        for (domain, count) in byPopularity
        where count > (domains[domain].map(Self.cases(of:)) ?? 0) {
            throw wrong("byPopularity of \(domain): more than the domain's cases")
        }
        let cutoffs = certainHits.values.flatMap(\.keys).map { Self.cutoff($0) ?? 0 }
        guard cutoffs.allSatisfy({ (1...Self.largestCount).contains($0) }) else {
            throw wrong("certainHits: expected numbers of items from 1")
        }
        guard diagnostics.values.allSatisfy(\.isFinite) else {
            throw wrong("diagnostics: expected finite values")
        }
    }

    /// Writes a result with the version of its form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.formatVersion, forKey: .formatVersion)
        try container.encode(split, forKey: .split)
        try container.encode(candidates, forKey: .candidates)
        try container.encodeIfPresent(ties, forKey: .ties)
        try container.encodeIfPresent(exclusion, forKey: .exclusion)
        try container.encode(cases, forKey: .cases)
        try container.encode(domains, forKey: .domains)
        try container.encode(groups, forKey: .groups)
        try container.encode(heldOut, forKey: .heldOut)
        try container.encode(repeats, forKey: .repeats)
        try container.encode(timeTies, forKey: .timeTies)
        try container.encode(certainHits, forKey: .certainHits)
        try container.encode(unrated, forKey: .unrated)
        try container.encode(byPopularity, forKey: .byPopularity)
        try container.encodeIfPresent(checksums, forKey: .checksums)
        try container.encodeIfPresent(ratedCases, forKey: .ratedCases)
        try container.encode(diagnostics, forKey: .diagnostics)
    }

    /// What any dataset can have, far from where sums overflow.
    private static let largestCount = 1 << 50

    /// The number of items that a key of ``certainHits`` begins with; other candidates than the result's stand behind it.
    static func cutoff(_ key: String) -> Int? { Int(key.prefix { $0 != " " }) }

    /// Whether a metric's values are from 0 to 1, as all of a ranking are; other candidates stand behind its name.
    private static func isShare(_ name: String) -> Bool {
        let metric = String(name.prefix { $0 != " " })
        return (try? RankingMetric(parsing: metric)) != nil
    }

    /// A number of a file as a count; nil where it is none.
    private static func count(_ number: Double) -> Int? {
        guard number >= 0, number <= Double(largestCount) else { return nil }
        return Int(exactly: number)
    }
}
