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
        var threads = [Thread](repeating: Thread(domains.count), count: domains.count)
        for token in tokens {
            for domain in domains.indices where domains[domain].contains(batch.items[token]) {
                threads[domain].events += 1
                for other in domains.indices {
                    threads[domain].memoryPairs[other] += threads[other].events
                }
            }
            for domain in domains.indices where domains[domain].contains(batch.targets[token]) {
                threads[domain].steps += 1
                guard threads[domain].events > 0 else { continue }
                threads[domain].queries += 1
                for other in domains.indices {
                    threads[domain].queryPairs[other] += threads[other].events
                }
            }
        }
        let mixed = tokens.count * (tokens.count + 1) / 2
        return domains.indices.reduce(
            attention(keys: tokens.count, queries: tokens.count, pairs: mixed)
        ) { sum, domain in
            let own = threads[domain]
            return sum
                + attention(
                    keys: own.queries, queries: own.queries, pairs: own.queryPairs[domain])
                + crossed(domain, threads)
                + adapted(own.queries) + adapted(own.steps)
                + projected(shared: own.steps, own: own.queries)
                + scored(own.steps, items: competitors(in: domain))
        }
    }

    /// What a row has of a domain.
    private struct Thread {
        /// Its events, which other domains read.
        var events = 0
        /// Steps that predict the domain.
        var steps = 0
        /// Those of them with an event of the domain before.
        var queries = 0
        /// By domain the events up to the steps of the queries.
        var queryPairs: [Int]
        /// By domain the events up to this domain's.
        var memoryPairs: [Int]

        init(_ domains: Int) {
            queryPairs = [Int](repeating: 0, count: domains)
            memoryPairs = queryPairs
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

    /// Gated cross-attention from a domain's tokens to every other domain's memory, at all stages.
    ///
    /// The domain's own memory goes through the layers before the last stage, and through all modules but the last.
    private func crossed(_ domain: Int, _ threads: [Thread]) -> Double {
        guard let last = settings.gca.stages.max() else { return 0 }
        let own = threads[domain]
        let modules = Double(settings.gca.stages.count * settings.gca.depth)
        var sum = 0.0
        if last > 0 {
            sum += attention(
                keys: own.events, queries: own.events, pairs: own.memoryPairs[domain])
        }
        if last > 1 { sum += adapted(own.events) }
        let gate = 24 * width * width
        for other in domains.indices where other != domain {
            let queries = attention(
                keys: threads[other].events, queries: own.queries, pairs: own.queryPairs[other])
            let memory = attention(
                keys: 0, queries: own.events, pairs: own.memoryPairs[other])
            sum += modules * (gate * Double(own.queries) + queries)
            sum += (modules - 1) * (gate * Double(own.events) + memory)
        }
        return sum
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
