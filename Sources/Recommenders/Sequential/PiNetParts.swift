internal import Torch
internal import TorchNN

extension GRU {
    /// One layer as the reference draws it.
    convenience init(gatesOpenFrom input: Int, hidden: Int, random: RandomSources) {
        self.init(input, hidden: hidden, initializer: .xavierNormal, random: random)
        openGates()
    }

    /// Sets the first layer's biases as TensorFlow does: 1 for both gates, 0 for the candidate.
    func openGates() {
        for (name, parameter) in parameters() where name == "bias_ih_l0" {
            let hidden = parameter.value.size(0) / 3
            parameter.value.copy(from: .concatenate([.ones([2 * hidden]), .zeros([hidden])]))
        }
    }
}

/// A gated recurrent net over one domain's items.
final class ThreadEncoder: Module {
    let embeddingMatrix: Parameter
    let gru: GRU

    init(items: Int, width: Int, hidden: Int, random: RandomSources) {
        embeddingMatrix = Parameter(
            Initializer.xavierNormal.draw([items, width], from: random.initialization))
        gru = GRU(gatesOpenFrom: width, hidden: hidden, random: random)
    }

    /// The state after each item, by its place in the domain. [items of the batch, h]
    func callAsFunction(_ items: [Int32], offsets: [Int32], dropout: Dropout) -> Tensor {
        let table = embeddingMatrix.value
        let embedded = table.rows(Tensor(items, device: table.device))
        return dropout(
            gru(
                JaggedTensor(
                    values: dropout(embedded), layout: JaggedLayout(offsets: offsets))
            ).values)
    }
}

/// An affine map of inputs, state and members that a filter's gate or candidate applies its function to.
///
/// Names of its parameters end with the letter of the reference.
private final class FilterMap: Module {
    let map: Parameter
    let members: Parameter
    let bias: Parameter
    private let suffix: String

    init(_ input: Int, member: Int, hidden: Int, suffix: String, random: RandomSources) {
        let generator = random.initialization
        map = Parameter(Initializer.xavierNormal.draw([input + hidden, hidden], from: generator))
        members = Parameter(Initializer.xavierNormal.draw([member, hidden], from: generator))
        bias = Parameter(.ones([hidden]))
        self.suffix = suffix
    }

    override var children: [(name: String, child: Any)] {
        [("W_\(suffix)", map), ("V_\(suffix)", members), ("b_\(suffix)", bias)]
    }

    /// Of tokens [T, input]. [T, h]
    func tokens(_ input: Tensor) -> Tensor {
        input.linear(map.value[0..<input.size(1)].transposed(), bias: bias.value)
    }

    /// Of the state. [h, h]
    var state: Tensor {
        let rows = map.value.size(0)
        return map.value[rows - map.value.size(1)..<rows]
    }
}

/// The shared-account filter unit: what of a domain, and of the others so far, is kept for another domain.
final class SharedAccountFilter: Module {
    let memberEmbedding: Parameter
    private let gate: FilterMap
    private let candidate: FilterMap

    init(members: Int, width: Int, hidden: Int, random: RandomSources) {
        memberEmbedding = Parameter(
            Initializer.xavierNormal.draw([members, width], from: random.initialization))
        gate = FilterMap(2 * hidden, member: width, hidden: hidden, suffix: "f", random: random)
        candidate = FilterMap(hidden, member: width, hidden: hidden, suffix: "s", random: random)
    }

    /// What gate and candidate take of the tokens, side by side. [T, 2h]
    private func sums(_ tokens: Tensor) -> Tensor {
        let own = tokens.narrowed(1, 0..<tokens.size(1) / 2)
        return .concatenate([gate.tokens(tokens), candidate.tokens(own)], dimension: 1)
    }

    private var weight: Tensor { .concatenate([gate.state, candidate.state], dimension: 1) }

    private var shifts: Tensor {
        let maps = Tensor.concatenate([gate.members.value, candidate.members.value], dimension: 1)
        return memberEmbedding.value.matmul(maps)
    }

    /// The mean over members after each token. tokens: [T, 2h], the domain's state beside that of the others; [T, h]
    func joined(_ tokens: JaggedTensor) -> JaggedTensor {
        accountFilter(tokens.with(sums(tokens.values)), weight: weight, shifts: shifts)
    }

    /// The state of each member, whose past is its own, after each token: all of the first, then of the next. [K T, h]
    func split(_ tokens: JaggedTensor) -> Tensor {
        let sums = sums(tokens.values)
        let shifts = shifts
        let members = shifts.size(0)
        let count = Int32(tokens.layout.tokenCount)
        let offsets = (0..<Int32(members)).flatMap { member in
            tokens.layout.offsets.dropFirst().map { member * count + $0 }
        }
        let repeated = JaggedTensor(
            values: .concatenate((0..<members).map { sums + shifts[$0] }),
            layout: JaggedLayout(offsets: [0] + offsets))
        let none = Tensor.zeros([1, sums.size(1)], device: sums.device)
        return accountFilter(repeated, weight: weight, shifts: none).values
    }
}
