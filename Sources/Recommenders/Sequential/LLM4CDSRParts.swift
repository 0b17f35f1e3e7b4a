internal import Interactions
internal import Torch
internal import TorchNN

/// Two affine maps without a non-linearity between them, which are one map of rank at most the inner width.
final class LinearPair: Module {
    let first: Linear
    let second: Linear

    init(_ input: Int, inner: Int, _ output: Int, random: RandomSources) {
        first = Linear(input, inner, initializer: .xavierNormal, random: random)
        second = Linear(inner, output, initializer: .xavierNormal, random: random)
    }

    override var renamedChildren: [String: String] { ["first": "0", "second": "1"] }

    /// [rows, in] to [rows, out], by the product of both maps.
    func callAsFunction(_ input: Tensor) -> Tensor {
        let map = second.weight.value.matmul(first.weight.value)
        let shift = first.bias.map {
            second($0.value.reshaped([1, $0.value.count])).reshaped([map.size(0)])
        }
        return input.linear(map, bias: shift)
    }
}

/// What a domain has for itself: a table of its items and an encoder.
final class LLM4CDSRDomain: Module {
    /// Row 0 is padding, row 1 the domain's first item.
    let itemEmb: Parameter
    let encoder: CausalEncoder
    private let items: Range<Int32>

    init(
        _ settings: LLM4CDSRConfiguration, items: Range<Int32>, encoder: CausalEncoderSettings,
        random: RandomSources
    ) {
        let shape = [items.count + 1, settings.embeddingSize]
        itemEmb =
            settings.trainsItems
            ? Parameter(Initializer.xavierNormal.draw(shape, from: random.initialization))
            : Parameter(data: .zeros(shape))
        self.encoder = CausalEncoder(encoder, random: random)
        self.items = items
    }

    /// Takes the initial vectors of the items. [items, d]
    func take(_ vectors: Tensor) {
        let table = Tensor.concatenate([.zeros([1, vectors.size(1)]), vectors])
        if itemEmb.isData {
            itemEmb.replace(data: table)
        } else {
            itemEmb.value.copy(from: table)
        }
    }

    /// Vectors of the domain's items by their ids. [items, d]
    func vectors(_ ids: [Int32]) -> Tensor {
        itemEmb.value.rows(
            Tensor(ids.map { $0 - items.lowerBound + 1 }, device: itemEmb.value.device))
    }

    /// Vectors of all items of the domain. [items, d]
    var vectors: Tensor { itemEmb.value[1..<items.count + 1] }
}

/// Adapted vectors of some items, each computed once.
struct AdaptedItems {
    private let vectors: Tensor
    private var places: [Int32]

    /// Adapts the joint vectors of the items that lists name. table: [items + 1, e]
    init(_ lists: [[Int32]], of table: Tensor, by adapter: LinearPair) {
        places = [Int32](repeating: -1, count: table.size(0))
        var unique: [Int32] = []
        for item in lists.joined() where places[Int(item)] < 0 {
            places[Int(item)] = Int32(unique.count)
            unique.append(item)
        }
        vectors = adapter(table.rows(Tensor(unique, device: table.device)))
    }

    /// Vectors by item id. [items, d]
    func callAsFunction(_ items: [Int32]) -> Tensor {
        vectors.rows(Tensor(items.map { places[Int($0)] }, device: vectors.device))
    }
}

/// The contrast of two views [n, d] of the same things, as in CLIP, with soft targets.
///
/// The target of a row is a softmax over the rows of their similarities, averaged over the views and multiplied by the
/// temperature that divides the logits; gradients flow through it.
func softContrast(_ left: Tensor, _ right: Tensor, temperature: Double) -> Tensor {
    let logits = left.linear(right) / temperature
    let alike = left.linear(left) + right.linear(right)
    let targets = (alike * (temperature / 2)).softmax()
    let ways =
        targets * logits.logSoftmax() + targets.transposed() * logits.transposed().logSoftmax()
    return ways.sum() * (-0.5 / Double(left.size(0)))
}
