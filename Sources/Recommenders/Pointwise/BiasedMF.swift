// BiasedMF: matrix factorization of ratings with biases; over several domains, collective matrix factorization.
//
// Y. Koren, R. Bell, C. Volinsky: Matrix Factorization Techniques for Recommender Systems. IEEE Computer 42(8), 2009.
// Reference for the plain form and for the union of domains (CMF): easezyc/WSDM2022-PTUPCDR (no biases, no mean,
// vectors of width 10 drawn from N(0, 1)): `biases: false, initialDeviation: 1, clearsUnseen: false, regularization: 0`.
//
// Differences from the paper: steps are the optimizer's on batches, not one rating at a time; the mean is its domain's.
// Differences from the reference: users and items without a training rating are predicted by what is known of the other
// side, not by random vectors; the loss may hold the paper's regularization.

public import Interactions
public import Torch
public import TorchNN

/// Whether domains share their users' vectors.
public enum UserScope: String, Codable, Sendable, CaseIterable {
    /// A user has one vector for all domains: collective matrix factorization.
    case shared
    /// A user has a vector a domain: factorizations that know nothing of each other.
    case perDomain = "per-domain"
}

/// Settings of matrix factorization.
public struct BiasedMFConfiguration: ModelConfiguration {
    /// Width of the vectors.
    public var width = 10
    /// Whether domains share their users' vectors.
    public var scope = UserScope.shared
    /// Whether ratings are explained by means and biases before vectors.
    public var biases = true
    /// Deviation of initial vectors.
    public var initialDeviation = 0.1
    /// Weight of the squared norms of what predicts a rating, biases included.
    public var regularization = 0.2
    /// Whether users and items without a training rating have zero vectors instead of random ones.
    public var clearsUnseen = true

    /// The biased form with shared users.
    public init() {}

    /// Checks ranges.
    public func validate() throws(ConfigurationError) {
        try require([("width", width)], in: SettingRange.width)
        try require(
            initialDeviation > 0, "initialDeviation", expected: "above 0", got: initialDeviation)
        try require(
            regularization >= 0, "regularization", expected: "at least 0", got: regularization)
    }
}

/// A rating is the mean of the domain, plus the biases of user and item, plus the inner product of their vectors.
public final class BiasedMF: Module, RatingPredictor, ItemRanker {
    /// Settings.
    public typealias Configuration = BiasedMFConfiguration

    private let settings: BiasedMFConfiguration
    private let shape: DataShape
    /// The mean rating of each domain [domains].
    private let mean: Parameter?
    /// One for all domains, or one a domain.
    private let factors: [RatingFactors]

    /// Draws fresh vectors.
    public init(
        _ configuration: BiasedMFConfiguration, shape: DataShape, random: RandomSources
    ) throws(ConfigurationError) {
        settings = configuration
        self.shape = shape
        mean = configuration.biases ? Parameter(.zeros([shape.domains.count])) : nil
        let ranges =
            configuration.scope == .shared
            ? [1..<Int32(shape.itemCount) + 1] : shape.domains.map(\.items)
        factors = ranges.map {
            RatingFactors(
                users: shape.userCount, items: $0, width: configuration.width,
                deviation: configuration.initialDeviation, biases: configuration.biases,
                random: random)
        }
    }

    // MARK: Training

    /// The means in one go, then vectors and biases from the ratings of all domains.
    public var phases: [TrainingPhase] {
        [
            TrainingPhase("mean", .fit(takeMeans)),
            TrainingPhase(
                "train",
                .ratings(in: shape.domains.indices.map(DomainID.init(rawValue:)), loss: loss),
                trainable: ["factors."]),
        ]
    }

    /// Takes the means of the domains and clears the vectors that no rating will train.
    private func takeMeans(of events: RatingBatch) {
        let means = RatingMeans(of: events, shape: shape)
        mean?.value.copy(from: Tensor(means.domains.map(Float.init)))
        guard settings.clearsUnseen else { return }
        for part in factors { part.clearUnseen(in: events) }
    }

    /// The mean squared error plus the regularization.
    func loss(of batch: RatingBatch) -> Loss {
        let device = factors[0].userFactors.weight.value.device
        let predicted = ratings(users: batch.users, items: batch.items)
        var loss = Loss("error", (predicted - Tensor(batch.ratings, device: device)).squared())
        guard settings.regularization > 0 else { return loss }
        let penalties = grouped(batch.items, by: part, device: device) { index, positions in
            factors[index].penalties(
                ofUsers: factors[index].vectors(ofUsers: positions.map { batch.users[$0] }),
                items: positions.map { batch.items[$0] })
        }
        loss.add("penalty", penalties, weight: settings.regularization)
        return loss
    }

    // MARK: Scoring

    /// Users are known by their own vectors.
    public var needsKnownUser: Bool { true }

    /// The position in `factors` of an item's tables.
    private func part(of item: Int32) -> Int {
        settings.scope == .shared ? 0 : shape.domain(of: item)
    }

    private func ratings(users: [Int32], items: [Int32]) -> Tensor {
        let device = factors[0].userFactors.weight.value.device
        let deviations = grouped(items, by: part, device: device) { index, positions in
            factors[index].deviations(
                ofUsers: factors[index].vectors(ofUsers: positions.map { users[$0] }),
                items: positions.map { items[$0] })
        }
        guard let mean else { return deviations }
        let domains = items.map { Int32(shape.domain(of: $0)) }
        return deviations + mean.value.rows(Tensor(domains, device: device))
    }

    /// Mean, biases and inner product, not limited to the range of ratings. [queries]
    public func ratings(of queries: RatingQueries) -> Tensor {
        ratings(users: queries.users, items: queries.items)
    }

    /// The vectors of the rows' users, with their biases. [rows, width (+ 2)]
    public func states(of histories: SequenceBatch, in domain: DomainID) -> Tensor {
        let part = factors[settings.scope == .shared ? 0 : domain.rawValue]
        return part.states(ofUsers: part.vectors(ofUsers: histories.users.map(\.rawValue)))
    }

    /// The vectors of the items, with their biases, so that scores are predicted ratings. [items, width (+ 2)]
    public func itemVectors(of domain: DomainID) -> Tensor {
        let part = factors[settings.scope == .shared ? 0 : domain.rawValue]
        return part.vectors(
            ofItems: shape.domains[domain.rawValue].items, mean: mean?.value[domain.rawValue])
    }
}
