internal import Dispatch
internal import Recommenders
internal import Synchronization

/// The batches of one epoch in their order, each built on another thread while the one before is used.
struct BatchStream {
    typealias Prepared = (batch: PhaseBatch, size: Int)

    /// A batch that is being built.
    private final class Pending: Sendable {
        private let result = Mutex<Result<Prepared, any Error>?>(nil)
        private let isReady = DispatchSemaphore(value: 0)

        func finish(_ value: Result<Prepared, any Error>) {
            result.withLock { $0 = value }
            isReady.signal()
        }

        func wait() throws -> Prepared? {
            isReady.wait()
            return try result.withLock { $0 }?.get()
        }
    }

    private let batches: ExampleBatches
    private let order: [Int]
    private let epoch: Int
    private var step = 0
    private var pending: Pending?

    /// Begins to build the first batch.
    init(_ batches: ExampleBatches, epoch: Int) {
        self.batches = batches
        self.epoch = epoch
        order = batches.order(epoch: epoch)
        pending = prepare()
    }

    /// The next batch, or nil after the last; the one after it is being built when this returns.
    mutating func next() throws -> Prepared? {
        let current = pending
        step += 1
        pending = prepare()
        return try current?.wait()
    }

    private func prepare() -> Pending? {
        guard step < batches.stepCount else { return nil }
        let pending = Pending()
        DispatchQueue.global(qos: .userInitiated).async { [batches, order, epoch, step] in
            pending.finish(
                Result { try batches.batch(order: order, epoch: epoch, step: step) })
        }
        return pending
    }
}
