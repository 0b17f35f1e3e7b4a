import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

struct PopularityTests {
    @Test("an item scores the number of its events, for everybody")
    func counts() throws {
        // Domain a has items 1 to 3, domain b 4 and 5; item 2 occurs twice, 5 three times, 3 once.
        let model = try Popularity(
            PopularityConfiguration(), shape: .domains(3, 2), random: .seeded(1))
        model.fit(
            to: RatingBatch(
                users: [0, 1, 2, 0, 1, 1], items: [2, 5, 2, 5, 3, 5],
                ratings: [1, 2, 3, 4, 5, 1]))
        let domains = [0, 1].map { DomainID(rawValue: $0) }
        let states = model.states(of: .histories([[1], []]), in: domains)
        let scores = domains.map { domain in
            states.matmul(model.itemVectors(of: domain).transposed()).elements(as: Float.self)
        }
        #expect(scores == [[0, 2, 1, 0, 2, 1], [0, 3, 0, 3]])
        #expect(model.phases.map(\.hasSteps) == [false])
    }
}
