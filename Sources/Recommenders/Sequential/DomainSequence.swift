internal import Interactions

/// One domain's events of a batch of mixed sequences, each at its own place on the mixed sequence's axis.
///
/// In training an item's target is the next item of the domain; a row's last item has one only where the row's last target
/// is of the domain, and is left out otherwise.
struct DomainSequence {
    /// Items, row by row.
    var items: [Int32] = []
    /// In training, each item's successor in the domain.
    var targets: [Int32] = []
    /// Where each row begins.
    var offsets: [Int32] = [0]
    /// Each item's token in the mixed batch.
    var tokens: [Int32] = []

    /// The events of a domain; the batch has targets in training and none in inference.
    init(_ domain: Range<Int32>, of batch: SequenceBatch) {
        let isTraining = !batch.targets.isEmpty
        for row in 0..<batch.rows {
            let range = batch.tokens(ofRow: row)
            var own = range.filter { domain.contains(batch.items[$0]) }
            if isTraining {
                let last = range.last.map { batch.targets[$0] }.flatMap {
                    domain.contains($0) ? $0 : nil
                }
                targets += own.dropFirst().map { batch.items[$0] }
                if let last, !own.isEmpty {
                    targets.append(last)
                } else {
                    own = own.dropLast()
                }
            }
            items += own.map { batch.items[$0] }
            tokens += own.map(Int32.init)
            offsets.append(Int32(items.count))
        }
    }

    /// The items of one row.
    func range(ofRow row: Int) -> Range<Int> { Int(offsets[row])..<Int(offsets[row + 1]) }

    /// Each item's place on its row's mixed axis, from 0.
    func axis(in batch: SequenceBatch) -> [Int32] {
        (0..<batch.rows).flatMap { row in
            range(ofRow: row).map { tokens[$0] - batch.offsets[row] }
        }
    }
}
