internal import Torch
internal import TorchNN

/// A map of [in, out] that multiplies from the right, as TensorFlow keeps it.
private func kernel(_ input: Int, _ output: Int, _ random: RandomSources) -> Parameter {
    Parameter(Initializer.xavierNormal.draw([input, output], from: random.initialization))
}

extension Tensor {
    /// [tokens, in] times [in, out], plus [out].
    fileprivate func times(_ map: Parameter, _ bias: Parameter? = nil) -> Tensor {
        linear(map.value.transposed(), bias: bias?.value)
    }
}

/// The behaviour transfer unit: a filter for one person, whose gate opens for what is new.
final class BehaviorFilter: Module {
    private let gateMap: Parameter
    private let gateBias: Parameter
    private let candidateMap: Parameter
    private let candidateBias: Parameter

    init(_ width: Int, random: RandomSources) {
        gateMap = kernel(3 * width, width, random)
        gateBias = Parameter(.ones([width]))
        candidateMap = kernel(2 * width, width, random)
        candidateBias = Parameter(.ones([width]))
    }

    override var children: [(name: String, child: Any)] {
        [
            ("gate.W_f", gateMap), ("gate.b_f", gateBias), ("candidate.W_s", candidateMap),
            ("candidate.b_s", candidateBias),
        ]
    }

    /// The state after each token. tokens: [T, 2h], the domain's state beside that of the others; [T, h]
    func callAsFunction(_ tokens: JaggedTensor) -> JaggedTensor {
        let width = gateBias.value.size(0)
        let input = tokens.values
        let gate = input.linear(
            gateMap.value[0..<2 * width].transposed(), bias: gateBias.value)
        let candidate = input.narrowed(1, 0..<width).linear(
            candidateMap.value[0..<width].transposed(), bias: candidateBias.value)
        // The shared-account filter with one member keeps what this gate lets in, so its gate has the other sign.
        let weight = Tensor.concatenate(
            [gateMap.value[2 * width..<3 * width] * -1, candidateMap.value[width..<2 * width]],
            dimension: 1)
        return accountFilter(
            tokens.with(.concatenate([gate * -1, candidate], dimension: 1)), weight: weight,
            shifts: .zeros([1, 2 * width], device: input.device))
    }
}

/// Additive attention of a state to entities: v · tanh(W_s s + W_emb e).
final class EntityAttention: Module {
    private let stateMap: Parameter
    private let entityMap: Parameter
    private let vector: Parameter
    private let names: [String]

    /// The reference's names of the three.
    init(_ width: Int, names: [String], random: RandomSources) {
        stateMap = kernel(width, width, random)
        entityMap = kernel(width, width, random)
        vector = kernel(width, 1, random)
        self.names = names
    }

    override var children: [(name: String, child: Any)] {
        zip(names, [stateMap, entityMap, vector]).map { ($0, $1) }
    }

    /// A logit for each place of a block. states: [S, h], entities: [S, n, h]; [S, n]
    func callAsFunction(_ states: Tensor, _ entities: Tensor) -> Tensor {
        let (count, width, size) = (entities.size(0), entities.size(1), entities.size(2))
        let own = entities.reshaped([count * width, size]).times(entityMap)
        let sum =
            own.reshaped([count, width, size]) + states.times(stateMap).reshaped([count, 1, size])
        return sum.tanh().reshaped([count * width, size]).times(vector).reshaped([count, width])
    }
}

/// Which places of a block hold an entity of a kind. [S, n]
struct BlockMask {
    /// The node at each place, -1 where the place does not count.
    let nodes: [Int32]
    /// 1 where it counts, else 0.
    let ones: Tensor

    init(_ nodes: [Int32], width: Int, device: Device) {
        self.nodes = nodes
        ones = Tensor(
            nodes.map { $0 < 0 ? 0 : 1 } as [Float], shape: [nodes.count / width, width],
            device: device)
    }

    /// Logits with the reference's stand-in for minus infinity where a place does not count.
    func limiting(_ logits: Tensor) -> Tensor { logits * ones + (ones - 1) * 1e10 }

    /// Shares of the places that count, zero for a graph without any.
    func softmax(_ logits: Tensor) -> Tensor { limiting(logits).softmax() * ones }
}

/// The knowledge transfer unit: one round of messages in each step's graph of entities.
final class KnowledgeTransfer: Module {
    private let within: EntityAttention
    private let across: EntityAttention
    private let gateMap: Parameter
    private let gateBias: Parameter
    private let maps: [Parameter]
    private let biases: [Parameter]
    private let mutual: Parameter
    private let relationMaps: [Parameter]
    private let relationBiases: [Parameter]
    private let gru: GRU
    private let relations: Int

    init(_ width: Int, relations: Int, random: RandomSources) {
        self.relations = relations
        within = EntityAttention(
            width, names: ["W_s_in", "W_emb_in", "W_v_in"], random: random)
        across = EntityAttention(
            width, names: ["W_s_cross", "W_emb_cross", "W_v_cross"], random: random)
        gateMap = kernel(3 * width, width, random)
        gateBias = Parameter(.ones([width]))
        maps = (0..<2).map { _ in kernel(width, width, random) }
        biases = (0..<2).map { _ in Parameter(.ones([width])) }
        mutual = kernel(width, 1, random)
        relationMaps = (0..<2).map { _ in
            let blocks = (0..<relations).map { _ in
                Initializer.xavierNormal.draw([width, width], from: random.initialization)
            }
            return Parameter(.concatenate(blocks, dimension: 1))
        }
        relationBiases = (0..<2).map { _ in Parameter(.ones([relations * width])) }
        gru = GRU(
            2 * relations * width, hidden: width, initializer: .xavierUniform, random: random)
        gru.openGates()
    }

    /// The reference's names; the maps of the relations stand side by side in `W_r1`, in-domain, and `W_r2`.
    override var children: [(name: String, child: Any)] {
        [
            ("", within), ("", across), ("cdgcn.W_f", gateMap), ("cdgcn.b_f", gateBias),
            ("cdgcn.w1", maps[0]), ("cdgcn.b1", biases[0]), ("cdgcn.w2", maps[1]),
            ("cdgcn.b2", biases[1]), ("cdgcn.dense.kernel", mutual), ("W_r1", relationMaps[0]),
            ("b_r1", relationBiases[0]), ("W_r2", relationMaps[1]), ("b_r2", relationBiases[1]),
            ("gru", gru),
        ]
    }

    /// The entities' new states. entities: [M, h]; own, told: [S, h], the states of each step; [M, h]
    func callAsFunction(
        _ entities: Tensor, own: Tensor, told: Tensor, in graphs: Subgraphs, isOwn: [Bool]
    ) -> Tensor {
        let device = entities.device
        let (count, width, size) = (graphs.count, graphs.width, entities.size(1))
        let places = Tensor(graphs.places, device: device)
        func masked(_ kind: Bool) -> (mask: BlockMask, values: Tensor) {
            let nodes = graphs.block { isOwn[$0] == kind }
            return (
                BlockMask(nodes, width: width, device: device),
                entities.rowsOrZeros(nodes).reshaped([count, width, size])
            )
        }
        func perNode(_ block: Tensor) -> Tensor {
            block.reshaped([count * width, block.count / (count * width)]).rows(places)
        }
        let (near, far) = (masked(true), masked(false))
        let nearShares = perNode(near.mask.softmax(within(own, near.values)))
        let farShares = perNode(far.mask.softmax(across(told, far.values)))
        let steps = Tensor(graphs.graphs, device: device)
        let gate = Tensor.concatenate([own.rows(steps), told.rows(steps), entities], dimension: 1)
            .times(gateMap, gateBias).sigmoid()
        let fromNear = (gate * nearShares * entities).times(maps[0], biases[0])
        // Each entity from elsewhere takes of the domain's own by the inner product that `mutual` weighs.
        let products = (far.values * mutual.value.reshaped([1, 1, size]))
            .matmul(near.values.transposed())
        let fromFar =
            ((gate * -1 + 1) * farShares * entities).times(maps[1], biases[1])
            + perNode(products.matmul(near.values))
        let messages = [fromNear, fromFar].enumerated().map { index, states in
            collect(states.times(relationMaps[index], relationBiases[index]), over: graphs, size)
        }
        let nodes = JaggedTensor(
            values: .concatenate(messages, dimension: 1).relu(),
            layout: JaggedLayout(offsets: (0...Int32(graphs.entities.count)).map { $0 }))
        return gru(nodes, initial: [entities]).values
    }

    /// The sum over each node's edges of what stands at their other ends, relation by relation. [M, R h]
    private func collect(_ states: Tensor, over graphs: Subgraphs, _ size: Int) -> Tensor {
        func sum(_ values: Tensor, _ edges: [(to: Int32, from: Int32)], _ onto: Tensor) -> Tensor {
            guard !edges.isEmpty else { return onto }
            return onto.addingRows(
                values.rows(Tensor(edges.map(\.from), device: values.device)),
                at: Tensor(edges.map(\.to), device: values.device))
        }
        let followed = sum(states, graphs.following, states)
        guard graphs.related.contains(where: { !$0.isEmpty }) else { return followed }
        return .concatenate(
            graphs.related.enumerated().map { relation, edges in
                let columns = relation * size..<(relation + 1) * size
                return sum(states.narrowed(1, columns), edges, followed.narrowed(1, columns))
            }, dimension: 1)
    }
}
