import Interactions
import Recommenders
import Torch
import TorchNN

extension RatingQueries {
    /// Queries of warm or cold users; user 0 by default.
    static func all(users: [Int32]? = nil, items: [Int32], isCold: Bool = false) -> RatingQueries {
        RatingQueries(
            users: users ?? items.map { _ in 0 }, items: items, isCold: items.map { _ in isCold })
    }
}

extension Module {
    /// Overwrites one parameter by name; the others stay.
    func set(_ name: String, _ values: [Float]) throws {
        var state = state()
        let shape = state[name]?.shape ?? []
        state[name] = Tensor(values, shape: shape)
        try load(state)
    }

    /// The values of all parameters by name, copied.
    func snapshot() -> [String: [Float]] { state().mapValues { $0.elements() } }

    /// The names and shapes of all parameters, in order.
    var layout: [String] { parameters().map { "\($0.name): \($0.parameter.value.shape)" } }
}

/// The events of a phase as one batch.
private func batch(of phase: TrainingPhase, events: RatingBatch, shape: DataShape) -> TrainingBatch
{
    func users(in domain: DomainID) -> Set<Int32> {
        Set(
            events.items.indices
                .filter { shape.domain(of: events.items[$0]) == domain.rawValue }
                .map { events.users[$0] })
    }
    switch phase.work {
    case .ratings(let domains, _):
        let rows = events.items.indices.filter {
            domains.contains(DomainID(rawValue: shape.domain(of: events.items[$0])))
        }
        return .ratings(
            RatingBatch(
                users: rows.map { events.users[$0] }, items: rows.map { events.items[$0] },
                ratings: rows.map { events.ratings[$0] }))
    case .users(let domains, _):
        let all = domains.map(users(in:))
        return .users(all.dropFirst().reduce(all[0]) { $0.intersection($1) }.sorted())
    case .fit, .sequences:
        preconditionFailure("batch: expected a phase with steps, got \(phase.name)")
    }
}

/// Trains a model phase by phase with full batches and Adam, and calls back after each phase.
func train(
    _ model: some Recommender, on events: RatingBatch, shape: DataShape,
    steps: Int, learningRate: Double = 0.02, after: (TrainingPhase) throws -> Void = { _ in }
) rethrows {
    for phase in model.phases {
        if case .fit(let body) = phase.work {
            body(events)
        } else {
            model.setTrainable(prefixes: phase.trainable)
            var configuration = OptimizerConfiguration()
            configuration.kind = .adam
            let optimizer = Optimizer(configuration, module: model)
            let batch = batch(of: phase, events: events, shape: shape)
            for _ in 0..<(phase.epochs ?? 1) * steps {
                optimizer.clearGradients()
                model.loss(of: batch, in: phase).total.backward()
                optimizer.step(learningRate: learningRate)
            }
        }
        try after(phase)
    }
}

/// Ratings of ten users for all of eight items in each of two domains, by planted vectors of width 2.
///
/// The target's user vectors are a linear map of the source's; the first eight users have rated in both domains,
/// the last two in the source alone.
struct PlantedRatings {
    let shape = DataShape(
        domains: [
            .init(name: "source", firstItem: 1, itemCount: 8),
            .init(name: "target", firstItem: 9, itemCount: 8),
        ], userCount: 10)
    let training: RatingBatch
    let cold: RatingBatch

    init() {
        var stream = RandomStream(seed: 7, name: "planted")
        func vector() -> [Float] { (0..<2).map { _ in Float(stream.uniform() * 2 - 1) } }
        let users = (0..<10).map { _ in vector() }
        let items = (0..<16).map { _ in vector() }
        var training = RatingBatch(users: [], items: [], ratings: [])
        var cold = training
        for (user, own) in users.enumerated() {
            for (item, vector) in items.enumerated() {
                let mapped = [0.5 * own[0] - own[1], own[0] + 0.5 * own[1]]
                let used = item < 8 ? own : mapped
                let rating = (item < 8 ? 3 : 4) + used[0] * vector[0] + used[1] * vector[1]
                let isCold = item >= 8 && user >= 8
                var part = isCold ? cold : training
                part.users.append(Int32(user))
                part.items.append(Int32(item + 1))
                part.ratings.append(rating)
                if isCold { cold = part } else { training = part }
            }
        }
        self.training = training
        self.cold = cold
    }

    /// The root mean squared error of predictions.
    static func error(_ predictions: Tensor, _ batch: RatingBatch) -> Double {
        (predictions - Tensor(batch.ratings)).squared().mean().squareRoot().item()
    }
}
