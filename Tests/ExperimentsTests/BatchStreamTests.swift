import Interactions
import Recommenders
import Testing

@testable import Experiments

@Suite struct BatchStreamTests {
    private func batches(negatives: Negatives, batchSize: Int) throws -> ExampleBatches {
        var configuration = try ExperimentConfiguration(yaml: tinySASRec)
        configuration.training.batchSize = batchSize
        let split = try Split(
            configuration.data.split, dataset: cyclicDataset(), seed: configuration.seed)
        return try #require(
            ExampleBatches(
                TrainingPhase("train", .sequences(negatives) { _, _ in Loss() }), split: split,
                configuration: configuration, window: HistoryWindow(50)))
    }

    @Test(arguments: [1, 7, 40, 100])
    func givesEveryBatchOnceAndInOrder(batchSize: Int) throws {
        let batches = try batches(negatives: .perPosition(2), batchSize: batchSize)
        let order = batches.order(epoch: 3)
        var stream = BatchStream(batches, epoch: 3)
        for step in 0..<batches.stepCount {
            let expected = try batches.batch(order: order, epoch: 3, step: step)
            let next = try #require(try stream.next())
            #expect(next.size == expected.size)
            guard case .sequences(let batch, let negatives) = next.batch,
                case .sequences(let expectedBatch, let expectedNegatives) = expected.batch
            else {
                Issue.record("expected sequences")
                return
            }
            #expect(batch == expectedBatch && negatives == expectedNegatives)
        }
        #expect(try stream.next() == nil)
    }

    // 15 items a domain; 16 negatives cannot be drawn.
    @Test func passesErrorsOn() throws {
        var stream = BatchStream(
            try batches(negatives: .perBatch(16), batchSize: 8), epoch: 0)
        #expect(throws: TooFewItems.self) { try stream.next() }
    }
}
