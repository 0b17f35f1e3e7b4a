internal import Foundation

extension SweepTable {
    /// What a model measured of a domain against its accuracy there, over the runs that measured it.
    public struct Correlation: Codable, Sendable {
        /// The domain.
        public let domain: String
        /// The metric.
        public let metric: String
        /// What was measured.
        public let diagnostic: String
        /// The number of runs.
        public let runs: Int
        /// Pearson's correlation r.
        public let correlation: Double
        /// Its 95 % interval by Fisher's transformation, lower end; nil for fewer than four runs.
        public let low: Double?
        /// The interval's upper end.
        public let high: Double?

        /// All measurements whose name ends with a domain, against that domain's metrics.
        static func all(_ runs: [Run], metrics: [String]) -> [Correlation] {
            let domains = Set(runs.flatMap(\.domains.keys)).sorted()
            let measured = Set(runs.flatMap(\.diagnostics.keys)).sorted()
            return domains.flatMap { domain in
                // A domain's name can end with another's.
                measured.filter { diagnostic in
                    domain
                        == domains.filter { diagnostic.hasSuffix(" \($0)") }
                        .max { $0.count < $1.count }
                }.flatMap { diagnostic in
                    metrics.compactMap { metric in
                        let pairs = runs.compactMap { $0.pair(diagnostic, metric, domain) }
                        return Correlation(
                            pairs, domain: domain, metric: metric, diagnostic: diagnostic)
                    }
                }
            }
        }

        /// Nil where either side does not vary, or for fewer than three pairs.
        init?(
            _ pairs: [(x: Double, y: Double)], domain: String, metric: String, diagnostic: String
        ) {
            let count = Double(pairs.count)
            let meanX = pairs.reduce(0) { $0 + $1.x } / max(count, 1)
            let meanY = pairs.reduce(0) { $0 + $1.y } / max(count, 1)
            let covariance = pairs.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
            let spreadX = pairs.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
            let spreadY = pairs.reduce(0) { $0 + ($1.y - meanY) * ($1.y - meanY) }
            guard pairs.count > 2, spreadX > 0, spreadY > 0 else { return nil }
            self.domain = domain
            self.metric = metric
            self.diagnostic = diagnostic
            runs = pairs.count
            correlation = covariance / (spreadX * spreadY).squareRoot()
            let bounded = pairs.count > 3 && abs(correlation) < 1
            let half = bounded ? 1.96 / (count - 3).squareRoot() : 0
            low = bounded ? tanh(atanh(correlation) - half) : nil
            high = bounded ? tanh(atanh(correlation) + half) : nil
        }
    }
}

extension SweepTable.Run {
    /// A measurement and a domain's metric, where the run has both.
    func pair(_ diagnostic: String, _ metric: String, _ domain: String) -> (x: Double, y: Double)? {
        guard let x = diagnostics[diagnostic], let y = domains[domain]?[metric] else { return nil }
        return (x, y)
    }
}
