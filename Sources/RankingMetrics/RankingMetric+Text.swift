/// A text that names no metric, with the valid name nearest to it.
public struct RankingMetricError: Error, Equatable, CustomStringConvertible {
    /// The text that was given.
    public let text: String

    /// What a name must look like.
    public let expected: String

    /// The valid name nearest to the text.
    public let nearest: String

    /// One line for the person who wrote the name.
    public var description: String {
        "unknown metric '\(text)': expected \(expected); did you mean '\(nearest)'?"
    }
}

extension RankingMetric: CustomStringConvertible {
    /// The name used in papers, configuration and results, such as `NDCG@10`.
    public var description: String {
        switch self {
        case .hitRate(let cutoff): "HR@\(cutoff)"
        case .ndcg(let cutoff): "NDCG@\(cutoff)"
        case .recall(let cutoff): "Recall@\(cutoff)"
        case .precision(let cutoff): "Precision@\(cutoff)"
        case .mrr: "MRR"
        case .mrrAt(let cutoff): "MRR@\(cutoff)"
        case .auc: "AUC"
        }
    }

    /// Reads a name such as `NDCG@10`, in upper or lower case.
    public init(parsing text: String) throws(RankingMetricError) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].lowercased()
        let cutoff = parts.count == 2 ? Self.cutoff(parts[1]) : nil
        let isWellFormed = parts.count == 1 || cutoff != nil
        if isWellFormed, let kind = Self.kinds.first(where: { $0.name.lowercased() == name }),
            let metric = kind.make(cutoff)
        {
            self = metric
            return
        }
        throw RankingMetricError(
            text: text, expected: "HR@k, NDCG@k, Recall@k, Precision@k, MRR, MRR@k or AUC, k >= 1",
            nearest: Self.nearest(name: name, cutoff: cutoff))
    }

    /// A name and how it becomes a metric; nil where it needs a cutoff, or can have none.
    private struct Kind: Sendable {
        let name: String
        let make: @Sendable (Int?) -> RankingMetric?
    }

    private static let kinds = [
        Kind(name: "HR") { $0.map { .hitRate(at: $0) } },
        Kind(name: "NDCG") { $0.map { .ndcg(at: $0) } },
        Kind(name: "Recall") { $0.map { .recall(at: $0) } },
        Kind(name: "Precision") { $0.map { .precision(at: $0) } },
        Kind(name: "MRR") { cutoff in cutoff.map { .mrrAt($0) } ?? .mrr },
        Kind(name: "AUC") { $0 == nil ? .auc : nil },
    ]

    private static func cutoff(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) else {
            return nil
        }
        return value >= 1 ? value : nil
    }

    private static func nearest(name: String, cutoff: Int?) -> String {
        let usualCutoff = 10
        let metrics = kinds.map { kind in
            (kind.name, kind.make(cutoff) ?? kind.make(usualCutoff) ?? kind.make(nil))
        }
        let nearest = metrics.min {
            editDistance($0.0.lowercased(), name) < editDistance($1.0.lowercased(), name)
        }
        return nearest?.1?.description ?? RankingMetric.ndcg(at: usualCutoff).description
    }
}

extension RankingMetric: Codable {
    /// Reads the metric from its name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do throws(RankingMetricError) {
            try self.init(parsing: text)
        } catch {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: error.description)
        }
    }

    /// Writes the metric as its name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
