import Foundation
import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Which items compete with a target, worked out by hand: items 1 to 3 are domain a, 4 to 6 domain b.
///
/// To the state (1) the items of b have the logits 0, ln 2 and ln 4, so that their weights are 1, 2 and 4; those of a
/// have the logit ln 8 each.
struct ItemSoftmaxTests {
    private let shape = DataShape.domains(3, 3)
    private let logits: [Float] = [0, 1, 2].map { Float(log(2.0)) * $0 }

    private func expectLosses(
        _ found: Tensor, _ expected: [Double], location: SourceLocation = #_sourceLocation
    ) {
        let losses: [Float] = found.elements()
        #expect(losses.count == expected.count, sourceLocation: location)
        for (loss, ratio) in zip(losses, expected) {
            #expect(abs(Double(loss) - log(ratio)) < 1e-5, sourceLocation: location)
        }
    }

    private func head() throws -> Linear {
        let head = Linear(1, 3, initializer: .constant(0), random: .seeded(1))
        // Half of each logit by the weight, half by the bias.
        let halves = logits.map { $0 / 2 }
        try head.load(["weight": Tensor(halves, shape: [3, 1]), "bias": Tensor(halves)])
        return head
    }

    /// Targets 5 and 4 after tokens 0 and 2.
    private func losses(_ kind: ItemSoftmax, _ drawn: [Int32]) throws -> Tensor {
        HeadSoftmax(
            kind, domain: 1, of: shape, drawn: DrawnItems(drawn, count: 2, domains: 2))(
                .ones([2, 1]), head: try head(), targets: [5, 4], tokens: [0, 2])
    }

    @Test("a head's items compete with all of its domain") func headFull() throws {
        try expectLosses(losses(.full, []), [7.0 / 2, 7])
    }

    @Test("a head's target competes with its token's own sample of the domain")
    func headSampled() throws {
        // For each token two of a, then two of b; token 1 is of nobody.
        let drawn: [Int32] = [1, 2, 4, 6, 1, 3, 6, 6, 2, 3, 5, 4]
        // Token 0: 5 against 4 and 6. Token 2: 4 against 5 and 4, as they were drawn.
        try expectLosses(losses(.sampled, drawn), [7.0 / 2, 4])
    }

    @Test("a head's targets compete with the batch's sample of the domain, themselves once")
    func headShared() throws {
        // 5 against 6 alone, for it is in the pool itself; 4 against 5 and 6.
        try expectLosses(losses(.shared, [1, 2, 5, 6]), [6.0 / 2, 7])
    }

    private func softmax(
        _ kind: ItemSoftmax, _ drawn: [Int32], temperature: Double = 1
    ) -> SoftmaxLoss {
        let eight = Float(log(8.0))
        return SoftmaxLoss(
            kind, drawn: DrawnItems(drawn, count: 2, domains: 2), temperature: temperature,
            table: Tensor([0, eight, eight, eight] + logits, shape: [7, 1]),
            ranges: shape.domains.map(\.items))
    }

    @Test("targets of a domain compete with that domain's part of a shared sample")
    func shared() {
        let loss = softmax(.shared, [1, 2, 5, 6])
        expectLosses(
            loss(.ones([2, 1]), targets: [5, 4], tokens: [0, 1], domain: 1), [6.0 / 2, 7])
        // Item 3 against 1 and 2, item 1 against 2.
        expectLosses(
            loss(.ones([2, 1]), targets: [3, 1], tokens: [0, 1], domain: 0), [3, 2])
    }

    @Test("a position's own sample is of all domains, all items are those of the target's")
    func sampledAndFull() {
        let sampled = softmax(.sampled, [1, 2, 4, 6, 2, 3, 5, 6])
        // At position 1: 4 against 2, 3, 5 and 6; at 0: 5 against 1, 2, 4 and 6.
        expectLosses(
            sampled(.ones([2, 1]), targets: [4, 5], tokens: [1, 0], domain: 1),
            [23, 23.0 / 2])
        expectLosses(
            softmax(.full, [])(.ones([1, 1]), targets: [6], tokens: [0], domain: 1), [7.0 / 4])
    }

    /// At a half the weights are squared: those of b are 1, 4 and 16, those of a 64 each.
    @Test("a temperature divides the logits, whatever competes") func temperature() {
        expectLosses(
            softmax(.full, [], temperature: 0.5)(
                .ones([1, 1]), targets: [5], tokens: [0], domain: 1), [21.0 / 4])
        // 5 against 6, for it is in the pool itself; 4 against 5 and 6.
        expectLosses(
            softmax(.shared, [1, 2, 5, 6], temperature: 0.5)(
                .ones([2, 1]), targets: [5, 4], tokens: [0, 1], domain: 1), [20.0 / 4, 21])
        // 5 against 1, 2, 4 and 6.
        expectLosses(
            softmax(.sampled, [1, 2, 4, 6], temperature: 0.5)(
                .ones([1, 1]), targets: [5], tokens: [0], domain: 1), [149.0 / 4])
    }
}
