import Interactions
import Recommenders

/// The floating-point operations of ABXI's matrix products, which are nearly all it does.
///
/// With width d, a token costs 4d² as a key (key and value), 4d² as a query (query and output), 4d for
/// each key it sees, 6d·inner in a SwiGLU and 4d·rank in an adapter.
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
        var forward = 0.0
        for row in 0..<batch.rows {
            let tokens = batch.tokens(ofRow: row)
            forward += causalAttention(tokens.count)
            for domain in domains {
                var hasItem = false
                var steps = 0
                var ownSteps = 0
                for token in tokens {
                    hasItem = hasItem || domain.contains(batch.items[token])
                    guard domain.contains(batch.targets[token]) else { continue }
                    steps += 1
                    ownSteps += hasItem ? 1 : 0
                }
                forward += causalAttention(ownSteps) + adapted(ownSteps) + adapted(steps)
                forward += projected(shared: steps, own: ownSteps)
                forward += scored(steps, items: 1 + settings.negatives * domains.count)
            }
        }
        return 3 * forward
    }

    private func causalAttention(_ length: Int) -> Double {
        attention(keys: length, queries: length, pairs: length * (length + 1) / 2)
    }

    /// The newest state of one history for one domain, and its products with candidates.
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
