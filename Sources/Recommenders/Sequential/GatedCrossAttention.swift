// GCA: gated cross-attention between the domain threads of a host.
//
// H. Lee, Y. Zhang, H. V. Nguyen, X. Liu, N. Park, C. Jung, R. Jin, Y. Wang, Z. Wang, S. Sojoudi, X. Feng:
// "Cross-attention Secretly Performs Orthogonal Alignment in Recommendation Models", arXiv 2510.09435, 2025. No
// reference code is public.
//
// Differences from the reference: the paper's formulas were not available. The module follows its description
// (gate = feed-forward net on [query; output], residual on the query) with the inner width 4d that the published
// parameter counts imply; where LayerNorm stands, the heads, the gate's hidden non-linearity and its initial
// value are settings.
//
// Who may read what is not known either, and is chosen here for every host (DomainThread.swift): a query reads all that
// the other domains had until the step that it predicts, their newest event included, in training as in scoring; what it
// reads knows nothing after its own place. Where something still reads a thread after a stage, a deeper module, a later
// stage or the host itself, its memory goes through modules and layers a second time, with narrower limits.

public import Torch
public import TorchNN

/// Where a GCA module normalises.
public enum GCANormalization: String, Codable, Sendable, CaseIterable {
    /// Nowhere.
    case none
    /// Query and memory before attention and gate; the residual stays raw.
    case pre
    /// The sum of residual and gated output.
    case post
}

/// Settings of GCA on any host.
public struct GCAConfiguration: ModelConfiguration {
    /// The places of the host to attach to; none leaves the host as it is.
    public var stages: [Int] = []
    /// Modules in sequence at each stage and direction.
    public var depth = 1
    /// Attention heads.
    public var heads = 2
    /// The gate's last non-linearity: sigmoid or tanh.
    public var activation = Activation.sigmoid
    /// The gate's hidden non-linearity.
    public var hiddenActivation = Activation.relu
    /// Where it normalises.
    public var normalization = GCANormalization.none
    /// Whether the gate's last layer starts at zero: a closed tanh gate, a half-open sigmoid gate.
    public var zeroGate = false
    /// Dropout on the attention's output.
    public var dropout = 0.0

    /// No stage.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try require(
            activation == .sigmoid || activation == .tanh, "gca.activation",
            expected: "sigmoid or tanh", got: activation.rawValue)
        try require([("gca.depth", depth)], in: SettingRange.depth)
        try require(
            (0..<1).contains(dropout), "gca.dropout", expected: "at least 0, below 1", got: dropout)
        try require(
            Set(stages).count == stages.count, "gca.stages", expected: "each once", got: stages)
    }

    /// Without a place to attach to there is nothing to set.
    public var idle: [IdleSetting] {
        guard stages.isEmpty, case .object(let values) = json else { return [] }
        return IdleSetting.all(
            values.keys.filter { $0 != "stages" }.sorted(), "without gca.stages")
    }

    /// Checks ranges, and that the heads of attached modules divide the host's width.
    func validate(width: Int) throws(ConfigurationError) {
        try validate()
        guard !stages.isEmpty else { return }
        try requireHeads(heads, "gca.heads", dividing: ("embeddingSize", width))
    }
}

/// One direction of gated cross-attention: X + g ⊙ X', X' = MHA(X, Y, Y), g = act(FFN([X; X'])).
public final class GatedCrossAttention: Module {
    /// Attention of the query's domain to the other.
    public let attention: MultiHeadAttention
    /// 2d → 4d → d.
    public let gate: FeedForward
    /// Before attention and gate, or after the sum.
    public let norms: [LayerNorm]
    private let dropout: Dropout
    private let configuration: GCAConfiguration
    private var cosines = CosineRecord()

    /// Draws the weights by a rule that the host chooses.
    public init(
        width: Int, configuration: GCAConfiguration, initializer: Initializer,
        random: RandomSources
    ) {
        self.configuration = configuration
        attention = MultiHeadAttention(
            width, heads: configuration.heads, initializer: initializer, random: random)
        gate = FeedForward(
            2 * width, inner: 4 * width, width, activation: configuration.hiddenActivation,
            initializer: initializer, random: random)
        if configuration.zeroGate {
            gate.dense2.weight.value.copy(from: .zeros([width, 4 * width]))
        }
        let normCount = [.none: 0, .pre: 2, .post: 1][configuration.normalization] ?? 0
        norms = (0..<normCount).map { _ in LayerNorm(width) }
        dropout = Dropout(configuration.dropout, random: random)
    }

    /// Updates the query's tokens; token t sees the first `keyLimits[t]` memory tokens of its row.
    ///
    /// In evaluation it records the cosines of X and X' unless told not to.
    public func callAsFunction(
        _ query: JaggedTensor, memory: JaggedTensor, keyLimits: [Int32], records: Bool = true
    ) -> JaggedTensor {
        let isPre = configuration.normalization == .pre
        let x = isPre ? query.with(norms[0](query.values)) : query
        let y = isPre ? memory.with(norms[1](memory.values)) : memory
        let crossed = attention(x, memory: y, keyLimits: keyLimits).values  // [tokens, width]
        if records && !isTraining { cosines.record(query.values, crossed, keyLimits: keyLimits) }
        let gated = configuration.activation(
            gate(.concatenate([x.values, crossed], dimension: 1)))
        let update = gated * dropout(crossed)
        return query.with(
            configuration.normalization == .post
                ? norms[0](query.values, adding: update) : query.values + update)
    }

    func takeCosines() -> CosineRecord {
        defer { cosines = CosineRecord() }
        return cosines
    }
}

/// Running means of cos(X, X') over tokens that saw a key.
struct CosineRecord {
    private(set) var sum = 0.0
    private(set) var magnitudes = 0.0
    private(set) var count = 0

    mutating func record(_ query: Tensor, _ crossed: Tensor, keyLimits: [Int32]) {
        let seen = keyLimits.indices.filter { keyLimits[$0] > 0 }
        guard !seen.isEmpty else { return }
        withoutGradients {
            let rows = Tensor(seen.map(Int32.init), device: query.device)
            let left = query.rows(rows)
            let right = crossed.rows(rows)
            let norms = ((left * left).sum(dimension: 1) * (right * right).sum(dimension: 1))
                .squareRoot()
            let cosine = (left * right).sum(dimension: 1) / (norms + 1e-12)
            sum += cosine.sum().item()
            magnitudes += cosine.magnitude().sum().item()
            count += seen.count
        }
    }

    mutating func add(_ other: CosineRecord) {
        sum += other.sum
        magnitudes += other.magnitudes
        count += other.count
    }
}

/// A model whose domain threads GCA can update.
public protocol GCAHost: Module, Diagnosing {
    /// What each stage of the host stands for, in order.
    static var gcaStages: [String] { get }
    /// The attached modules; nil when no stage is chosen.
    var gca: GCAStack? { get }
}

/// All GCA modules of a host: one for each stage, step and ordered pair of domains.
public final class GCAStack: Module {
    private let modulesByStage: [Int: [[Pair]]]
    private let configuration: GCAConfiguration
    private let domainNames: [String]

    /// One direction: `query` is updated from `memory`.
    private struct Pair {
        let query: Int
        let memory: Int
        let name: String
        let module: GatedCrossAttention
    }

    /// Builds the stages that the configuration names, or nothing if it names none.
    public init?(
        _ configuration: GCAConfiguration, host: any GCAHost.Type, width: Int,
        domains: [String], initializer: Initializer, random: RandomSources
    ) throws(ConfigurationError) {
        guard !configuration.stages.isEmpty else { return nil }
        for stage in configuration.stages {
            try require(
                host.gcaStages.indices.contains(stage), "gca.stages",
                expected: "stages 0 to \(host.gcaStages.count - 1)", got: stage)
        }
        // Each pair has a norm of its own, and a sum of norms is not normalised.
        try require(
            configuration.normalization != .post || domains.count == 2, "gca.normalization",
            expected: "none or pre with \(domains.count) domains", got: "post")
        self.configuration = configuration
        domainNames = domains
        var stages: [Int: [[Pair]]] = [:]
        for stage in configuration.stages.sorted() {
            stages[stage] = (0..<configuration.depth).map { _ in
                domains.indices.flatMap { query in
                    domains.indices.filter { $0 != query }.map { memory in
                        Pair(
                            query: query, memory: memory,
                            name: "\(letter(query))_from_\(letter(memory))",
                            module: GatedCrossAttention(
                                width: width, configuration: configuration,
                                initializer: initializer, random: random))
                    }
                }
            }
        }
        modulesByStage = stages
    }

    /// `stage.step.a_from_b`.
    public override var children: [(name: String, child: Any)] {
        modulesByStage.sorted { $0.key < $1.key }.flatMap { stage, steps in
            steps.enumerated().flatMap { step, pairs in
                pairs.map { ("\(stage).\(step).\($0.name)", $0.module) }
            }
        }
    }

    /// Updates all threads at one stage; a stage that is not attached changes nothing.
    ///
    /// Every thread reads the others' memory as it was before the step; with more than two domains the gated outputs of
    /// all other domains are added. The last stage leaves no memory behind unless the host reads it: `keepsMemory`.
    /// Threads of people who are not evaluated leave no cosines: `records`.
    public func align(
        _ threads: [DomainThread], stage: Int, keepsMemory: Bool = false, records: Bool = true
    ) -> [DomainThread] {
        let steps = modulesByStage[stage] ?? []
        let hasLaterStage = modulesByStage.keys.contains { $0 > stage }
        var threads = threads
        for (step, pairs) in steps.enumerated() {
            let isReadLater = keepsMemory || hasLaterStage || step + 1 < steps.count
            let before = threads
            for index in threads.indices {
                let own = pairs.filter { $0.query == index }
                let thread = before[index]
                let queries = sum(own, of: before, added: thread.queries, records: records) {
                    thread.queryLimits(in: $0)
                }
                let memory =
                    isReadLater
                    ? sum(own, of: before, added: thread.memory, records: false) {
                        thread.memoryLimits(in: $0)
                    } : nil
                threads[index].take(queries: queries, memory: memory)
            }
        }
        return threads
    }

    /// What the modules of one domain make of its tokens by the memory of the other domains.
    private func sum(
        _ pairs: [Pair], of threads: [DomainThread], added tokens: JaggedTensor, records: Bool,
        limits: (DomainThread) -> [Int32]
    ) -> JaggedTensor {
        let updated = pairs.map { pair in
            let other = threads[pair.memory]
            return pair.module(
                tokens, memory: other.memory, keyLimits: limits(other), records: records
            ).values
        }
        guard let first = updated.first else { return tokens }
        // With two domains the module's output is the sum already.
        return tokens.with(updated.dropFirst().reduce(first) { $0 + ($1 - tokens.values) })
    }

    /// Forgets recorded cosines.
    func resetDiagnostics() { _ = collect() }

    /// Mean |cos(X, X')| and |mean cos(X, X')| per domain, over the tokens evaluated since the last reset.
    func diagnostics() -> [String: Double] {
        var values: [String: Double] = [:]
        for (domain, record) in collect() where record.count > 0 {
            let name = domainNames[domain]
            values["mean |cos| \(name)"] = record.magnitudes / Double(record.count)
            values["|mean cos| \(name)"] = abs(record.sum) / Double(record.count)
        }
        return values
    }

    private func collect() -> [Int: CosineRecord] {
        var records: [Int: CosineRecord] = [:]
        for pair in modulesByStage.values.joined().joined() {
            records[pair.query, default: CosineRecord()].add(pair.module.takeCosines())
        }
        return records
    }
}

extension GCAHost {
    /// Forgets recorded cosines.
    public func resetDiagnostics() { gca?.resetDiagnostics() }

    /// Orthogonality of the attached modules.
    public func diagnostics() -> [String: Double] { gca?.diagnostics() ?? [:] }
}

/// What a domain is called in the names of parameters: the reference implementations' letters from a on, and d8, d9, …
/// after the eighth, for the ninth would be the i of ABXI's invariant parts and the letters end.
func letter(_ domain: Int) -> String {
    domain < 8 ? String(UnicodeScalar(UInt8(ascii: "a") + UInt8(domain))) : "d\(domain)"
}
