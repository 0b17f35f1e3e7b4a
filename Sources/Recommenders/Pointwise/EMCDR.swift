// EMCDR: cross-domain recommendation by embedding and mapping.
//
// T. Man, H. Shen, X. Jin, X. Cheng, IJCAI 2017, pages 2464-2470.
// Reference code: easezyc/WSDM2022-PTUPCDR (its EMCDR baseline). Its recipe is `width: 10, initialDeviation: 1,
// biases: false, clearsUnseen: false, regularization: 0, bridgeRegularization: 0, bridge: linear, sourceEpochs: 10,
// targetEpochs: 10, bridgeEpochs: 10` with Adam at a rate of 0.01 and no weight decay.
//
// Differences from the reference: ratings deviate from the means of domain, user and item, and the bridge maps a user's
// bias as one more component of the vector; the vectors are regularized; users with ratings in the target keep their own
// vector there unless `mapsWarmUsers` is set. Only the bridge changes in the bridge's phase.

public import Interactions
public import Torch
public import TorchNN

/// The form of the map between the domains' users.
public enum BridgeKind: String, Codable, Sendable, CaseIterable {
    /// A matrix.
    case linear
    /// Two affine maps with tanh between them, twice as wide inside.
    case mlp
}

/// Settings of EMCDR.
public struct EMCDRConfiguration: ModelConfiguration {
    /// The domain that knows the users; empty for the first one that is not the target.
    public var source = ""
    /// The domain that recommends to them; empty for the first one that is not the source.
    public var target = ""
    /// Width of the vectors.
    public var width = 10
    /// Whether ratings are explained by means and biases before vectors.
    public var biases = true
    /// Deviation of initial vectors.
    public var initialDeviation = 0.1
    /// Weight of the squared norms of what predicts a rating, biases included.
    public var regularization = 0.2
    /// Whether users and items without a training rating have zero vectors instead of random ones.
    public var clearsUnseen = true
    /// The form of the map.
    public var bridge = BridgeKind.linear
    /// Weight of the squared norm of the map's matrices.
    public var bridgeRegularization = 0.0
    /// Whether users with ratings in the target are mapped like those without.
    public var mapsWarmUsers = false
    /// Epochs of the source's factorization.
    public var sourceEpochs = 10
    /// Epochs of the target's factorization.
    public var targetEpochs = 10
    /// Epochs of the map.
    public var bridgeEpochs = 40

    /// From the first domain to the second.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try require(
            source != target || source.isEmpty, "target", expected: "another domain than source",
            got: target)
        try require([("width", width)], in: SettingRange.width)
        try require(
            initialDeviation > 0, "initialDeviation", expected: "above 0", got: initialDeviation)
        for (name, value) in [
            ("regularization", regularization), ("bridgeRegularization", bridgeRegularization),
        ] {
            try require(value >= 0, name, expected: "at least 0", got: value)
        }
        try require(
            [
                ("sourceEpochs", sourceEpochs), ("targetEpochs", targetEpochs),
                ("bridgeEpochs", bridgeEpochs),
            ], in: SettingRange.epochs)
    }

    /// Each part is trained as long as the settings say.
    public var learning: Learning { .ownEpochs }
}

/// The map from users of the source to users of the target.
private final class Bridge: Module {
    private let linear: Linear?
    private let mlp: FeedForward?

    init(_ kind: BridgeKind, width: Int, random: RandomSources) {
        switch kind {
        case .linear:
            linear = Linear(
                width, width, bias: false, initializer: .xavierUniform, random: random)
            mlp = nil
        case .mlp:
            linear = nil
            mlp = FeedForward(
                width, inner: 2 * width, width, activation: .tanh, initializer: .xavierUniform,
                random: random)
        }
    }

    override var renamedChildren: [String: String] { ["linear": "", "mlp": ""] }

    /// [n, width] to [n, width].
    func callAsFunction(_ users: Tensor) -> Tensor { linear?(users) ?? mlp?(users) ?? users }

    /// The squared norm of the matrices, a scalar.
    var penalty: Tensor {
        let norms = parameters().filter { $0.parameter.value.rank == 2 }
            .map { $0.parameter.value.squared().sum() }
        return norms.dropFirst().reduce(norms[0]) { $0 + $1 }
    }
}

/// Factorizes both domains, then learns to map users from one to the other.
public final class EMCDR: Module, RatingPredictor, ItemRanker {
    /// Settings.
    public typealias Configuration = EMCDRConfiguration

    private let settings: EMCDRConfiguration
    private let shape: DataShape
    private let domains: (source: DomainID, target: DomainID)
    /// The mean rating of each domain [domains].
    private let mean: Parameter?
    private let source: RatingFactors
    private let target: RatingFactors
    private let bridge: Bridge

    /// Draws fresh weights.
    public init(
        _ configuration: EMCDRConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        settings = configuration
        self.shape = shape
        domains = try shape.transfer(from: configuration.source, to: configuration.target)
        mean = configuration.biases ? Parameter(.zeros([shape.domains.count])) : nil
        func factors(_ domain: DomainID) -> RatingFactors {
            RatingFactors(
                users: shape.userCount, items: shape.domains[domain.rawValue].items,
                width: configuration.width, deviation: configuration.initialDeviation,
                biases: configuration.biases, random: random)
        }
        source = factors(domains.source)
        target = factors(domains.target)
        bridge = Bridge(
            configuration.bridge, width: configuration.width + (configuration.biases ? 1 : 0),
            random: random)
    }

    /// Whether there is an event of the target is all that it takes from a history.
    public var window: HistoryWindow { HistoryWindow(1, perDomain: true) }

    private var device: Device { source.userFactors.weight.value.device }

    // MARK: Training

    /// The means in one go, each domain's factorization, then the map with the factorizations frozen.
    public var phases: [TrainingPhase] {
        [
            TrainingPhase("mean", .fit(takeMeans)),
            TrainingPhase(
                "source",
                .ratings(in: [domains.source]) { self.factorLoss(of: $0, in: self.source) },
                trainable: ["source."], epochs: settings.sourceEpochs),
            TrainingPhase(
                "target",
                .ratings(in: [domains.target]) { self.factorLoss(of: $0, in: self.target) },
                trainable: ["target."], epochs: settings.targetEpochs),
            TrainingPhase(
                "bridge", .users(in: [domains.source, domains.target], loss: bridgeLoss),
                trainable: ["bridge."], epochs: settings.bridgeEpochs),
        ]
    }

    /// Takes the means of the domains and clears the vectors that no rating will train.
    private func takeMeans(of events: RatingBatch) {
        let means = RatingMeans(of: events, shape: shape)
        mean?.value.copy(from: Tensor(means.domains.map(Float.init)))
        guard settings.clearsUnseen else { return }
        source.clearUnseen(in: events)
        target.clearUnseen(in: events)
    }

    /// The mean squared error of ratings, and its regularization.
    private func factorLoss(of batch: RatingBatch, in factors: RatingFactors) -> Loss {
        let users = factors.vectors(ofUsers: batch.users)
        let predicted = withMean(
            factors.deviations(ofUsers: users, items: batch.items), of: batch.items)
        var loss = Loss("error", (predicted - Tensor(batch.ratings, device: device)).squared())
        if settings.regularization > 0 {
            loss.add(
                "penalty", factors.penalties(ofUsers: users, items: batch.items),
                weight: settings.regularization)
        }
        return loss
    }

    /// The mean squared error of mapped users' vectors, and its regularization.
    private func bridgeLoss(of users: [Int32]) -> Loss {
        let wanted = target.vectors(ofUsers: users)
        let errors = (bridge(source.vectors(ofUsers: users)) - wanted).squared()
        var loss = Loss()
        loss.add("error", sum: errors.sum(), over: errors.count)
        if settings.bridgeRegularization > 0 {
            loss.add("penalty", ofBatch: bridge.penalty, weight: settings.bridgeRegularization)
        }
        return loss
    }

    // MARK: Scoring

    /// Users are known by their own vectors.
    public var needsKnownUser: Bool { true }

    /// A person whose events of the target are left out is mapped from the source.
    public func forgets(_ hidden: DomainID, in domain: DomainID) -> Bool {
        hidden == domain && domain == domains.target
    }

    private func withMean(_ deviations: Tensor, of items: [Int32]) -> Tensor {
        guard let mean else { return deviations }
        let domains = items.map { Int32(shape.domain(of: $0)) }
        return deviations + mean.value.rows(Tensor(domains, device: device))
    }

    /// The users as the target knows them: mapped from the source, or their own vectors. [n, width (+ 1)]
    private func targetVectors(of users: [Int32], isCold: [Bool]) -> Tensor {
        let mapped = bridge(source.vectors(ofUsers: users))
        if settings.mapsWarmUsers { return mapped }
        let cold = Tensor(isCold, shape: [isCold.count, 1], device: device)
        return .choose(cold, mapped, target.vectors(ofUsers: users))
    }

    /// In the target as the bridge or the user's own ratings say, in the source as those say; elsewhere the mean. [queries]
    public func ratings(of queries: RatingQueries) -> Tensor {
        let deviations = grouped(queries.items, by: shape.domain, device: device) { domain, rows in
            let users = rows.map { queries.users[$0] }
            let items = rows.map { queries.items[$0] }
            switch domain {
            case domains.target.rawValue:
                let vectors = targetVectors(of: users, isCold: rows.map { queries.isCold[$0] })
                return target.deviations(ofUsers: vectors, items: items)
            case domains.source.rawValue:
                return source.deviations(ofUsers: source.vectors(ofUsers: users), items: items)
            default: return .zeros([rows.count], device: device)
            }
        }
        return withMean(deviations, of: queries.items)
    }

    /// As for ratings; a user is cold whose history has no item of the target. [rows, width (+ 2)]
    public func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        let users = histories.users.map(\.rawValue)
        guard domain == domains.target else {
            return source.states(ofUsers: source.vectors(ofUsers: users))
        }
        let items = shape.domains[domains.target.rawValue].items
        let isCold = (0..<histories.rows).map { row in
            !histories.items[histories.tokens(ofRow: row)].contains { items.contains($0) }
        }
        return target.states(ofUsers: targetVectors(of: users, isCold: isCold))
    }

    /// The vectors of the items; zeros in a domain that is neither source nor target. [items, width (+ 2)]
    public func itemVectors(of domain: DomainID) -> Tensor {
        let items = shape.domains[domain.rawValue].items
        let mean = mean?.value[domain.rawValue]
        if domain == domains.target { return target.vectors(ofItems: items, mean: mean) }
        if domain == domains.source { return source.vectors(ofItems: items, mean: mean) }
        return .zeros([items.count, settings.width + (settings.biases ? 2 : 0)], device: device)
    }
}

extension DataShape {
    /// Two different domains by their names; an empty name takes the first domain that the other is not.
    func transfer(
        from source: String, to target: String
    ) throws(ConfigurationError) -> (source: DomainID, target: DomainID) {
        try require(domains.count > 1, "source", expected: "two domains", got: domains.count)
        func position(_ name: String, _ key: String) throws(ConfigurationError) -> Int? {
            if name.isEmpty { return nil }
            if let position = domains.firstIndex(where: { $0.name == name }) { return position }
            let names = domains.map(\.name)
            throw .unknownName(
                path: key, name: name, nearest: nearestName(to: name, in: names), known: names)
        }
        let givenTarget = try position(target, "target")
        let first =
            try position(source, "source") ?? domains.indices.first { $0 != givenTarget } ?? 0
        let second = givenTarget ?? domains.indices.first { $0 != first } ?? 1
        try require(
            first != second, "target", expected: "another domain than source", got: target)
        return (DomainID(rawValue: first), DomainID(rawValue: second))
    }
}
