internal import Interactions
internal import Torch
internal import TorchNN

/// A normal distribution of independent numbers.
struct DiagonalNormal {
    /// [1, l].
    let mean: Tensor
    /// [1, l].
    let deviation: Tensor

    /// The Kullback–Leibler divergence of this distribution from another, a scalar.
    func divergence(from prior: DiagonalNormal) -> Tensor {
        let ratio = deviation / prior.deviation
        let shift = (mean - prior.mean) / prior.deviation
        return ((ratio.squared() + shift.squared()) * 0.5 - ratio.log() - 0.5).sum()
    }
}

/// The distribution of the latent vector that a summary of people gives.
final class LatentEncoder: Module {
    private let mean: Linear
    private let deviation: Linear

    init(_ width: Int, latent: Int, random: RandomSources) {
        mean = Linear(width, latent, initializer: .xavierUniform, random: random)
        deviation = Linear(width, latent, initializer: .xavierUniform, random: random)
    }

    /// From [1, d]; deviations stay between 0.1 and 1.
    func callAsFunction(_ summary: Tensor) -> DiagonalNormal {
        DiagonalNormal(
            mean: mean(summary), deviation: deviation(summary).sigmoid() * 0.9 + 0.1)
    }
}

/// Attention of states to the people of the support set.
final class SupportAttention: Module {
    private let query: Linear
    private let key: Linear
    private let value: Linear

    init(_ width: Int, random: RandomSources) {
        func map() -> Linear {
            Linear(width, width, initializer: .xavierUniform, random: random)
        }
        (query, key, value) = (map(), map(), map())
    }

    /// [S, d] of states [S, d] and people [U, d].
    func callAsFunction(_ states: Tensor, people: Tensor) -> Tensor {
        let logits = query(states).linear(key(people)) / Double(states.size(1)).squareRoot()
        return logits.softmax().matmul(value(people))
    }
}

/// What a domain has for itself.
final class CDSRNPDomain: Module {
    let encoder: CausalEncoder
    /// The domain's own state beside the others': [d, 2 d].
    let join: Linear

    init(_ encoder: CausalEncoderSettings, random: RandomSources) {
        self.encoder = CausalEncoder(encoder, random: random)
        join = Linear(
            2 * encoder.width, encoder.width, initializer: .xavierUniform, random: random)
    }
}

/// Training sequences of some people, which stand for all people of several domains when others are recommended for.
final class SupportSet: Module {
    private let offsets: Parameter
    private let items: Parameter
    private let itemCount: Int
    private var known: (version: Int, batch: SequenceBatch)?

    /// Nobody yet; their items will be ids up to a number.
    init(itemCount: Int) {
        self.itemCount = itemCount
        offsets = Parameter(data: Tensor([0] as [Int32]))
        items = Parameter(data: Tensor([] as [Int32]))
    }

    /// Whether everybody has events, and of items that there are.
    override var dataProblem: String? {
        let (starts, read): ([Int32], [Int32]) = (
            offsets.value.elements(), items.value.elements()
        )
        return offsetsProblem(starts, end: read.count)
            ?? (zip(starts, starts.dropFirst()).allSatisfy { $0 < $1 }
                ? nil : "somebody has no event")
            ?? idsProblem(read, in: 1..<Int32(clamping: itemCount) + 1)
    }

    /// Takes at most `count` of the rows that a condition holds for, at equal distances.
    func take(_ count: Int, of sequences: SequenceBatch, where isMember: (Int) -> Bool) {
        let members = (0..<sequences.rows).filter(isMember)
        let taken = min(count, members.count)
        var starts: [Int32] = [0]
        var read: [Int32] = []
        for place in 0..<taken {
            read += sequences.items[sequences.tokens(ofRow: members[place * members.count / taken])]
            starts.append(Int32(read.count))
        }
        offsets.replace(data: Tensor(starts))
        items.replace(data: Tensor(read))
    }

    /// The sequences, a row a person.
    var batch: SequenceBatch {
        if let known, known.version == offsets.version { return known.batch }
        let (starts, read): ([Int32], [Int32]) = (
            offsets.value.elements(), items.value.elements()
        )
        let batch = SequenceBatch(
            users: (0..<Int32(starts.count) - 1).map(UserID.init(rawValue:)), offsets: starts,
            items: read, times: [Int64](repeating: 0, count: read.count))
        known = (offsets.version, batch)
        return batch
    }
}

extension DomainSequence {
    /// For each token of the batch the newest of these items up to there; -1 without one.
    func newest(in batch: SequenceBatch) -> [Int32] {
        var newest = [Int32](repeating: -1, count: batch.tokens)
        for row in 0..<batch.rows {
            let own = range(ofRow: row)
            var next = own.lowerBound
            for token in batch.tokens(ofRow: row) {
                if next < own.upperBound, tokens[next] == token { next += 1 }
                if next > own.lowerBound { newest[token] = Int32(next) - 1 }
            }
        }
        return newest
    }
}

extension SequenceBatch {
    /// Histories as steps: each item predicts the next one, the newest an item that a closure names for its row.
    func steps(toward target: (_ row: Int) -> Int32) -> SequenceBatch {
        var steps = self
        steps.targets = (0..<rows).flatMap { row -> [Int32] in
            let own = items[tokens(ofRow: row)]
            return own.isEmpty ? [] : own.dropFirst() + [target(row)]
        }
        return steps
    }
}
