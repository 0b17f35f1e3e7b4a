// SR-GNN: session-based recommendation with graph neural networks.
//
// S. Wu, Y. Tang, Y. Zhu, L. Wang, X. Xie, T. Tan, AAAI 2019, arXiv 1811.00855.
// Reference code: RUCAIBox/RecBole, commit 7b02be5 (edges of weight 1, attention without softmax, cross-entropy over all
// items).
//
// Differences from the reference: each prefix of a sequence is a sample, as there, but graphs are not built and computed
// for each prefix anew: a node's state is computed once for all prefixes in whose graphs it is the same
// (``SessionGraphs``), and messages go along edges instead of through dense matrices. The linear maps of a round are
// applied before its messages are summed, which is the same but for rounding. The padding row is no candidate. `scope`
// chooses between one encoder over the mixed sequence and one for each domain over its own events; `softmax` can replace
// all items by samples.
//
// Cost of a sequence of n tokens with one round: maps of n + 2n vectors, gates of at most 2n, and n (n + 1) / 2 pairs of a
// prefix and one of its tokens in the attention, which are computed in registers; memory grows with n, plus 4 bytes a
// pair. Each further round multiplies gates by up to the number of neighbours.

public import Interactions
public import Torch
public import TorchNN

/// Settings of SR-GNN; the defaults are RecBole's.
public struct SRGNNConfiguration: SequenceModelConfiguration {
    /// Width of all vectors.
    public var embeddingSize = 64
    /// Rounds of messages.
    public var steps = 1
    /// The most recent tokens of a sequence that are used.
    public var maximumLength = 50
    /// What an encoder reads.
    public var scope = SequenceScope.mixed
    /// Which items of an encoder's table compete with a target.
    public var softmax = ItemSoftmax.full
    /// Items of each domain drawn for the sampled and the shared softmax.
    public var negatives = 128

    /// RecBole's settings.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try validateSequences()
        try require([("steps", steps)], in: SettingRange.depth)
    }
}

/// A linear map whose bias is drawn, too.
private func drawnLinear(
    _ input: Int, _ output: Int, bias: Bool = true, _ uniform: Initializer, _ random: RandomSources
) -> Linear {
    Linear(
        input, output, bias: bias, initializer: uniform, biasInitializer: uniform, random: random)
}

/// One round of messages along incoming and outgoing edges, and the gated update of the nodes.
private final class GatedGraphCell: Module {
    let inputWeight: Parameter
    let stateWeight: Parameter
    let inputBias: Parameter
    let stateBias: Parameter
    let incomingBias: Parameter
    let outgoingBias: Parameter
    let linearEdgeIn: Linear
    let linearEdgeOut: Linear
    private let width: Int

    init(_ width: Int, _ uniform: Initializer, _ random: RandomSources) {
        func drawn(_ shape: Int...) -> Parameter {
            Parameter(uniform.draw(shape, from: random.initialization))
        }
        self.width = width
        inputWeight = drawn(3 * width, 2 * width)
        stateWeight = drawn(3 * width, width)
        inputBias = drawn(3 * width)
        stateBias = drawn(3 * width)
        incomingBias = drawn(width)
        outgoingBias = drawn(width)
        linearEdgeIn = drawnLinear(width, width, uniform, random)
        linearEdgeOut = drawnLinear(width, width, uniform, random)
    }

    /// The reference's names.
    override var renamedChildren: [String: String] {
        [
            "inputWeight": "w_ih", "stateWeight": "w_hh", "inputBias": "b_ih",
            "stateBias": "b_hh", "incomingBias": "b_iah", "outgoingBias": "b_ioh",
        ]
    }

    /// What messages along one kind of edges add to the gates of each new version. [versions, 3 width]
    private func messages(
        _ nodes: Tensor, through map: Linear, columns: Range<Int>, along edges: WeightedEdges,
        to base: Tensor
    ) -> Tensor {
        let device = nodes.device
        let sent = map(nodes).linear(inputWeight.value.narrowed(1, columns))
        let weights = Tensor(edges.weights, shape: [edges.weights.count, 1], device: device)
        return base.addingRows(
            sent.rows(Tensor(edges.sources, device: device)) * weights,
            at: Tensor(edges.targets, device: device))
    }

    /// New versions of nodes: [nodes, width] to [versions, width].
    func callAsFunction(_ nodes: Tensor, _ round: SessionGraphs.Round) -> Tensor {
        let own = Tensor(round.own, device: nodes.device)
        let shift = Tensor.concatenate([incomingBias.value, outgoingBias.value])
            .reshaped([1, 2 * width]).linear(inputWeight.value, bias: inputBias.value)
        var input = Tensor.zeros([round.own.count, 3 * width], device: nodes.device) + shift
        input = messages(
            nodes, through: linearEdgeIn, columns: 0..<width, along: round.incoming, to: input)
        input = messages(
            nodes, through: linearEdgeOut, columns: width..<2 * width, along: round.outgoing,
            to: input)
        let state = nodes.linear(stateWeight.value, bias: stateBias.value).rows(own)
        func part(_ tensor: Tensor, _ index: Int) -> Tensor {
            tensor.narrowed(1, index * width..<(index + 1) * width)
        }
        let reset = (part(input, 0) + part(state, 0)).sigmoid()
        let update = (part(input, 1) + part(state, 1)).sigmoid()
        let candidate = (part(input, 2) + reset * part(state, 2)).tanh()
        let before = nodes.rows(own)
        return before + update * (candidate - before)
    }
}

/// The net over one item table.
public final class SRGNNEncoder: Module, SequenceEncoder {
    /// The vectors of the items. [items + 1, width]
    public let itemEmbedding: Embedding
    private let gnn: GatedGraphCell
    private let linearOne: Linear
    private let linearTwo: Linear
    private let linearThree: Linear
    private let linearTransform: Linear
    private let steps: Int

    /// Draws fresh weights by the reference's rule, the same for all.
    public init(_ configuration: SRGNNConfiguration, items: Int, random: RandomSources) {
        let width = configuration.embeddingSize
        let uniform = Initializer.pyTorch(inputs: width)
        itemEmbedding = Embedding(items + 1, width, initializer: uniform, random: random)
        gnn = GatedGraphCell(width, uniform, random)
        linearOne = drawnLinear(width, width, uniform, random)
        linearTwo = drawnLinear(width, width, uniform, random)
        linearThree = drawnLinear(width, 1, bias: false, uniform, random)
        linearTransform = drawnLinear(2 * width, width, uniform, random)
        steps = configuration.steps
    }

    /// The states of the prefixes of some graphs: attention of the last item over all of the prefix. [prefixes, width]
    private func states(of graphs: SessionGraphs) -> Tensor {
        let nodes = graphs.rounds.reduce(itemEmbedding(graphs.items)) { gnn($0, $1) }
        let last = nodes.rows(Tensor(graphs.last, device: nodes.device))
        let pooled = sigmoidPool(
            queries: linearOne(last), keys: linearTwo(nodes), values: nodes,
            weight: linearThree.weight.value.reshaped([-1]), layout: graphs.layout,
            members: graphs.members)
        return linearTransform(Tensor.concatenate([pooled, last], dimension: 1))
    }

    /// The state after each token. [tokens, width]
    public func states(of batch: SequenceBatch) -> Tensor {
        states(of: SessionGraphs(batch, prefixes: .all, rounds: steps))
    }

    /// The state after the last token of each row that has one. [rows with tokens, width]
    public func newestStates(of batch: SequenceBatch) -> Tensor {
        states(of: SessionGraphs(batch, prefixes: .whole, rounds: steps))
    }
}

/// The model: one encoder over everything, or one a domain.
public typealias SRGNN = SequenceModel<SRGNNEncoder>
