import Interactions
import Recommenders

/// The floating-point operations of GRU4Rec's matrix products over one table.
///
/// With item width d and hidden width h, a token costs 6h(d + h) in the recurrent layer, each further layer 12h², 2dh
/// in the map back, and 2d for each item of the softmax.
struct GRU4RecFlops {
    let settings: GRU4RecConfiguration
    let items: Int

    /// A training step; the backward pass has two products for each one forward.
    func training(_ batch: SequenceBatch) -> Double {
        let (width, hidden) = (Double(settings.embeddingSize), Double(settings.hiddenSize))
        let recurrent =
            6 * hidden * (width + hidden) + 12 * hidden * hidden * Double(settings.layers - 1)
        return 3 * Double(batch.tokens)
            * (recurrent + 2 * width * hidden + 2 * width * Double(items))
    }
}

/// The floating-point operations of SR-GNN with one round of messages over one table.
///
/// With width d, an item of a sequence costs 22d² in the maps of messages and state, a token at least one new version of a
/// node with 2d² and 6d² in the readout, a pair of a prefix and one of its tokens 4d, and an item of the softmax 2d.
struct SRGNNFlops {
    let settings: SRGNNConfiguration
    let items: Int

    /// A training step; the backward pass has two products for each one forward.
    func training(_ batch: SequenceBatch) -> Double {
        let width = Double(settings.embeddingSize)
        return 3
            * (0..<batch.rows).reduce(0) { sum, row in
                let tokens = batch.tokens(ofRow: row)
                let distinct = Double(Set(batch.items[tokens]).count)
                let pairs = Double(tokens.count * (tokens.count + 1) / 2)
                let softmax = 2 * width * Double(tokens.count * items)
                return sum + 22 * width * width * distinct
                    + 8 * width * width * Double(tokens.count) + 4 * width * pairs + softmax
            }
    }
}
