import Interactions
import Recommenders

/// The floating-point operations of ABXI's matrix products, which are nearly all it does.
///
/// With width d, a token costs 4d² as a key (key and value), 4d² as a query (query and output), 4d for
/// each key it sees, 6d·inner in a SwiGLU, 4d·rank in an adapter and 24d² in the gate of a GCA module.
struct ABXIFlops {
    private let settings: ABXIConfiguration
    private let domains: [ClosedRange<Int32>]
    private let width: Double

    init(_ settings: ABXIConfiguration, domains: [ClosedRange<Int32>]) {
        self.settings = settings
        self.domains = domains
        width = Double(settings.embeddingSize)
    }

    private func attention(keys: Int, queries: Int, pairs: Int) -> Double {
        4 * width * (width * Double(keys + queries) + Double(pairs))
    }

    private func projector(_ tokens: Int) -> Double {
        6 * width * Double(settings.innerSize * tokens)
    }

    private func adapter(_ tokens: Int, rank: Int) -> Double {
        4 * width * Double(rank * tokens)
    }

    /// Shared feed-forward and adapter of a thread.
    private func adapted(_ tokens: Int) -> Double {
        projector(tokens) + adapter(tokens, rank: settings.domainRank)
    }

    /// The invariant projector with its adapter, and the domain's own projector.
    private func projected(shared: Int, own: Int) -> Double {
        projector(shared) + adapter(shared, rank: settings.invariantRank) + projector(own)
    }

    /// Inner products of states with items.
    private func scored(_ states: Int, items: Int) -> Double {
        2 * width * Double(states * items)
    }

    /// A training step; the backward pass has two products for each one forward.
    func training(_ batch: SequenceBatch) -> Double {
        3 * (0..<batch.rows).reduce(0) { $0 + forward(row: $1, of: batch) }
    }

    private func forward(row: Int, of batch: SequenceBatch) -> Double {
        let tokens = batch.tokens(ofRow: row)
        let count = domains.count
        var hasItem = [Bool](repeating: false, count: count)
        var steps = [Int](repeating: 0, count: count)
        var ownSteps = [Int](repeating: 0, count: count)
        // By domain of the query, then by domain of the key: a token sees those that stand no later.
        var seen = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
        for token in tokens {
            for domain in domains.indices {
                hasItem[domain] = hasItem[domain] || domains[domain].contains(batch.items[token])
                guard domains[domain].contains(batch.targets[token]) else { continue }
                steps[domain] += 1
                guard hasItem[domain] else { continue }
                ownSteps[domain] += 1
                for other in domains.indices { seen[domain][other] += ownSteps[other] }
            }
        }
        let mixed = tokens.count * (tokens.count + 1) / 2
        return domains.indices.reduce(
            attention(keys: tokens.count, queries: tokens.count, pairs: mixed)
        ) { sum, domain in
            let own = ownSteps[domain]
            let shared = steps[domain]
            return sum + attention(keys: own, queries: own, pairs: seen[domain][domain])
                + crossed(domain, tokens: ownSteps, pairs: seen[domain])
                + adapted(own) + adapted(shared) + projected(shared: shared, own: own)
                + scored(shared, items: competitors(in: domain))
        }
    }

    /// The items in the softmax of a position that predicts a domain.
    private func competitors(in domain: Int) -> Int {
        switch settings.softmax {
        case .sampled: 1 + settings.negatives * domains.count
        case .shared: 1 + settings.negatives
        case .full: domains[domain].count
        }
    }

    /// Gated cross-attention from one domain's tokens to every other domain's, at all stages.
    private func crossed(_ query: Int, tokens: [Int], pairs: [Int]) -> Double {
        let modules = Double(settings.gca.stages.count * settings.gca.depth)
        let gate = 24 * width * width * Double(tokens[query])
        return domains.indices.filter { $0 != query }.reduce(0) { sum, other in
            sum + modules
                * (gate
                    + attention(keys: tokens[other], queries: tokens[query], pairs: pairs[other]))
        }
    }

    /// The newest state of one history for one domain, and its products with candidates; without GCA.
    func inference(_ history: [Int32], domain: Int, candidates: Int) -> Double {
        let mixed = min(history.count, settings.maximumLength)
        let thread = history.count { domains[domain].contains($0) }
        let own = min(thread, settings.maximumLength)
        let newest = own > 0 ? 1 : 0
        return attention(keys: mixed, queries: 1, pairs: mixed)
            + attention(keys: own, queries: newest, pairs: own)
            + adapted(1 + newest) + projected(shared: 1, own: newest)
            + scored(1, items: candidates)
    }
}
