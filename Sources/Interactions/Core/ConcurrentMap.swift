internal import Dispatch

/// What `(0..<count).map(work)` is, each piece of work done on a thread of its own where there is one.
///
/// `work` may change what it alone reads or writes among the pieces.
func concurrentMap<Value>(_ count: Int, _ work: (Int) -> Value) -> [Value] {
    withoutActuallyEscaping(work) { work in
        [Value](unsafeUninitializedCapacity: count) { values, filled in
            // Each piece writes its own element, and nobody reads one before all are there.
            nonisolated(unsafe) let (values, work) = (values, work)
            DispatchQueue.concurrentPerform(iterations: count) { index in
                values.initializeElement(at: index, to: work(index))
            }
            filled = count
        }
    }
}
