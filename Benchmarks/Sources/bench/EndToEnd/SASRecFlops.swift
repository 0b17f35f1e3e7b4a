import Interactions
import Recommenders

/// The floating-point operations of SASRec's matrix products.
///
/// With width d, a token costs in each layer 8d² in the four projections, 4d for each key it sees and
/// 4d·inner in the feed-forward net; then 2d for each item of the softmax.
struct SASRecFlops {
    private let settings: SASRecConfiguration
    private let items: Int

    init(_ settings: SASRecConfiguration, items: Int) {
        self.settings = settings
        self.items = items
    }

    /// A training step; the backward pass has two products for each one forward.
    func training(_ batch: SequenceBatch) -> Double {
        let width = Double(settings.embeddingSize)
        let perToken = 8 * width * width + 4 * width * Double(settings.innerSize)
        return 3
            * (0..<batch.rows).reduce(0) { sum, row in
                let tokens = batch.tokens(ofRow: row).count
                let pairs = Double(tokens * (tokens + 1) / 2)
                let layer = perToken * Double(tokens) + 4 * width * pairs
                return sum + Double(settings.layers) * layer + 2 * width * Double(tokens * items)
            }
    }
}
