import Foundation
import Testing
import Torch
import TorchNN

/// Against `torch.optim.lr_scheduler` 2.13.0; see Fixtures/manifest.json.
struct LearningRateScheduleTests {
    private func expected(_ name: String) throws -> [Double] {
        try Fixture("optimizers/schedules")[name].elements(as: Float.self).map(Double.init)
    }

    private func agree(_ got: [Double], _ expected: [Double]) -> Bool {
        got.count == expected.count && zip(got, expected).allSatisfy { abs($0 - $1) < 1e-6 }
    }

    @Test("the warm-up is linear over epochs")
    func warmup() throws {
        var settings = ScheduleConfiguration()
        settings.warmupEpochs = 10
        let schedule = LearningRateSchedule(settings, base: 1, epochs: 100)
        let rates = (0...14).map { schedule.rate(epoch: $0, progress: 0) }
        #expect(try agree(rates, expected("linear")))
        // The rate moves between epochs only.
        #expect(schedule.rate(epoch: 4, progress: 0.9) == rates[4])
        #expect(schedule.isWarmup(epoch: 9) && !schedule.isWarmup(epoch: 10))
    }

    @Test("the cosine falls to its minimum at the end of all epochs")
    func cosine() throws {
        var settings = ScheduleConfiguration()
        settings.kind = .cosine
        settings.minimum = 0.05
        let schedule = LearningRateSchedule(settings, base: 1, epochs: 12)
        #expect(
            try agree((0...12).map { schedule.rate(epoch: $0, progress: 0) }, expected("cosine")))
        // Within an epoch: 0.05 + 0.95 / 2 · (1 + cos(π · 4.5 / 12)), with cos(67.5°) = 0.3826834.
        #expect(abs(schedule.rate(epoch: 4, progress: 0.5) - 0.7067746) < 1e-6)
        // After two epochs of warm-up the cosine spans the other ten: half-way at epoch 7.
        settings.warmupEpochs = 2
        let warm = LearningRateSchedule(settings, base: 2, epochs: 12)
        #expect(abs(warm.rate(epoch: 2, progress: 0) - 2) < 1e-12)
        #expect(abs(warm.rate(epoch: 7, progress: 0) - 1.025) < 1e-12)
        #expect(abs(warm.rate(epoch: 12, progress: 0) - 0.05) < 1e-12)
    }

    @Test("the exponential falls by its factor after each epoch")
    func exponential() throws {
        var settings = ScheduleConfiguration()
        settings.kind = .exponential
        settings.factor = 0.5
        let schedule = LearningRateSchedule(settings, base: 8, epochs: 12)
        #expect((0...3).map { schedule.rate(epoch: $0, progress: 0.5) } == [8, 4, 2, 1])
        settings.warmupEpochs = 2
        let warm = LearningRateSchedule(settings, base: 8, epochs: 12)
        #expect((2...4).map { warm.rate(epoch: $0, progress: 0) } == [8, 4, 2])
    }

    @Test("a plateau reduces the rate after more epochs without gain than it forgives")
    func plateau() throws {
        let scores = try expected("plateau.scores")
        var settings = ScheduleConfiguration()
        settings.kind = .plateau
        settings.patience = 3
        var schedule = LearningRateSchedule(settings, base: 1, epochs: 100)
        var rates = [schedule.rate(epoch: 0, progress: 0)]
        var best = -Double.infinity
        for (epoch, score) in scores.enumerated() {
            // The fixture's threshold: a gain is more than a ten thousandth of the best score.
            let gained = best == -.infinity || score > best * (1 + 1e-4)
            if gained { best = score }
            schedule.epochEnded(gained: gained)
            rates.append(schedule.rate(epoch: epoch + 1, progress: 0.5))
        }
        #expect(try agree(rates, expected("plateau")))
        #expect(rates[24] < 0.2)
    }

    @Test("a plateau's state survives a file")
    func stored() throws {
        var settings = ScheduleConfiguration()
        settings.kind = .plateau
        settings.patience = 1
        settings.factor = 0.5
        var schedule = LearningRateSchedule(settings, base: 1, epochs: 10)
        for _ in 0..<3 { schedule.epochEnded(gained: false) }
        var read = try JSONDecoder().decode(
            LearningRateSchedule.self, from: JSONEncoder().encode(schedule))
        #expect(read == schedule)
        #expect(read.rate(epoch: 3, progress: 0) == 0.5)
        read.epochEnded(gained: false)
        #expect(read.rate(epoch: 4, progress: 0) == 0.25)
    }

    @Test("a constant rate ignores gains")
    func constant() {
        var schedule = LearningRateSchedule(ScheduleConfiguration(), base: 0.3, epochs: 10)
        let before = schedule
        for _ in 0..<100 { schedule.epochEnded(gained: false) }
        #expect(schedule == before)
        #expect(schedule.rate(epoch: 9, progress: 0.9) == 0.3)
    }
}
